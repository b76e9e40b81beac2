import { type Dirent, existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallBudget } from '#adapters/directories/call-budget.ts';
import { removeSome } from '#adapters/directories/removal.ts';
import { errorCode } from '#adapters/system-error.ts';

/** Allows every deletion, and calls `onSpend` with the number of deletions that it has allowed. */
function unlimited(onSpend: (spent: number) => void): CallBudget {
  let spent = 0;
  return {
    spend() {
      spent += 1;
      onSpend(spent);
      return true;
    },
  };
}

describe('removeSome', () => {
  let parent: string;
  let root: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'wb-removal-'));
    root = join(parent, 'root');
    await mkdir(root);
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  async function fill(folder: string, files: number): Promise<void> {
    await mkdir(folder, { recursive: true });
    await Promise.all(Array.from({ length: files }, (_, n) => writeFile(join(folder, `f${n}`), '')));
  }
  /** Counts the files and folders that are left. A folder that is deleted while it counts no longer counts. */
  function countEntries(folder = root): number {
    let entries: readonly Dirent[];
    try {
      entries = readdirSync(folder, { withFileTypes: true });
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return 0;
      throw error;
    }
    return entries.reduce(
      (sum, entry) => sum + (entry.isDirectory() ? countEntries(join(folder, entry.name)) : 1),
      1,
    );
  }

  it.each([1, 8, 32])('begins %i deletions before it waits', async (concurrency) => {
    await fill(root, 50);
    let begun = 0;
    let first: number | undefined;
    const budget = unlimited((spent) => {
      begun = spent;
      // No deletion can have ended before the microtasks run.
      if (spent === 1) queueMicrotask(() => (first = begun));
    });
    expect(await removeSome(root, budget, concurrency)).toEqual({ done: true, deleted: 51 });
    expect(first).toBe(concurrency);
  });

  it('has no more deletions in flight than allowed, in all folders together', async () => {
    for (let n = 0; n < 6; n += 1) await fill(join(root, `a${n}`, 'b'), 6);
    const total = countEntries();
    let most = 0;
    const budget = unlimited((spent) => {
      most = Math.max(most, spent - (total - countEntries()));
    });
    expect(await removeSome(root, budget, 4)).toEqual({ done: true, deleted: total });
    expect(most).toBeLessThanOrEqual(4);
    expect(existsSync(root)).toBe(false);
  });

  it('deletes a folder with more entries than it reads at once', async () => {
    await fill(root, 600);
    expect(
      await removeSome(
        root,
        unlimited(() => {}),
        8,
      ),
    ).toEqual({ done: true, deleted: 601 });
    expect(existsSync(root)).toBe(false);
  });

  it('shares the budget between all folders', async () => {
    for (let n = 0; n < 5; n += 1) await fill(join(root, `d${n}`), 4);
    const total = countEntries();
    let left = 7;
    const budget = { spend: () => left-- > 0 };
    expect(await removeSome(root, budget, 32)).toEqual({ done: false, deleted: 7 });
    expect(countEntries()).toBe(total - 7);
  });

  it('reports an error only after all other deletions have ended, and begins no further ones', async () => {
    await fill(root, 40);
    const failure = new Error('stop');
    let spends = 0;
    const budget = unlimited((spent) => {
      spends = spent;
      if (spent === 20) throw failure;
    });
    await expect(removeSome(root, budget, 8)).rejects.toBe(failure);
    // Those that had begun when it failed are counted, and have ended.
    expect(spends).toBeLessThan(20 + 8);
    expect(countEntries()).toBe(41 - (spends - 1));
  });
});
