import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
/** A run needs about 100 MB. Containers often have only 64 MB of shared memory. */
const NEEDED_BYTES = 1024 ** 3;

/**
 * Creates a temporary folder for the run, which tests use through `os.tmpdir()`, and deletes it at the end with
 * everything that failed tests left. The folder is in memory where possible, because the tests create and delete tens of
 * thousands of small files, which takes most of a minute on a disk.
 */
export default function setUp(): () => void {
  const before = process.env.TMPDIR;
  const folder = inMemory() ?? mkdtempSync(join(tmpdir(), 'wb-tests-'));
  // Some tests run a program as another user.
  chmodSync(folder, 0o711);
  process.env.TMPDIR = folder;
  return () => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(folder, { recursive: true, force: true });
  };
}

function inMemory(): string | undefined {
  if (!existsSync(MEMORY)) return undefined;
  const { bavail, bsize } = statfsSync(MEMORY);
  if (bavail * bsize < NEEDED_BYTES) return undefined;
  let folder: string;
  try {
    folder = mkdtempSync(join(MEMORY, 'wb-tests-'));
  } catch {
    return undefined;
  }
  if (runsPrograms(folder)) return folder;
  rmSync(folder, { recursive: true });
  return undefined;
}

/** Whether programs can be executed in the folder. Tests do that, and a mount may forbid it. */
function runsPrograms(folder: string): boolean {
  const program = join(folder, 'program');
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
  const { status } = spawnSync(program);
  rmSync(program);
  return status === 0;
}
