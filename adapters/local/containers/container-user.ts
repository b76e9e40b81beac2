import { lchown, lstat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { TaskInput } from '#core/ports/task-runner.ts';
import type { EngineInfo } from './engine-responses.ts';
import { StartFailure } from './stop-reasons.ts';

/** The user of a container, and the owner that its files must have. */
export interface ContainerUser {
  /** `uid:gid` inside the container. */
  readonly user: string;
  /** The user namespace mode. Absent: the default of the engine. */
  readonly userNamespace?: 'keep-id';
  /** The owner that the folder of its files must have. Absent: the owner is not changed. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

export interface ServerUser {
  readonly platform: NodeJS.Platform;
  /** Undefined on systems without numeric user ids. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** The user of the example image, and of workbenches on AWS. */
const IMAGE_UID = 1000;

/**
 * Chooses a user that is never root of this computer. The files of a workbench belong to the user who runs this
 * server, who can then read and delete them. If that user is root, they belong to the user of the image.
 */
export function containerUserFor(
  engine: Pick<EngineInfo, 'kind' | 'rootless'>,
  server: ServerUser,
): ContainerUser {
  const { platform, uid, gid } = server;
  const imageUser = `${IMAGE_UID}:${IMAGE_UID}`;
  // On other platforms the engine runs in a virtual machine, which maps all files to the user outside.
  if (platform !== 'linux' || uid === undefined || gid === undefined) return { user: imageUser };
  // Root in a rootless engine has only the rights of the user who started the engine.
  if (engine.rootless && engine.kind === 'docker') return { user: '0:0' };
  if (uid === 0) return { user: imageUser, owner: { uid: IMAGE_UID, gid: IMAGE_UID } };
  return engine.rootless ? { user: `${uid}:${gid}`, userNamespace: 'keep-id' } : { user: `${uid}:${gid}` };
}

/**
 * Returns the folder of a volume after changing its owner to the user of the container.
 * @throws StartFailure
 */
export async function prepareFolder({ mount }: TaskInput, { owner }: ContainerUser): Promise<string> {
  const folder = mount.path ?? '';
  const stats = isAbsolute(folder) ? await lstat(folder).catch(() => undefined) : undefined;
  if (!stats?.isDirectory()) {
    throw new StartFailure('storage_failed', 'The folder with its files does not exist.');
  }
  if (owner !== undefined && (stats.uid !== owner.uid || stats.gid !== owner.gid)) {
    await lchown(folder, owner.uid, owner.gid).catch(() => {
      throw new StartFailure('storage_failed', 'The owner of the folder with its files cannot be changed.');
    });
  }
  return folder;
}
