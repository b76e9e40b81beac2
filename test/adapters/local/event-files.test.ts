import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EventFiles } from '#adapters/local/day-files.ts';
import type { WorkbenchEvent } from '#core/workbench/workbench-event.ts';
import { aWorkbenchEvent } from '#test/builders/workbench-event.ts';
import { describeEventPublisherContract } from '#test/contracts/event-publisher.ts';

let data: string;
let folder: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'event-files-'));
  folder = join(data, 'events');
});
afterEach(() => rm(data, { recursive: true }));

async function readEvents(): Promise<readonly WorkbenchEvent[]> {
  const names = await readdir(folder).catch(() => []);
  const texts = await Promise.all(names.sort().map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap((text) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line)),
  );
}

describeEventPublisherContract('EventFiles', async () => ({
  publisher: new EventFiles(folder),
  received: readEvents,
  breakDown: () => writeFile(folder, 'a file in the place of the folder'),
  dispose: async () => {},
}));

const on = (day: string, seq = 1) => aWorkbenchEvent(seq, { time: `${day}T10:00:00.000Z` });

it('has a file for the day of each event, which only the user of the server may read', async () => {
  await new EventFiles(folder).publish([on('2030-01-10', 1), on('2030-01-10', 2), on('2030-01-11', 3)]);
  expect(await readdir(folder)).toEqual(['2030-01-10.jsonl', '2030-01-11.jsonl']);
  expect((await stat(join(folder, '2030-01-10.jsonl'))).mode & 0o777).toBe(0o600);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

it('deletes the files of days that are over for a week, and no others', async () => {
  const files = new EventFiles(folder);
  await files.publish([on('2030-01-10')]);
  for (const name of ['2030-01-03.jsonl', '2030-01-04.jsonl', 'notes.txt'])
    await writeFile(join(folder, name), '');
  await files.publish([on('2030-01-11')]);
  expect(await readdir(folder)).toEqual([
    ...['2030-01-04.jsonl', '2030-01-10.jsonl', '2030-01-11.jsonl', 'notes.txt'],
  ]);
});

it('rejects events beyond the largest size of a file, and writes those of the next day', async () => {
  const bytes = Buffer.byteLength(JSON.stringify(on('2030-01-10'))) + 1;
  const files = new EventFiles(folder, 2 * bytes);
  const events = [on('2030-01-10', 1), on('2030-01-10', 2), on('2030-01-10', 3), on('2030-01-11', 4)];
  expect(await files.publish(events)).toEqual({
    failed: [],
    rejected: [{ event: events[2], code: 'file_full' }],
  });
  expect(await readEvents()).toEqual([events[0], events[1], events[3]]);
});

it('continues the file of an earlier server', async () => {
  await new EventFiles(folder).publish([on('2030-01-10', 1)]);
  await new EventFiles(folder).publish([on('2030-01-10', 2)]);
  expect(await readEvents()).toHaveLength(2);
});
