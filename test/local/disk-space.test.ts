import { describe, expect, it } from 'vitest';
import { DiskSpace, type DiskUse } from '#local/disk-space.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { temporaryFolder } from '../adapters/local/sqlite/open-stores.ts';
import { TelemetryRecorder } from './telemetry-recorder.ts';

const GIB = 2 ** 30;
const LOW = 'the disk of the data folder is almost full';
const ENDED = 'the disk of the data folder has space again';

async function watch(first: Partial<DiskUse> = {}) {
  const timers = new ManualClock();
  const telemetry = new TelemetryRecorder();
  let use = { bytes: 10 * GIB, freeBytes: 5 * GIB, inodes: 100_000, freeInodes: 50_000, ...first };
  const disk = new DiskSpace({ dataDir: '/data', timers, telemetry, readUse: async () => use });
  await disk.start();
  const change = async (changes: Partial<DiskUse>) => {
    use = { ...use, ...changes };
    await timers.advanceAsync(10_000);
    return disk.warning();
  };
  const messages = () => telemetry.lines.map(({ message }) => message);
  return { disk, change, messages };
}

describe('DiskSpace', () => {
  it('warns once when a twentieth is free, and once when there is space again', async () => {
    const { disk, change, messages } = await watch();
    expect(disk.warning()).toBeUndefined();
    expect(await change({ freeBytes: 0.5 * GIB })).toBeUndefined();
    expect(await change({ freeBytes: 0.5 * GIB - 1 })).toBe('disk_almost_full');
    expect(await change({ freeBytes: 0.1 * GIB })).toBe('disk_almost_full');
    expect(await change({ freeBytes: 0.5 * GIB + 1 })).toBe('disk_almost_full');
    expect(messages()).toEqual([LOW]);
    expect(await change({ freeBytes: 0.6 * GIB })).toBeUndefined();
    expect(messages()).toEqual([LOW, ENDED]);
  });

  it('counts inodes as well, if there is a fixed number of them', async () => {
    const { disk, change } = await watch({ freeInodes: 4_999 });
    expect(disk.warning()).toBe('disk_almost_full');
    expect(await change({ inodes: 0, freeInodes: 0 })).toBeUndefined();
  });

  it('warns on a large disk when a gibibyte or ten thousand inodes are free', async () => {
    const { change } = await watch({ bytes: 1000 * GIB, inodes: 1e8, freeInodes: 1e8 });
    expect(await change({ freeBytes: GIB })).toBeUndefined();
    expect(await change({ freeBytes: GIB - 1 })).toBe('disk_almost_full');
    expect(await change({ freeBytes: 5 * GIB, freeInodes: 9_999 })).toBe('disk_almost_full');
  });

  it('reads the use of a folder', async () => {
    const dataDir = await temporaryFolder();
    const telemetry = new TelemetryRecorder();
    const disk = new DiskSpace({ dataDir, timers: new ManualClock(), telemetry });
    await disk.start();
    await disk.stop();
    expect(telemetry.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
