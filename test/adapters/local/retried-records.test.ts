import { describe, expect, it } from 'vitest';
import { RetriedRecords } from '#adapters/local/retried-records.ts';
import { TelemetryRecorder } from '#test/local/telemetry-recorder.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { FullDiskRecords } from './full-disk-records.ts';

interface Note {
  readonly id: string;
  readonly text: string;
}

function open() {
  const disk = new FullDiskRecords<Note>(({ id }) => id);
  const timers = new ManualClock();
  const telemetry = new TelemetryRecorder();
  const records = new RetriedRecords<Note>({ records: disk, idOf: ({ id }) => id, timers, telemetry });
  const texts = () => [...disk.stored.values()].map(({ text }) => text);
  return { disk, timers, telemetry, records, texts };
}

describe('RetriedRecords', () => {
  it('saves a change every five seconds until it is on disk, and then no more', async () => {
    const { disk, timers, telemetry, records, texts } = open();
    disk.isFull = true;
    expect(await records.save({ id: 'a', text: 'kept' })).toBe(false);
    await timers.advanceAsync(4999);
    expect(disk.attempts).toHaveLength(1);
    await timers.advanceAsync(1);
    await expect.poll(() => disk.attempts.length).toBe(2);
    await expect.poll(() => timers.scheduledCount).toBe(1);
    disk.isFull = false;
    await timers.advanceAsync(5000);
    await expect.poll(texts).toEqual(['kept']);
    await expect.poll(() => timers.scheduledCount).toBe(0);
    expect(disk.attempts).toHaveLength(3);
    expect(telemetry.lines.map(({ level, fields }) => [level, fields])).toEqual([
      ['error', { id: 'a' }],
      ['info', { id: 'a' }],
    ]);
    await records.close();
  });

  it('saves the last change of each record only', async () => {
    const { disk, timers, records, texts } = open();
    disk.isFull = true;
    for (const text of ['first', 'second']) await records.save({ id: 'a', text });
    await records.save({ id: 'b', text: 'other' });
    disk.isFull = false;
    await timers.advanceAsync(5000);
    await expect.poll(texts).toEqual(['second', 'other']);
    expect(disk.attempts.slice(3).map(({ text }) => text)).toEqual(['second', 'other']);
    await records.close();
  });

  it('does not save an old change again after a later one was saved', async () => {
    const { disk, timers, records, texts } = open();
    disk.isFull = true;
    await records.save({ id: 'a', text: 'old' });
    disk.isFull = false;
    // The attempt for the old change and the later change come at the same time.
    timers.advance(5000);
    expect(await records.save({ id: 'a', text: 'new' })).toBe(true);
    await timers.advanceAsync(60_000);
    await records.close();
    expect(texts()).toEqual(['new']);
    expect(disk.attempts.at(-1)?.text).toBe('new');
  });

  it('writes the changes of a record in their order', async () => {
    const { disk, records, texts } = open();
    const writes = ['first', 'second', 'third'].map((text) => records.save({ id: 'a', text }));
    expect(await Promise.all(writes)).toEqual([true, true, true]);
    expect(disk.attempts.map(({ text }) => text)).toEqual(['first', 'second', 'third']);
    expect(texts()).toEqual(['third']);
    await records.close();
  });

  it('rejects a new record that cannot be saved, and does not save it again', async () => {
    const { disk, timers, records } = open();
    disk.isFull = true;
    await expect(records.create({ id: 'a', text: 'new' })).rejects.toMatchObject({ kind: 'no_space' });
    disk.isFull = false;
    await timers.advanceAsync(60_000);
    await records.close();
    expect(disk.attempts).toHaveLength(1);
  });

  it('does not save a record again that was removed', async () => {
    const { disk, timers, records } = open();
    disk.isFull = true;
    await records.save({ id: 'a', text: 'changed' });
    disk.isFull = false;
    await records.remove('a');
    await timers.advanceAsync(60_000);
    await records.close();
    expect(disk.attempts).toHaveLength(1);
    expect(await records.open()).toEqual([]);
  });

  it('makes a last attempt when it is closed, and reports what is not on disk then', async () => {
    const { disk, timers, telemetry, records, texts } = open();
    disk.isFull = true;
    await records.save({ id: 'a', text: 'saved at last' });
    disk.isFull = false;
    await records.close();
    expect(texts()).toEqual(['saved at last']);
    disk.isFull = true;
    await records.save({ id: 'b', text: 'after the end' });
    expect(timers.scheduledCount).toBe(0);
    await records.close();
    expect(telemetry.lines.at(-1)).toEqual({
      level: 'error',
      message: 'a record was not saved',
      fields: { id: 'b' },
    });
  });
});
