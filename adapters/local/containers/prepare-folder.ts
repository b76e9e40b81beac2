import { lchown, lstat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { TaskInput } from '#core/ports/task-runner.ts';
import type { ContainerUser } from './container-user.ts';
import { StartFailure } from './start-failure.ts';

/**
 * The folder with a workbench's files, made its user's own.
 * @throws StartFailure
 */
export async function prepareFolder({ mount }: TaskInput, { owner }: ContainerUser): Promise<string> {
  const folder = mount.path ?? '';
  const kind = isAbsolute(folder) ? await lstat(folder).catch(() => undefined) : undefined;
  if (!kind?.isDirectory()) {
    throw new StartFailure('storage_failed', 'The folder with its files is not there.');
  }
  if (owner !== undefined && (kind.uid !== owner.uid || kind.gid !== owner.gid)) {
    await lchown(folder, owner.uid, owner.gid).catch(() => {
      throw new StartFailure('storage_failed', 'The folder with its files cannot be given to its user.');
    });
  }
  return folder;
}
