import { lstat, readdir } from 'node:fs/promises';
import { errorCode } from '../system-error.ts';
import type { CallBudget } from './call-budget.ts';

/**
 * Adds up the size of a folder in several calls. A folder's entries are counted in the order of their names, and then its
 * folders are entered in this order, so that the path of the last counted entry says where the next call continues.
 */

export interface SizeSlice {
  readonly bytes: number;
  /** The path of the last counted entry, below the root, in base64url; absent if everything is counted. */
  readonly cursor?: string;
}

/** What EFS bills for each file and folder besides its blocks: docs.aws.amazon.com/efs/latest/ug/metered-sizes.html */
const METADATA_BYTES = 2048;
/** The unit of `blocks`. */
const BLOCK_BYTES = 512;
const SLASH = Buffer.from('/');

/**
 * Adds up the size of the entries after the cursor, as far as the budget allows. Symbolic links are not followed. A file with
 * several names counts once, if all of them are in the folder.
 * @param root absolute path; a folder that does not exist has 0 bytes
 * @param concurrency how many entries are read at the same time
 * @throws the system's error when an entry cannot be read
 */
export async function measureSome(
  root: string,
  cursor: string | undefined,
  budget: CallBudget,
  concurrency: number,
): Promise<SizeSlice> {
  const walk = new Walk(budget, concurrency);
  const path = Buffer.from(root);
  const begun = cursor === undefined ? [] : split(Buffer.from(cursor, 'base64url'));
  if (cursor === undefined) walk.bytes += await sizeOf(path);
  const done = await walk.measureFolder(path, [], begun);
  if (done || walk.last === undefined) return { bytes: walk.bytes };
  return { bytes: walk.bytes, cursor: join(walk.last).toString('base64url') };
}

class Walk {
  bytes = 0;
  /** The names on the way to the last counted entry. */
  last: readonly Buffer[] | undefined;
  readonly #budget: CallBudget;
  readonly #concurrency: number;

  constructor(budget: CallBudget, concurrency: number) {
    this.#budget = budget;
    this.#concurrency = concurrency;
  }

  /**
   * @param names on the way from the root to this folder
   * @param begun the rest of the cursor, below this folder; empty: nothing in it was counted
   * @returns whether everything in it is counted
   */
  async measureFolder(path: Buffer, names: readonly Buffer[], begun: readonly Buffer[]): Promise<boolean> {
    const entries = (await readEntries(path)).sort((one, other) => Buffer.compare(one.name, other.name));
    const [first, ...rest] = begun;
    // With a longer cursor the entries of this folder were all counted before one of its folders was entered.
    if (rest.length === 0) {
      const uncounted = entries.filter(({ name }) => first === undefined || Buffer.compare(name, first) > 0);
      if (!(await this.#countEntries(path, names, uncounted))) return false;
    }
    const isEntered = rest.length > 0;
    for (const { name, isFolder } of entries) {
      const order = isEntered && first !== undefined ? Buffer.compare(name, first) : 1;
      if (!isFolder || order < 0) continue;
      const done = await this.measureFolder(
        Buffer.concat([path, SLASH, name]),
        [...names, name],
        order === 0 ? rest : [],
      );
      if (!done) return false;
    }
    return true;
  }

  async #countEntries(path: Buffer, names: readonly Buffer[], entries: readonly Entry[]): Promise<boolean> {
    for (let from = 0; from < entries.length; from += this.#concurrency) {
      const affordable: Entry[] = [];
      const group = entries.slice(from, from + this.#concurrency);
      for (const entry of group) if (this.#budget.spend()) affordable.push(entry);
      const sizes = await Promise.all(
        affordable.map(({ name }) => sizeOf(Buffer.concat([path, SLASH, name]))),
      );
      for (const size of sizes) this.bytes += size;
      const counted = affordable.at(-1);
      if (counted !== undefined) this.last = [...names, counted.name];
      if (affordable.length < group.length) return false;
    }
    return true;
  }
}

interface Entry {
  readonly name: Buffer;
  readonly isFolder: boolean;
}

async function readEntries(path: Buffer): Promise<Entry[]> {
  try {
    // Names are handled as bytes, because they may not be UTF-8.
    const entries = await readdir(path, { withFileTypes: true, encoding: 'buffer' });
    return entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
  } catch (error) {
    return emptyIfMissing(error, []);
  }
}

async function sizeOf(path: Buffer): Promise<number> {
  try {
    const stats = await lstat(path);
    const bytes = stats.blocks * BLOCK_BYTES + METADATA_BYTES;
    return stats.isDirectory() ? bytes : Math.round(bytes / Math.max(1, stats.nlink));
  } catch (error) {
    return emptyIfMissing(error, 0);
  }
}

/** An entry that was deleted in the meantime has no size. */
function emptyIfMissing<T>(error: unknown, empty: T): T {
  if (errorCode(error) !== 'ENOENT') throw error;
  return empty;
}

function split(path: Buffer): Buffer[] {
  const names: Buffer[] = [];
  for (let from = 0; from <= path.length; ) {
    const slash = path.indexOf(SLASH, from);
    const end = slash < 0 ? path.length : slash;
    names.push(path.subarray(from, end));
    from = end + 1;
  }
  return names;
}

function join(names: readonly Buffer[]): Buffer {
  return Buffer.concat(names.flatMap((name, index) => (index === 0 ? [name] : [SLASH, name])));
}
