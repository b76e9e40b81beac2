import { lchown, lstat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { TaskInput } from '#core/ports/task-runner.ts';
import type { ContainerUser } from './container-user.ts';
import { StartFailure } from './start-failure.ts';

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
