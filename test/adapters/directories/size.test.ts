import { link, lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callBudget } from '#adapters/directories/call-budget.ts';
import { measureSome } from '#adapters/directories/size.ts';

const METADATA = 2048;
const KIB = 1024;

describe('measureSome', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'wb-size-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  /** Measures in calls of at most `entries` entries. Returns the sum and the number of calls. */
  async function measure(entries = 1000, concurrency = 4): Promise<{ bytes: number; calls: number }> {
    let bytes = 0;
    let cursor: string | undefined;
    let calls = 0;
    do {
      const budget = callBudget(entries, 1000, () => 0);
      const slice = await measureSome(root, cursor, budget, concurrency);
      bytes += slice.bytes;
      cursor = slice.cursor;
      calls += 1;
    } while (cursor !== undefined && calls < 10_000);
    return { bytes, calls };
  }

  async function billedSizeOf(path: string): Promise<number> {
    return (await lstat(path)).blocks * 512 + METADATA;
  }

  it('counts the blocks and the metadata of each file and folder, the root included', async () => {
    await mkdir(join(root, 'data'));
    await writeFile(join(root, 'data', 'model'), Buffer.alloc(100 * KIB, 1));
    const expected = await Promise.all(
      ['', 'data', 'data/model'].map((name) => billedSizeOf(join(root, name))),
    );
    const { bytes } = await measure();
    expect(bytes).toBe(expected.reduce((sum, size) => sum + size, 0));
    expect(bytes).toBeGreaterThanOrEqual(100 * KIB + 3 * METADATA);
  });

  it('returns 0 for a folder that does not exist', async () => {
    await rm(root, { recursive: true });
    expect(await measure()).toEqual({ bytes: 0, calls: 1 });
  });

  it('counts a file with two names once', async () => {
    await writeFile(join(root, 'one'), Buffer.alloc(64 * KIB, 1));
    const { bytes: before } = await measure();
    await link(join(root, 'one'), join(root, 'two'));
    expect(Math.abs((await measure()).bytes - before)).toBeLessThanOrEqual(1);
  });

  it('does not follow symbolic links, so that it counts nothing of other folders and ends', async () => {
    const before = await measure();
    await symlink('/usr', join(root, 'elsewhere'));
    await symlink('..', join(root, 'above'));
    const { bytes } = await measure();
    expect(bytes - before.bytes).toBeLessThan(64 * KIB);
  });

  it('counts the same in many small calls as in one', async () => {
    /** A folder: the name of each entry → a number of bytes, or a folder. */
    interface Tree {
      readonly [name: string]: number | Tree;
    }
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.dictionary(
        fc.stringMatching(/^[a-cA-Z.ä]{1,3}$/).filter((name) => name !== '.' && name !== '..'),
        fc.oneof({ maxDepth: 4, depthIdentifier: 'tree' }, fc.nat(20_000), tie('tree')),
        { maxKeys: 4, depthIdentifier: 'tree' },
      ),
    }));
    const write = async (folder: string, content: Tree): Promise<void> => {
      await mkdir(folder, { recursive: true });
      for (const [name, entry] of Object.entries(content)) {
        const path = join(folder, name);
        await (typeof entry === 'number' ? writeFile(path, Buffer.alloc(entry, 1)) : write(path, entry));
      }
    };
    await fc.assert(
      fc.asyncProperty(
        tree,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        async (content, entries, concurrency) => {
          await rm(root, { recursive: true, force: true });
          await write(root, content);
          const paths = await readdir(root, { recursive: true });
          const sizes = await Promise.all(['', ...paths].map((path) => billedSizeOf(join(root, path))));
          const { bytes, calls } = await measure(entries, concurrency);
          expect(bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
          expect(calls).toBeGreaterThanOrEqual(paths.length / entries);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('continues although the entry at which it stopped was deleted', async () => {
    for (const name of ['a', 'b', 'c']) await writeFile(join(root, name), Buffer.alloc(8 * KIB, 1));
    const rest = await billedSizeOf(join(root, 'c'));
    const first = await measureSome(
      root,
      undefined,
      callBudget(2, 1000, () => 0),
      1,
    );
    await rm(join(root, 'b'));
    const second = await measureSome(
      root,
      first.cursor,
      callBudget(2, 1000, () => 0),
      1,
    );
    expect(second).toEqual({ bytes: rest });
  });

  it('fails if a folder cannot be read, instead of counting too little', async () => {
    await writeFile(join(root, 'file'), '');
    const path = join(root, 'file', 'below');
    await expect(
      measureSome(
        path,
        undefined,
        callBudget(1, 1, () => 0),
        1,
      ),
    ).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
