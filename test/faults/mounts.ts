import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  rmdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { findOnPath } from '#adapters/local/processes/command.ts';
import { errorCode } from '#adapters/system-error.ts';
import type { Need } from './needs.ts';

/** File systems of a size that a test can fill. */
export const MOUNTS: Need = { met: canMount(), missing: 'root with the right to mount (CAP_SYS_ADMIN)' };

/** File systems in files. */
export const LOOP: Need = {
  met: MOUNTS.met && existsSync('/dev/loop-control'),
  missing: 'root with the right to mount (CAP_SYS_ADMIN), and loop devices',
};

/** A file system whose quotas need no option of the kernel. */
export const BTRFS: Need = {
  met: LOOP.met && findOnPath('mkfs.btrfs', process.env.PATH) !== undefined,
  missing: 'loop devices, and btrfs: apt-get install btrfs-progs',
};

/** Mounts a file system in memory on a new folder until the test has ended. @param options as `mount -o` takes them */
export function mountForTest(options: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'workbench-disk-'));
  mount('-t', 'tmpfs', '-o', `mode=700,${options}`, 'tmpfs', folder);
  onTestFinished(() => unmount(folder));
  return folder;
}

export type ImageType = 'btrfs' | 'ext4';

/** Mounts a new file system in a file, through a loop device, on a new folder until the test has ended. */
export function mountImageForTest(type: ImageType, mebibytes: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'workbench-disk-'));
  const image = `${folder}.img`;
  writeFileSync(image, '');
  truncateSync(image, mebibytes * 2 ** 20);
  onTestFinished(() => rmSync(image));
  execFileSync(`mkfs.${type}`, ['-q', image], { stdio: ['ignore', 'ignore', 'pipe'] });
  mount('-o', 'loop', image, folder);
  onTestFinished(() => unmount(folder));
  return folder;
}

/** Changes the options of a mounted file system: `ro`, `rw`. */
export function remount(folder: string, options: string): void {
  mount('-o', `remount,${options}`, folder);
}

const CHUNK = Buffer.alloc(4096);

/** Writes a file until no byte fits any more. */
export function fillDisk(path: string): void {
  writeUntilRefused(path, 'ENOSPC');
}

/** Writes a file until the system refuses a byte with this code. Returns the bytes that it has written. */
export function writeUntilRefused(path: string, code: string): number {
  let bytes = 0;
  const file = openSync(path, 'w');
  try {
    for (;;) bytes += writeSync(file, CHUNK);
  } catch (error) {
    assertCode(error, code);
  } finally {
    closeSync(file);
  }
  return bytes;
}

/** Creates empty files `<name>-<n>` until there is no inode for another one. Returns what removes them. */
export function useUpInodes(folder: string, name: string): () => void {
  const files: string[] = [];
  try {
    for (;;) {
      const file = join(folder, `${name}-${files.length}`);
      closeSync(openSync(file, 'wx'));
      files.push(file);
    }
  } catch (error) {
    assertCode(error, 'ENOSPC');
  }
  return () => {
    for (const file of files) rmSync(file);
  };
}

function assertCode(error: unknown, code: string): void {
  if (errorCode(error) !== code) throw error;
}

function mount(...parameters: readonly string[]): void {
  execFileSync('mount', parameters, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** A process that has not ended yet may have its working directory there. */
function unmount(folder: string): void {
  execFileSync('umount', ['--lazy', folder]);
  rmdirSync(folder);
}

/** Containers often have a root user that may not mount. */
function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), 'workbench-disk-'));
  try {
    mount('-t', 'tmpfs', 'tmpfs', folder);
    unmount(folder);
    return true;
  } catch {
    rmdirSync(folder);
    return false;
  }
}
