import type { EngineInfo } from './engine-info.ts';

/** As whom a container runs, and whose its files must be for that. */
export interface ContainerUser {
  /** `uid:gid` inside the container. */
  readonly user: string;
  /** How its user ids stand to the machine's; absent: as the engine has it. */
  readonly userNamespace?: 'keep-id';
  /** Who must own the folder of its files; absent: whoever does. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

export interface ServerUser {
  readonly platform: NodeJS.Platform;
  /** Absent where there are none. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** The user of the example image, and of workbenches on AWS. */
const IMAGE_UID = 1000;

/**
 * Never root of this machine. The files in a workbench's folder are to be those of whoever runs this server,
 * who can then read and remove them; only where that is root are they the image's own user's.
 */
export function containerUserFor(
  engine: Pick<EngineInfo, 'kind' | 'rootless'>,
  server: ServerUser,
): ContainerUser {
  const { platform, uid, gid } = server;
  const imageUser = `${IMAGE_UID}:${IMAGE_UID}`;
  // Elsewhere the engine runs in a virtual machine, which gives every file to the user outside.
  if (platform !== 'linux' || uid === undefined || gid === undefined) return { user: imageUser };
  // A rootless engine's root is the user who started it, and nobody more.
  if (engine.rootless && engine.kind === 'docker') return { user: '0:0' };
  if (uid === 0) return { user: imageUser, owner: { uid: IMAGE_UID, gid: IMAGE_UID } };
  return engine.rootless ? { user: `${uid}:${gid}`, userNamespace: 'keep-id' } : { user: `${uid}:${gid}` };
}
