import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunLogs } from '#adapters/local/tasks/run-logs.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

describe('RunLogs', () => {
  let root: string;
  let timers: ManualClock;
  let logs: RunLogs;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'wb-logs-'));
    timers = new ManualClock();
    logs = new RunLogs(root, timers, 100);
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('appends to the output of an earlier attempt of the run', async () => {
    for (const text of ['first ', 'second']) {
      const log = await logs.open('wb1', 'run1');
      await log.write(text);
      await log.close();
    }
    expect(await readFile(join(root, 'wb1', 'run1.log'), 'utf8')).toBe('first second');
  });

  it('truncates a too large file, keeps one copy of its content, and continues in the same file', async () => {
    const log = await logs.open('wb1', 'run1');
    await log.write('a'.repeat(100));
    await logs.truncateLarge();
    expect(await readdir(join(root, 'wb1'))).toEqual(['run1.log']);
    await log.write('b');
    await logs.truncateLarge();
    await log.write('after');
    expect(await readFile(join(root, 'wb1', 'run1.log'), 'utf8')).toBe('after');
    expect(await readFile(join(root, 'wb1', 'run1.log.1'), 'utf8')).toBe(`${'a'.repeat(100)}b`);
    await log.close();
  });

  it('checks sizes periodically while a run is open', async () => {
    const log = await logs.open('wb1', 'run1');
    await log.write('a'.repeat(101));
    expect(timers.scheduledCount).toBe(1);
    await timers.advanceAsync(10_000);
    await expect.poll(() => readFile(join(root, 'wb1', 'run1.log'), 'utf8')).toBe('');
    await expect.poll(() => timers.scheduledCount).toBe(1);
    logs.close('wb1', 'run1');
    expect(timers.scheduledCount).toBe(0);
    await log.close();
  });

  it('stops watching a file that was deleted with its workbench', async () => {
    const log = await logs.open('wb1', 'run1');
    await rm(join(root, 'wb1'), { recursive: true });
    await logs.truncateLarge();
    await log.close();
    expect(await readdir(root)).toEqual([]);
  });

  it.each(['../x', 'a/b', '', '.'])('rejects an id that is not a file name: %j', async (id) => {
    await expect(logs.open(id, 'run1')).rejects.toThrow(RangeError);
    await expect(logs.open('wb1', id)).rejects.toThrow(RangeError);
  });
});
