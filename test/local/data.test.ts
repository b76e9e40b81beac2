import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { StartError } from '#adapters/http-server/listen.ts';
import { MIGRATIONS } from '#adapters/local/sqlite/schema.ts';
import { openStores, STATE_FILE } from '#adapters/local/sqlite/stores.ts';
import { keyOf } from '#core/workbench/workbench.ts';
import { openData } from '#local/data.ts';
import { Shutdown } from '#local/shutdown.ts';
import { ID, idAt, stopped, T0 } from '#test/builders/workbench.ts';
import { openCountedTable } from '#test/flows/counted-table.ts';
import { TelemetryRecorder } from './telemetry-recorder.ts';

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'data-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function open(dataDir: string, tableEndpoint?: string) {
  const shutdown = new Shutdown();
  onTestFinished(() => shutdown.run());
  const settings = { dataDir, tableEndpoint, functions: { WB_TABLE_NAME: 'workbenches', WB_AUDIT_DAYS: 90 } };
  const data = await openData(settings, new TelemetryRecorder(), shutdown);
  return { ...data, shutdown };
}

/** A file that SQLite has created and no one has written to. */
function createDatabaseWithoutTables(path: string): void {
  const sqlite = new DatabaseSync(path);
  sqlite.exec('PRAGMA journal_mode = wal');
  sqlite.close();
}

/** A DynamoDB without tables, which refuses to create one. */
async function startWithoutTables() {
  const operations: string[] = [];
  const server = createServer((request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    operations.push(operation);
    const type = operation === 'DescribeTable' ? 'ResourceNotFoundException' : 'AccessDeniedException';
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: type }));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  return { endpoint: `http://127.0.0.1:${port}`, operations };
}

async function messageOf(opening: Promise<unknown>): Promise<string> {
  const error = await opening.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(StartError);
  return (error as StartError).message;
}

describe('openData', () => {
  test('creates the folder for its owner only, and keeps the records in one file', async () => {
    const dataDir = join(await temporaryFolder(), 'a', 'b');
    const first = await open(dataDir);
    expect(first.summary).toEqual([]);
    await first.workbenches.create(stopped());
    await first.shutdown.run();
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(dataDir, STATE_FILE))).mode & 0o777).toBe(0o600);
    expect(await (await open(dataDir)).workbenches.read(keyOf(stopped()))).toEqual(stopped());
  });

  test('keeps earlier versions out, which would create an empty folder for their records', async () => {
    const dataDir = await temporaryFolder();
    await (await open(dataDir)).shutdown.run();
    const file = join(dataDir, 'table');
    expect(await readFile(file, 'utf8')).toContain('The records are in state.db.');
    await writeFile(file, 'mine');
    await open(dataDir);
    expect(await readFile(file, 'utf8')).toBe('mine');
  });

  test('deletes what has expired', async () => {
    const { idempotency, deleteExpired } = await open(await temporaryFolder());
    const claim = { userId: 'ada', key: 'k', workbenchId: ID, bodyHash: 'x', expiresAt: T0 };
    await idempotency.claim(claim, T0 - 1);
    await deleteExpired(T0);
    expect(await idempotency.complete('ada', 'k', ID, 'me')).toBe('gone');
  });

  test('refuses a folder that another server uses, until that server has ended', async () => {
    const dataDir = await temporaryFolder();
    const first = await open(dataDir);
    expect(await messageOf(open(dataDir))).toContain(`Another server uses the data folder ${dataDir}.`);
    await first.shutdown.run();
    await open(dataDir);
  });

  test('refuses a folder that cannot be created', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    const message = await messageOf(open(join(file, 'data')));
    expect(message).toContain('cannot be created or written (ENOTDIR');
    expect(message).toContain('WB_DATA_DIR');
  });

  test('refuses a folder in which the file of the records is a folder', async () => {
    const dataDir = await temporaryFolder();
    await mkdir(join(dataDir, STATE_FILE));
    expect(await messageOf(open(dataDir))).toContain(`${dataDir} cannot be created or written`);
  });

  test.skipIf(process.getuid?.() === 0)('refuses a folder that cannot be written', async () => {
    const dataDir = await temporaryFolder();
    await chmod(dataDir, 0o500);
    expect(await messageOf(open(dataDir))).toContain('cannot be created or written');
  });

  test('refuses the records of an older version, and changes nothing', async () => {
    const dataDir = await temporaryFolder();
    await mkdir(join(dataDir, 'table'));
    const message = await messageOf(open(dataDir));
    expect(message).toContain(
      `${join(dataDir, 'table')} contains the records of an older version. Import them with \`npm run local:import\``,
    );
    await expect(stat(join(dataDir, STATE_FILE))).rejects.toThrow('ENOENT');
  });

  test.each(['missing', 'empty', 'without tables'])(
    'refuses files of workbenches whose records are %s, and creates none',
    async (state) => {
      const dataDir = await temporaryFolder();
      await mkdir(join(dataDir, 'volumes', ID), { recursive: true });
      const path = join(dataDir, STATE_FILE);
      if (state === 'empty') await writeFile(path, '');
      if (state === 'without tables') createDatabaseWithoutTables(path);
      const message = await messageOf(open(dataDir));
      expect(message).toContain(`${path} is missing or empty. Nothing was changed.`);
      expect(message).toContain(`${join(dataDir, 'volumes')} has the files of workbenches`);
      expect((await readdir(dataDir)).includes(STATE_FILE)).toBe(state !== 'missing');
    },
  );

  test('accepts files of workbenches that are already deleted', async () => {
    const dataDir = await temporaryFolder();
    await mkdir(join(dataDir, 'volumes', '.tombstones'), { recursive: true });
    await open(dataDir);
  });

  test('refuses damaged records', async () => {
    const dataDir = await temporaryFolder();
    const first = await open(dataDir);
    await first.shutdown.run();
    await truncate(join(dataDir, STATE_FILE), 5_000);
    const message = await messageOf(open(dataDir));
    expect(message).toMatch(/state\.db is damaged .* Nothing was changed\. Restore a backup/);
  });

  test('refuses the records of a newer version', async () => {
    const dataDir = await temporaryFolder();
    const migrations = [...MIGRATIONS, 'CREATE TABLE added (id INTEGER) STRICT'];
    const telemetry = new TelemetryRecorder();
    await openStores(join(dataDir, STATE_FILE), { telemetry, migrations }).close();
    const message = await messageOf(open(dataDir));
    expect(message).toContain('was written by a newer version');
    expect(message).toContain(join(dataDir, 'backups'));
  });
});

describe('openData with an endpoint', () => {
  test('refuses a folder whose records are in a file', async () => {
    const dataDir = await temporaryFolder();
    const first = await open(dataDir);
    await first.shutdown.run();
    expect(await messageOf(open(dataDir, 'http://127.0.0.1:1'))).toContain('Unset WB_TABLE_ENDPOINT');
  });

  test('refuses the records of an older version', async () => {
    const dataDir = await temporaryFolder();
    await mkdir(join(dataDir, 'table'));
    const message = await messageOf(open(dataDir, 'http://127.0.0.1:1'));
    expect(message).toContain(`${join(dataDir, 'table')} contains the records of an older version.`);
    expect(message).toContain('Unset WB_TABLE_ENDPOINT and import them with `npm run local:import`');
  });

  test('creates no table beside the files of workbenches', async () => {
    const { endpoint, operations } = await startWithoutTables();
    const dataDir = await temporaryFolder();
    await mkdir(join(dataDir, 'volumes', ID), { recursive: true });
    const message = await messageOf(open(dataDir, endpoint));
    expect(message).toContain(`The table workbenches at WB_TABLE_ENDPOINT=${endpoint} does not exist.`);
    expect(message).toContain(`${join(dataDir, 'volumes')} has the files of workbenches`);
    expect(operations).toEqual(['DescribeTable']);
    await messageOf(open(await temporaryFolder(), endpoint));
    expect(operations).toEqual(['DescribeTable', 'DescribeTable', 'CreateTable']);
  });

  test.each([
    ['an empty table', []],
    ['a table with other records', [stopped({ workbenchId: idAt(T0, 99) })]],
  ])('refuses files of workbenches if the endpoint has: %s', async (_, records) => {
    const { endpoint } = await openCountedTable();
    const other = await open(await temporaryFolder(), endpoint);
    for (const record of records) await other.workbenches.create(record);
    const dataDir = await temporaryFolder();
    const volumes = join(dataDir, 'volumes');
    await mkdir(join(volumes, ID), { recursive: true });
    await mkdir(join(volumes, '.tombstones'));
    expect(await messageOf(open(dataDir, endpoint))).toContain(
      `The table workbenches at WB_TABLE_ENDPOINT=${endpoint} has no record of any of the 1 workbenches whose files are in ` +
        `${volumes}. Nothing was changed;`,
    );
  });

  test('accepts the table with the record of one of many workbenches', async () => {
    const { endpoint } = await openCountedTable();
    const dataDir = await temporaryFolder();
    const first = await open(dataDir, endpoint);
    const ids = Array.from({ length: 40 }, (_, index) => idAt(T0, index));
    for (const id of ids) await mkdir(join(dataDir, 'volumes', id), { recursive: true });
    await first.workbenches.create(stopped({ workbenchId: ids.at(-1) ?? '' }));
    await first.shutdown.run();
    const second = await open(dataDir, endpoint);
    expect((await second.workbenches.listByUser('ada', { limit: 10 })).workbenches).toHaveLength(1);
  });

  test('refuses an endpoint at which nothing listens', async () => {
    // Nothing listens on port 1.
    const message = await messageOf(open(await temporaryFolder(), 'http://127.0.0.1:1'));
    expect(message).toContain('The table workbenches at WB_TABLE_ENDPOINT=http://127.0.0.1:1 cannot be used');
    expect(message).toContain('ECONNREFUSED');
  });

  test('refuses an endpoint that is no DynamoDB', async () => {
    const server = createServer((_, response) => response.writeHead(404).end('<html>')).listen(
      0,
      '127.0.0.1',
    );
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const message = await messageOf(open(await temporaryFolder(), `http://127.0.0.1:${port}`));
    expect(message).toContain('cannot be used');
  });
});
