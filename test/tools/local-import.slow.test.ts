import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createTableClient } from '#adapters/aws/dynamodb/client.ts';
import { DynamoFreeCapacityStore } from '#adapters/aws/dynamodb/free-capacity-store.ts';
import { DynamoHistoryStore } from '#adapters/aws/dynamodb/history-store.ts';
import { DynamoIdempotencyStore } from '#adapters/aws/dynamodb/idempotency-store.ts';
import { DynamoReportStore } from '#adapters/aws/dynamodb/report-store.ts';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import { openStores, STATE_FILE } from '#adapters/local/sqlite/stores.ts';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';
import { keyOf } from '#core/workbench/workbench.ts';
import { putRawRecord, RecordedTelemetry } from '#test/adapters/aws/dynamodb/table-under-test.ts';
import { aHistoryEntry, ID, idAt, starting, stopped, T0 } from '#test/builders/workbench.ts';
import { anInstance } from '#test/contracts/free-capacity-store.ts';
import { aReport } from '#test/contracts/report-store.ts';
import { openEmbeddedTable } from '#tools/embedded-table/embedded-table.ts';

const TOOL = join(import.meta.dirname, '../../tools/local-import.mjs');
const UNREADABLE = { userId: 'ada', workbenchId: idAt(T0, 9) };
const CLAIM = { userId: 'user#a', key: 'k', workbenchId: ID, bodyHash: 'x', expiresAt: T0 + 1_000 };

async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'import-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Creates a table as an earlier version did, in the folder `table`. */
async function openFormerTable(dataDir: string) {
  const table = await openEmbeddedTable({ path: join(dataDir, 'table') });
  onTestFinished(() => table.close());
  const client = createTableClient(table.clientOptions);
  onTestFinished(() => client.destroy());
  return { ...table, client };
}

async function writeFormerRecords(dataDir: string): Promise<void> {
  const table = await openFormerTable(dataDir);
  const { client, tableName } = table;
  const telemetry = new RecordedTelemetry();
  const workbenches = new DynamoWorkbenchStore(client, tableName, telemetry);
  await workbenches.create(starting());
  await workbenches.create(stopped({ userId: 'user#a', workbenchId: idAt(T0, 2), name: 'ünïcode' }));
  await putRawRecord(table, UNREADABLE, { ...stopped(UNREADABLE), status: 'asleep' });
  const history = new DynamoHistoryStore(client, tableName, telemetry);
  await history.append(ID, [aHistoryEntry(), aHistoryEntry({ seq: 2, type: 'updated' })]);
  await history.append(idAt(T0, 3), [aHistoryEntry()]);
  await history.expire(idAt(T0, 3), T0 + 5_000);
  const idempotency = new DynamoIdempotencyStore(client, tableName);
  await idempotency.claim(CLAIM, T0);
  await idempotency.claim({ ...CLAIM, key: 'done' }, T0);
  await idempotency.complete(CLAIM.userId, 'done', ID, 'caller');
  await new DynamoReportStore(client, tableName, telemetry).add(aReport());
  await new DynamoFreeCapacityStore(client, tableName).save(anInstance());
  await table.close();
}

/** Node.js flags with which the tool is killed when it renames the folder `table`. */
const KILL_AT_RENAME_OF_TABLE = [
  '--import',
  `data:text/javascript,${encodeURIComponent(`
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const { renameSync } = fs;
    fs.renameSync = (from, to) => {
      if (from.endsWith('/table')) process.kill(process.pid, 'SIGKILL');
      renameSync(from, to);
    };
    syncBuiltinESMExports();
  `)}`,
];

function runImport(
  dataDir: string,
  env: NodeJS.ProcessEnv = {},
  args: readonly string[] = [],
  flags: readonly string[] = [],
) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    const options = { cwd: dataDir, env: { PATH, NODE_COMPILE_CACHE, WB_DATA_DIR: dataDir, ...env } };
    execFile(process.execPath, [...flags, TOOL, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

it('imports every item once, and keeps the former folder', async () => {
  const dataDir = await dataFolder();
  await writeFormerRecords(dataDir);
  const { code, stdout, stderr } = await runImport(dataDir);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain('Imported 2 workbenches, 3 history entries, 2 idempotency keys and 1 reports.');
  expect(stdout).toContain('1 records are unreadable for this version');
  expect(stdout).toContain('1 other items were not imported.');
  const names = (await readdir(dataDir)).filter((name) => !name.startsWith('table-imported-'));
  expect(names.toSorted()).toEqual(['lock', STATE_FILE, 'table']);
  expect(await readFile(join(dataDir, 'table'), 'utf8')).toContain('The records are in state.db');

  const telemetry = new RecordedTelemetry();
  const stores = openStores(join(dataDir, STATE_FILE), { telemetry });
  onTestFinished(() => stores.close());
  const { workbenches, history, idempotency, reports } = stores;
  expect(telemetry.errors).toEqual([]);
  expect(await workbenches.read(keyOf(starting()))).toEqual(starting());
  expect(await workbenches.listDue(T0, 10)).toEqual([keyOf(starting())]);
  const other = { userId: 'user#a', workbenchId: idAt(T0, 2) };
  expect((await workbenches.read(other))?.name).toBe('ünïcode');
  await expect(workbenches.read(UNREADABLE)).rejects.toThrow(UnreadableRecord);
  expect((await history.list(ID)).map(({ seq, type }) => [seq, type])).toEqual([
    [2, 'updated'],
    [1, 'created'],
  ]);
  expect(await idempotency.claim({ ...CLAIM, workbenchId: 'other' }, T0)).toEqual({
    claim: { ...CLAIM, state: 'open' },
    claimed: false,
  });
  expect(await idempotency.complete(CLAIM.userId, 'done', ID, 'caller')).toBe('completed');
  expect(await idempotency.complete(CLAIM.userId, 'done', ID, 'another')).toBe('already');
  expect(await reports.list()).toEqual([aReport()]);
  await stores.deleteExpired(T0 + 6_000);
  expect(await history.list(idAt(T0, 3))).toEqual([]);
  expect(await history.list(ID)).toHaveLength(2);

  const again = await runImport(dataDir);
  expect(again).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('nothing to import') });
});

it('ends an import that was killed before the former folder was renamed', async () => {
  const dataDir = await dataFolder();
  await writeFormerRecords(dataDir);
  const killed = await runImport(dataDir, {}, [], KILL_AT_RENAME_OF_TABLE);
  expect(killed.stdout).toBe('');
  expect(await readdir(dataDir)).toEqual(expect.arrayContaining(['import.db', STATE_FILE, 'table']));
  const { code, stdout, stderr } = await runImport(dataDir);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain('The records were imported before');
  const names = (await readdir(dataDir)).filter((name) => !name.startsWith('table-imported-'));
  expect(names.toSorted()).toEqual(['lock', STATE_FILE, 'table']);
  expect((await stat(join(dataDir, 'table'))).isFile()).toBe(true);
  const stores = openStores(join(dataDir, STATE_FILE), { telemetry: new RecordedTelemetry() });
  onTestFinished(() => stores.close());
  expect(await stores.workbenches.read(keyOf(starting()))).toEqual(starting());
});

it('does not take other records for those of a killed import', async () => {
  const dataDir = await dataFolder();
  await mkdir(join(dataDir, 'table'));
  for (const name of [STATE_FILE, 'import.db'])
    await openStores(join(dataDir, name), { telemetry: new RecordedTelemetry() }).close();
  const { code, stderr } = await runImport(dataDir);
  expect([code, stderr]).toEqual([1, expect.stringContaining(`${join(dataDir, STATE_FILE)} exists`)]);
});

it('refuses a folder that has records in the present format, and changes nothing', async () => {
  const dataDir = await dataFolder();
  await mkdir(join(dataDir, 'table'));
  await writeFile(join(dataDir, STATE_FILE), 'present');
  const { code, stderr } = await runImport(dataDir);
  expect([code, stderr]).toEqual([1, expect.stringContaining(`${join(dataDir, STATE_FILE)} exists`)]);
  expect((await readdir(dataDir)).toSorted()).toEqual(['lock', STATE_FILE, 'table']);
});

it('refuses a table without items, and one that a server uses', async () => {
  const dataDir = await dataFolder();
  const table = await openFormerTable(dataDir);
  expect(await runImport(dataDir)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('in use by another server'),
  });
  await table.close();
  const empty = await runImport(dataDir, { WB_TABLE_NAME: 'another' });
  expect(empty).toMatchObject({ code: 1, stderr: expect.stringContaining('the table another in') });
  expect(empty.stderr).toContain('If there is nothing to import, delete the folder.');
  expect((await readdir(dataDir)).toSorted()).toEqual(['lock', 'table']);
});

it('prints its help', async () => {
  const help = await runImport(await dataFolder(), {}, ['--help']);
  expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('npm run local:import') });
});
