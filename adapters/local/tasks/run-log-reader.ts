import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  LOG_LINE_MAX_BYTES,
  type LoggedRun,
  type LogLine,
  type LogPage,
  type LogPageRequest,
  type RunLogReader,
} from '#core/ports/run-log-reader.ts';
import { errorCode } from '../../system-error.ts';
import { checkWorkbenchId } from '../workbench-id.ts';
import { OLDER } from './output-ring.ts';

/** The most bytes that are read for a page: more than LOG_LINES_MAX short lines, and several of the largest ones. */
const PAGE_MAX_BYTES = 256 * 1024;
/** How many bytes before a position are compared, so that the position is found after the files were renamed or replaced. */
const CONTEXT_BYTES = 256;

/** Reads what RunLogs has stored of a run: `<root>/<workbenchId>/<runId>.log`, and what was printed before it in `<runId>.log.1`. */
export class LocalRunLogReader implements RunLogReader {
  readonly #root: string;

  /** @param root absolute path of the folder of RunLogs */
  constructor(root: string) {
    this.#root = root;
  }

  async readLog(run: LoggedRun, { limit, after, newest = false }: LogPageRequest): Promise<LogPage> {
    const folder = join(this.#root, checkWorkbenchId(run.workbenchId));
    const file =
      run.runId === undefined ? await findNewest(folder) : join(folder, `${checkWorkbenchId(run.runId)}.log`);
    if (file === undefined) return { lines: [], next: '' };
    const output = await StoredOutput.open(file);
    try {
      const hasEnded = run.runId === undefined;
      const known = after === undefined || after === '' ? undefined : await output.find(after);
      if (known === undefined && after === undefined && newest)
        return await readLast(output, limit, hasEnded);
      const start = known ?? 0;
      const bytes = await output.read(start, PAGE_MAX_BYTES);
      const { lines, length } = splitLines(bytes, limit, hasEnded && start + bytes.length === output.length);
      return { lines, next: await output.positionAt(start + length) };
    } finally {
      await output.close();
    }
  }
}

async function readLast(output: StoredOutput, limit: number, hasEnded: boolean): Promise<LogPage> {
  const start = Math.max(0, output.length - PAGE_MAX_BYTES);
  const bytes = await output.read(start, PAGE_MAX_BYTES);
  const lineBreak = start === 0 ? -1 : bytes.indexOf('\n');
  const { lines, length } = splitLines(bytes.subarray(lineBreak + 1), Number.POSITIVE_INFINITY, hasEnded);
  return { lines: lines.slice(-limit), next: await output.positionAt(start + lineBreak + 1 + length) };
}

/** Returns the file of the run that printed last; undefined if no run has printed. */
async function findNewest(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(emptyIfMissing);
  let newest: { readonly file: string; readonly at: number } | undefined;
  for (const name of names.filter((each) => each.endsWith('.log'))) {
    const file = join(folder, name);
    const { mtimeMs: at } = (await stat(file).catch(undefinedIfMissing)) ?? { mtimeMs: 0 };
    if (newest === undefined || at > newest.at) newest = { file, at };
  }
  return newest?.file;
}

interface Part {
  readonly handle: FileHandle;
  readonly inode: bigint;
  readonly size: number;
}

/** The output of one run: the older file and the newer one after it, as they were when they were opened. */
class StoredOutput {
  readonly #parts: readonly Part[];
  readonly length: number;

  static async open(file: string): Promise<StoredOutput> {
    // In this order: if the files are renamed in between, the output of the newest one is missing, and the next page has it.
    const newer = await openPart(file);
    const older = await openPart(`${file}${OLDER}`);
    const isRenamed = newer !== undefined && older?.inode === newer.inode;
    if (isRenamed) await older?.handle.close();
    return new StoredOutput([isRenamed ? undefined : older, newer].filter((part) => part !== undefined));
  }

  private constructor(parts: readonly Part[]) {
    this.#parts = parts;
    this.length = parts.reduce((sum, { size }) => sum + size, 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.#parts.map(({ handle }) => handle.close()));
  }

  /** Reads at most `max` bytes from `start`; both count over all files. */
  async read(start: number, max: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let partStart = 0;
    let left = Math.min(max, this.length - start);
    for (const { handle, size } of this.#parts) {
      const from = Math.max(0, start - partStart);
      const length = Math.min(left, size - from);
      partStart += size;
      if (length <= 0) continue;
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, from);
      pieces.push(buffer.subarray(0, bytesRead));
      left -= bytesRead;
    }
    return Buffer.concat(pieces);
  }

  /** A text that `find` finds again while the bytes before it are kept. */
  async positionAt(at: number): Promise<string> {
    let partStart = 0;
    for (const { inode, size } of this.#parts) {
      if (at <= partStart + size)
        return [inode, at - partStart, await this.#contextAt(partStart, at)].join('.');
      partStart += size;
    }
    return '';
  }

  /**
   * Returns where a position is now: in the file with its inode, else in another one with the same bytes before it. The system
   * may give the inode of a deleted file to a new one, so that the bytes are compared in any case.
   */
  async find(position: string): Promise<number | undefined> {
    const match = /^(\d{1,20})\.(\d{1,15})\.([0-9a-f]{16})$/.exec(position);
    if (match === null) return undefined;
    const [, inode, offset, context] = match;
    const starts = this.#parts.map(({ inode: own, size }, index) => ({
      start: this.#parts.slice(0, index).reduce((sum, part) => sum + part.size, 0),
      size,
      isSame: String(own) === inode,
    }));
    const candidates = starts.filter(({ size }) => Number(offset) > 0 && Number(offset) <= size);
    for (const { start } of candidates.toSorted((a, b) => Number(b.isSame) - Number(a.isSame))) {
      const at = start + Number(offset);
      if ((await this.#contextAt(start, at)) === context) return at;
    }
    return undefined;
  }

  async #contextAt(partStart: number, at: number): Promise<string> {
    const start = Math.max(partStart, at - CONTEXT_BYTES);
    const bytes = await this.read(start, at - start);
    return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  }
}

async function openPart(file: string): Promise<Part | undefined> {
  const handle = await open(file, 'r').catch(undefinedIfMissing);
  if (handle === undefined) return undefined;
  const { ino: inode, size } = await handle.stat({ bigint: true });
  return { handle, inode, size: Number(size) };
}

/**
 * Splits bytes into lines, and says how many bytes these are. Bytes after the last line break are no line unless the run has ended.
 */
function splitLines(
  bytes: Buffer,
  limit: number,
  hasEnded: boolean,
): { readonly lines: readonly LogLine[]; readonly length: number } {
  const lines: LogLine[] = [];
  let at = 0;
  while (at < bytes.length && lines.length < limit) {
    const lineBreak = bytes.indexOf('\n', at);
    const end = lineBreak < 0 ? bytes.length : lineBreak;
    if (end - at > LOG_LINE_MAX_BYTES) {
      const cut = characterStart(bytes, at + LOG_LINE_MAX_BYTES);
      lines.push({ text: bytes.toString('utf8', at, cut) });
      at = cut;
      continue;
    }
    if (lineBreak < 0 && !hasEnded) break;
    lines.push({ text: bytes.toString('utf8', at, end).replace(/\r$/, '') });
    at = end + 1;
  }
  return { lines, length: Math.min(at, bytes.length) };
}

/** The start of the character to which a byte belongs: at most three bytes before it. Other bytes are no UTF-8. */
function characterStart(bytes: Buffer, at: number): number {
  for (let start = at; start > at - 4; start -= 1) if (((bytes[start] ?? 0) & 0xc0) !== 0x80) return start;
  return at;
}

function undefinedIfMissing(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
}

function emptyIfMissing(error: unknown): string[] {
  undefinedIfMissing(error);
  return [];
}
