import { mkdtemp, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Types of file systems in memory, from statfs(2). */
const IN_MEMORY: readonly number[] = [0x01021994, 0x858458f6];

/**
 * Creates a temporary folder on a disk. In memory, a server that flushes each write to the disk would be measured
 * without its flushes.
 */
export async function makeFolderOnDisk(): Promise<string> {
  const parents = [tmpdir(), '/var/tmp', join(import.meta.dirname, '..')];
  for (const parent of parents) {
    const type = (await statfs(parent).catch(() => undefined))?.type;
    if (type !== undefined && !IN_MEMORY.includes(type))
      return await mkdtemp(join(parent, 'workbench-bench-'));
  }
  throw new Error(`None of these folders is on a disk: ${parents.join(', ')}. Set TMPDIR to one that is.`);
}
