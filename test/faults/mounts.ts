import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Need } from './needs.ts';

/** File systems of a size that a test can fill. */
export const MOUNTS: Need = { met: canMount(), missing: 'root with the right to mount (CAP_SYS_ADMIN)' };

/** Mounts a file system in memory on a new folder until the test has ended. @param options as `mount -o` takes them */
export function mountForTest(options: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'workbench-disk-'));
  mount('-t', 'tmpfs', '-o', `mode=700,${options}`, 'tmpfs', folder);
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
  const file = openSync(path, 'w');
  try {
    for (;;) writeSync(file, CHUNK);
  } catch (error) {
    assertFull(error);
  } finally {
    closeSync(file);
  }
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
    assertFull(error);
  }
  return () => {
    for (const file of files) rmSync(file);
  };
}

function assertFull(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
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
