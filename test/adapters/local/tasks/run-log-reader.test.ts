import { copyFile, mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalRunLogReader } from '#adapters/local/tasks/run-log-reader.ts';
import { RunLogs } from '#adapters/local/tasks/run-logs.ts';
import { RUN_ID } from '#test/builders/workbench.ts';
import { describeRunLogReaderContract, LOGGED_RUN } from '#test/contracts/run-log-reader.ts';

async function setUp(maxBytes?: number) {
  const root = await mkdtemp(join(tmpdir(), 'wb-run-log-'));
  const ring = await new RunLogs(root, undefined, maxBytes).open(LOGGED_RUN.workbenchId, RUN_ID);
  return {
    root,
    ring,
    reader: new LocalRunLogReader(root),
    write: (text: string) => ring.write(Buffer.from(text)),
    dispose: async () => {
      await ring.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

describeRunLogReaderContract('LocalRunLogReader', async () => {
  const { reader, write, dispose } = await setUp();
  return { reader, dispose, print: (lines) => write(lines.map((line) => `${line}\n`).join('')) };
});

describe('LocalRunLogReader', () => {
  /** Two files of 50 bytes. */
  const RING_BYTES = 100;
  let subject: Awaited<ReturnType<typeof setUp>>;
  beforeEach(async () => {
    subject = await setUp(RING_BYTES);
  });
  afterEach(() => subject.dispose());

  const file = (name: string) => join(subject.root, LOGGED_RUN.workbenchId, name);

  async function readFrom(after?: string, run = LOGGED_RUN) {
    const page = { limit: 100, ...(after === undefined ? {} : { after }) };
    const { lines, next } = await subject.reader.readLog(run, page);
    return { texts: lines.map(({ text }) => text), next };
  }

  it('reads each line once while the files are renamed', async () => {
    const read: string[] = [];
    let after: string | undefined;
    for (let n = 0; n < 40; n += 1) {
      await subject.write(`this is line ${n}\n`);
      const { texts, next } = await readFrom(after);
      read.push(...texts);
      after = next;
    }
    expect(read).toEqual(Array.from({ length: 40 }, (_, n) => `this is line ${n}`));
  });

  it('joins a line that begins in the older file', async () => {
    await subject.write(`${'x'.repeat(40)}\nbegin `);
    await subject.write('and end\n');
    expect((await readFrom()).texts).toEqual(['x'.repeat(40), 'begin and end']);
  });

  it('begins with the oldest line that is kept if those after the position are gone', async () => {
    await subject.write('first line\n');
    const { next } = await readFrom();
    for (let n = 0; n < 20; n += 1) await subject.write(`a later line ${n}\n`);
    const { texts } = await readFrom(next);
    expect(texts.length).toBeGreaterThan(1);
    expect(texts.at(-1)).toBe('a later line 19');
  });

  it('finds a position in files that were copied', async () => {
    await subject.write('one\n');
    const { next } = await readFrom();
    await copyFile(file(`${RUN_ID}.log`), file('copy'));
    await rename(file('copy'), file(`${RUN_ID}.log`));
    expect((await readFrom(next)).texts).toEqual([]);
  });

  it('does not take a file for another one that had the same inode', async () => {
    await subject.write('one\ntwo\n');
    const { next } = await readFrom();
    await writeFile(file(`${RUN_ID}.log`), 'other\nlines\n');
    expect((await readFrom(next)).texts).toEqual(['other', 'lines']);
  });

  it('returns an unfinished line only once the run has ended, and a line without its carriage return', async () => {
    await subject.write('done\r\nname: ');
    const { texts, next } = await readFrom();
    expect(texts).toEqual(['done']);
    const ended = { workbenchId: LOGGED_RUN.workbenchId, taskId: LOGGED_RUN.taskId };
    expect((await readFrom(next, ended)).texts).toEqual(['name: ']);
  });

  it('reads the output of the run that printed last once no run is known', async () => {
    await subject.write('new\n');
    await writeFile(file('old.log'), 'old\n');
    await utimes(file('old.log'), 1, 1);
    const ended = { workbenchId: LOGGED_RUN.workbenchId, taskId: 'some' };
    expect((await readFrom(undefined, ended)).texts).toEqual(['new']);
    expect((await readFrom(undefined, { ...ended, workbenchId: 'other' })).texts).toEqual([]);
  });

  it('cuts bytes that are no UTF-8 at the limit', async () => {
    await mkdir(file('..'), { recursive: true });
    await writeFile(file(`${RUN_ID}.log`), Buffer.concat([Buffer.alloc(5_000, 0x80), Buffer.from('\n')]));
    const { texts } = await readFrom();
    expect(texts.map(({ length }) => length)).toEqual([4_096, 904]);
  });

  it('refuses ids that would lead out of its folder', async () => {
    await expect(readFrom(undefined, { ...LOGGED_RUN, workbenchId: '../x' })).rejects.toThrow();
    await expect(readFrom(undefined, { ...LOGGED_RUN, runId: '../x' })).rejects.toThrow();
  });
});
