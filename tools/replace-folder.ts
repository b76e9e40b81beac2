import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Builds a folder under a temporary name and renames it when it is complete. Other processes never see an incomplete
 * folder, and parallel builds do not interfere.
 */
export async function replaceFolder(
  folder: string,
  build: (temporary: string) => Promise<void>,
): Promise<void> {
  await removeAbandonedBuilds(folder);
  const temporary = `${folder}.building-${process.pid}`;
  const previous = `${folder}.building-${process.pid}-old`;
  await mkdir(temporary);
  try {
    await build(temporary);
    await rename(folder, previous).catch(() => {});
    await rename(temporary, folder);
  } finally {
    for (const path of [temporary, previous]) await rm(path, { recursive: true, force: true });
  }
}

/** Deletes incomplete folders of processes that were killed. */
async function removeAbandonedBuilds(folder: string): Promise<void> {
  for (const name of await readdir(dirname(folder))) {
    const pid = /^\.building-(\d+)(-old)?$/.exec(name.slice(basename(folder).length))?.[1];
    if (!name.startsWith(basename(folder)) || pid === undefined || isAlive(Number(pid))) continue;
    await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
