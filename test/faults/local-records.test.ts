import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RetriedRecords } from '#adapters/local/retried-records.ts';
import { RecordFolder } from '#adapters/local/state-files.ts';
import { OutputRing } from '#adapters/local/tasks/output-ring.ts';
import { TelemetryRecorder } from '#test/local/telemetry-recorder.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { fillDisk, MOUNTS, mountForTest, remount, useUpInodes } from './mounts.ts';
import { skipUnlessMet } from './needs.ts';

interface Note {
  readonly id: string;
  readonly text: string;
}

/** What makes a disk refuse every write, and returns what ends that. */
const FAULTS = [
  {
    name: 'a full disk',
    options: 'size=256k',
    begin: (disk: string) => {
      fillDisk(join(disk, 'fill'));
      return () => rmSync(join(disk, 'fill'));
    },
  },
  {
    name: 'a disk without inodes',
    options: 'size=1m,nr_inodes=64',
    begin: (disk: string) => useUpInodes(disk, 'inode'),
  },
  {
    name: 'a read-only disk',
    options: 'size=256k',
    begin: (disk: string) => {
      remount(disk, 'ro');
      return () => remount(disk, 'rw');
    },
  },
];

for (const { name, options, begin } of FAULTS) {
  test(`on ${name} a change of a record leaves no draft and is saved later`, async ({ skip }) => {
    skipUnlessMet(skip, MOUNTS);
    const disk = mountForTest(options);
    const path = join(disk, 'tasks');
    const idOf = ({ id }: Note) => id;
    const folder = new RecordFolder<Note>({ path, parse: (value) => value as Note, idOf });
    await folder.open();
    await folder.save({ id: 'a', text: 'before' });
    const timers = new ManualClock();
    const telemetry = new TelemetryRecorder();
    const records = new RetriedRecords({ records: folder, idOf, timers, telemetry });

    const end = begin(disk);
    await expect(folder.save({ id: 'b', text: 'new' })).rejects.toMatchObject({ kind: 'no_space' });
    expect(await records.save({ id: 'a', text: 'after' })).toBe(false);
    expect(readdirSync(path)).toEqual(['a.json']);
    expect(readFileSync(join(path, 'a.json'), 'utf8')).toContain('before');

    end();
    await timers.advanceAsync(5000);
    await expect.poll(() => readFileSync(join(path, 'a.json'), 'utf8')).toContain('after');
    await records.close();
  });
}

test('on a full disk the output of a run is lost, and what is printed later is stored', async ({ skip }) => {
  skipUnlessMet(skip, MOUNTS);
  const disk = mountForTest('size=256k');
  mkdirSync(join(disk, 'logs'));
  const file = join(disk, 'logs', 'run.log');
  const ring = new OutputRing({ file, maxBytes: 128 * 1024 });
  await ring.write(Buffer.from('before\n'));
  fillDisk(join(disk, 'fill'));
  const lost = Buffer.alloc(50_000, 'x');
  for (let n = 0; n < 10; n += 1) await ring.write(lost);
  rmSync(join(disk, 'fill'));
  await ring.write(Buffer.from('after\n'));
  await ring.close();
  const stored = readFileSync(file, 'utf8');
  expect(stored).toMatch(/\n… \d+ bytes of output were lost: no space\nafter\n$/);
  expect(statSync(file).size).toBeLessThanOrEqual(64 * 1024);
});
