import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Builds a folder under another name and puts it in its place when it is whole: nobody finds it half made, and
 * two who build it at once do not disturb each other.
 */
export async function replaceFolder(folder: string, build: (at: string) => Promise<void>): Promise<void> {
  await removeAbandonedBuilds(folder);
  const at = `${folder}.building-${process.pid}`;
  const old = `${folder}.building-${process.pid}-old`;
  await mkdir(at);
  try {
    await build(at);
    await rename(folder, old).catch(() => {});
    await rename(at, folder);
  } finally {
    for (const path of [at, old]) await rm(path, { recursive: true, force: true });
  }
}

/** What was being built by a process that has been killed. */
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
