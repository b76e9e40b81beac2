import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunLogs } from '#adapters/local/tasks/run-logs.ts';

const MAX_BYTES = 100;

describe('RunLogs', () => {
  let root: string;
  let logs: RunLogs;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'wb-logs-'));
    logs = new RunLogs(root, undefined, MAX_BYTES);
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function write(runId: string, text: string): Promise<void> {
    const ring = await logs.open('wb1', runId);
    await ring.write(Buffer.from(text));
    await ring.close();
  }

  it('appends to the output of an earlier attempt of the run', async () => {
    await write('run1', 'first ');
    await write('run1', 'second');
    expect(await readFile(join(root, 'wb1', 'run1.log'), 'utf8')).toBe('first second');
  });

  it('returns and deletes the output of a run', async () => {
    expect(String(await logs.read('wb1', 'run1'))).toBe('');
    await write('run1', 'newer');
    await writeFile(join(root, 'wb1', 'run1.log.1'), 'older ');
    expect(String(await logs.read('wb1', 'run1'))).toBe('older newer');
    await logs.remove('wb1', 'run1');
    expect(await readdir(join(root, 'wb1'))).toEqual([]);
  });

  it('deletes the output of all but the last five runs, in both files', async () => {
    await mkdir(join(root, 'wb1'));
    for (let n = 1; n <= 7; n += 1) {
      for (const file of [`run${n}.log`, `run${n}.log.1`]) {
        await writeFile(join(root, 'wb1', file), 'printed');
        await utimes(join(root, 'wb1', file), n, n);
      }
    }
    const first = await logs.open('wb1', 'run8');
    await first.write(Buffer.from('new'));
    const kept = [4, 5, 6, 7].flatMap((n) => [`run${n}.log`, `run${n}.log.1`]);
    expect((await readdir(join(root, 'wb1'))).sort()).toEqual([...kept, 'run8.log']);
    await first.close();
  });

  it('keeps the output of a run that is being written', async () => {
    const old = await logs.open('wb1', 'old');
    await old.write(Buffer.from('printed'));
    await utimes(join(root, 'wb1', 'old.log'), 1, 1);
    for (let n = 1; n <= 6; n += 1) await write(`run${n}`, 'printed');
    expect(await readdir(join(root, 'wb1'))).toContain('old.log');
    await old.close();
    await write('run7', 'printed');
    expect(await readdir(join(root, 'wb1'))).not.toContain('old.log');
  });

  it.each(['../x', 'a/b', '', '.'])('rejects an id that is not a file name: %j', async (id) => {
    await expect(logs.open(id, 'run1')).rejects.toThrow(RangeError);
    await expect(logs.open('wb1', id)).rejects.toThrow(RangeError);
  });
});
