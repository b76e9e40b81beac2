import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OutputFiles, OutputRing } from '#adapters/local/tasks/output-ring.ts';

const MAX_BYTES = 100;

/** Files in memory on a disk on which writes, opens and renames fail while it has an error. */
class FailingFiles implements OutputFiles {
  readonly contents = new Map<string, string>();
  readonly isOpen = new Set<string>();
  /** The code of the error of all changes; undefined: none. */
  code: string | undefined;
  /** The most bytes that one call writes. */
  writeMax = Number.POSITIVE_INFINITY;

  async open(file: string) {
    this.#fail();
    const { contents, isOpen } = this;
    contents.set(file, contents.get(file) ?? '');
    isOpen.add(file);
    return {
      write: (async (bytes: Buffer, offset: number, length: number) => {
        this.#fail();
        const bytesWritten = Math.min(length, this.writeMax);
        const text = bytes.subarray(offset, offset + bytesWritten).toString('latin1');
        contents.set(file, `${contents.get(file) ?? ''}${text}`);
        return { bytesWritten, buffer: bytes };
      }) as never,
      close: async () => void isOpen.delete(file),
    };
  }

  async size(file: string) {
    return this.contents.get(file)?.length ?? 0;
  }

  async rename(from: string, to: string) {
    this.#fail();
    this.contents.set(to, this.contents.get(from) ?? '');
    this.contents.delete(from);
  }

  /** What was kept, the oldest first. */
  get kept(): string {
    return `${this.contents.get('log.1') ?? ''}${this.contents.get('log') ?? ''}`;
  }

  #fail(): void {
    if (this.code !== undefined) throw Object.assign(new Error(this.code), { code: this.code });
  }
}

describe('OutputRing on files', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wb-ring-'));
    file = join(folder, 'log');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function write(...texts: readonly string[]): Promise<void> {
    const ring = new OutputRing({ file, maxBytes: MAX_BYTES });
    for (const text of texts) await ring.write(Buffer.from(text));
    await ring.close();
  }

  it('stores what is written, and adds to it when it is opened again', async () => {
    await write('first ', 'second ');
    await write('third');
    expect(await readFile(file, 'utf8')).toBe('first second third');
    expect(await readdir(folder)).toEqual(['log']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('creates the file of a program that prints nothing', async () => {
    await write('');
    expect(await readFile(file, 'utf8')).toBe('');
  });

  it('keeps the newest bytes in one file and those before them in another', async () => {
    await write('a'.repeat(30), 'b'.repeat(30), 'c'.repeat(30), 'd'.repeat(30));
    expect(await readFile(file, 'utf8')).toBe('d'.repeat(30));
    expect(await readFile(`${file}.1`, 'utf8')).toBe('c'.repeat(30));
  });

  it('continues in a new file when the file was deleted', async () => {
    const ring = new OutputRing({ file, maxBytes: MAX_BYTES });
    await ring.write(Buffer.from('a'.repeat(40)));
    await rm(file);
    await ring.write(Buffer.from('b'.repeat(40)));
    await ring.close();
    expect(await readFile(file, 'utf8')).toBe('b'.repeat(40));
  });

  it('loses the output of a run whose folder was deleted, and says so', async () => {
    const lost: number[] = [];
    await mkdir(join(folder, 'wb1'));
    const options = { file: join(folder, 'wb1', 'log'), maxBytes: MAX_BYTES };
    const ring = new OutputRing({ ...options, onClose: (bytes) => lost.push(bytes) });
    await ring.write(Buffer.from('a'.repeat(40)));
    await rm(join(folder, 'wb1'), { recursive: true });
    await ring.write(Buffer.from('b'.repeat(40)));
    await ring.close();
    expect(lost).toEqual([40]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('keeps within its limit a file that an earlier version wrote', async () => {
    await writeFile(file, 'x'.repeat(3 * MAX_BYTES));
    await write('a'.repeat(40), 'b'.repeat(40), 'c'.repeat(40));
    expect(await readFile(file, 'utf8')).toBe('c'.repeat(40));
    expect(await readFile(`${file}.1`, 'utf8')).toBe('b'.repeat(40));
  });
});

describe('OutputRing', () => {
  it('keeps the end of any output, at least half of its limit and never more than the limit', async () => {
    const writes = fc.array(fc.integer({ min: 0, max: 3 * MAX_BYTES }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(writes, fc.integer({ min: 1, max: MAX_BYTES }), async (lengths, writeMax) => {
        const files = new FailingFiles();
        files.writeMax = writeMax;
        const ring = new OutputRing({ file: 'log', maxBytes: MAX_BYTES, files });
        let all = '';
        for (const [index, length] of lengths.entries()) {
          const text = String.fromCharCode(97 + (index % 26)).repeat(length);
          all += text;
          await ring.write(Buffer.from(text));
          for (const content of files.contents.values())
            expect(content.length).toBeLessThanOrEqual(MAX_BYTES / 2);
          expect(all.endsWith(files.kept)).toBe(true);
          expect(files.kept.length).toBeGreaterThanOrEqual(Math.min(all.length, MAX_BYTES / 2));
        }
        await ring.close();
        expect([...files.isOpen]).toEqual([]);
      }),
    );
  });

  it.each([
    ['ENOSPC', 'no space'],
    ['EDQUOT', 'no space'],
    ['EROFS', 'EROFS'],
  ])('loses output while the disk fails with %s, and says afterwards how much', async (code, cause) => {
    const files = new FailingFiles();
    const losses: unknown[] = [];
    const closed: number[] = [];
    const ring = new OutputRing({
      ...{ file: 'log', maxBytes: 1000, files },
      onLoss: (error) => losses.push(error),
      onClose: (bytes) => closed.push(bytes),
    });
    await ring.write(Buffer.from('before\n'));
    files.code = code;
    await ring.write(Buffer.from('lost\n'));
    await ring.write(Buffer.from('lost too\n'));
    expect(losses).toEqual([expect.objectContaining({ code })]);
    files.code = undefined;
    await ring.write(Buffer.from('after\n'));
    expect(files.kept).toBe(
      Buffer.from(`before\n\n… 14 bytes of output were lost: ${cause}\nafter\n`).toString('latin1'),
    );
    await ring.close();
    expect(closed).toEqual([0]);
  });

  it('says at the end what was lost last', async () => {
    const files = new FailingFiles();
    files.code = 'ENOSPC';
    const ring = new OutputRing({ file: 'log', maxBytes: 1000, files });
    await ring.write(Buffer.from('lost'));
    files.code = undefined;
    await ring.close();
    expect(files.kept).toContain(' 4 bytes of output were lost: no space\n');
  });

  it('reports at the end what was lost without a line about it', async () => {
    const files = new FailingFiles();
    files.code = 'ENOSPC';
    const closed: number[] = [];
    const ring = new OutputRing({
      file: 'log',
      maxBytes: 1000,
      files,
      onClose: (bytes) => closed.push(bytes),
    });
    await ring.write(Buffer.from('lost'));
    await ring.close();
    expect(closed).toEqual([4]);
  });

  it('counts only the bytes of a write that are lost', async () => {
    const files = new FailingFiles();
    files.writeMax = 3;
    const ring = new OutputRing({ file: 'log', maxBytes: 1000, files });
    const failing = files.open.bind(files);
    let writes = 0;
    files.open = async (file) => {
      const handle = await failing(file);
      const write = handle.write as (...args: unknown[]) => Promise<{ bytesWritten: number }>;
      return {
        ...handle,
        write: (async (...args: unknown[]) => {
          writes += 1;
          if (writes === 2) files.code = 'ENOSPC';
          return await write(...args);
        }) as never,
      };
    };
    await ring.write(Buffer.from('0123456789'));
    files.code = undefined;
    await ring.close();
    expect(files.kept).toContain('012\n');
    expect(files.kept).toContain(' 7 bytes of output were lost: no space\n');
  });
});
