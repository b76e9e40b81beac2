import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AuditFiles } from '#adapters/local/day-files.ts';
import { PortError } from '#core/ports/port-error.ts';
import { anAuditEvent } from '#test/contracts/audit-store.ts';
import { memoryStores } from '#test/memory/memory-stores.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';

const DAY = Date.UTC(2030, 0, 10);
let data: string;
let folder: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'audit-files-'));
  folder = join(data, 'audit');
});
afterEach(() => rm(data, { recursive: true }));

function open() {
  const { audit: store } = memoryStores();
  const telemetry = new RecordingTelemetry();
  return { store, telemetry, files: new AuditFiles({ store, folder, days: 3, telemetry }) };
}

it('appends each event to the file of its day, which only the user of the server may read', async () => {
  const { files, store } = open();
  const [first, second, next] = [anAuditEvent({ at: DAY }), anAuditEvent({ at: DAY + 1 }), DAY + 86_400_000];
  await files.append(first);
  await files.appendOnce(second);
  await files.append(anAuditEvent({ at: next }));
  expect(await readdir(folder)).toEqual(['2030-01-10.jsonl', '2030-01-11.jsonl']);
  const lines = (await readFile(join(folder, '2030-01-10.jsonl'), 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual([first, second]);
  expect((await stat(join(folder, '2030-01-10.jsonl'))).mode & 0o777).toBe(0o600);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect(store.events).toHaveLength(3);
});

it('deletes the files of days that are over for longer than events are kept, and no others', async () => {
  const { files } = open();
  await files.append(anAuditEvent({ at: DAY }));
  for (const name of ['2030-01-07.jsonl', '2030-01-08.jsonl', 'notes.txt'])
    await writeFile(join(folder, name), '');
  await files.append(anAuditEvent({ at: DAY + 86_400_000 }));
  expect(await readdir(folder)).toEqual([
    ...['2030-01-08.jsonl', '2030-01-10.jsonl', '2030-01-11.jsonl', 'notes.txt'],
  ]);
});

it('stores the event although the file cannot be written, and says so in the log', async () => {
  await writeFile(folder, 'a file in the place of the folder');
  const { files, store, telemetry } = open();
  await files.append(anAuditEvent({ at: DAY }));
  expect(store.events).toHaveLength(1);
  expect(telemetry.lines).toMatchObject([{ level: 'error' }]);
});

it('writes no line for an event that was not stored', async () => {
  const { files, store } = open();
  store.append = () => Promise.reject(new PortError('no_space', 'full'));
  await expect(files.append(anAuditEvent({ at: DAY }))).rejects.toThrow('full');
  expect(await readdir(data)).toEqual([]);
});
