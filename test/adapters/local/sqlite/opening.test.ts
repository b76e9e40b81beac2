import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Connection } from '#adapters/local/sqlite/connection.ts';
import type { Database } from '#adapters/local/sqlite/database.ts';
import { DatabaseRefused } from '#adapters/local/sqlite/opening.ts';
import { MIGRATIONS } from '#adapters/local/sqlite/schema.ts';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';
import { keyOf } from '#core/workbench/workbench.ts';
import { idAt, starting, stopped, T0 } from '#test/builders/workbench.ts';
import { startWritingProcess } from './child-process.ts';
import { openStoresForTest, temporaryFolder } from './open-stores.ts';

/** A closed file with `count` records. */
async function fileWithRecords(count = 1): Promise<string> {
  const path = join(await temporaryFolder(), 'state.db');
  const stores = openStoresForTest(path);
  const records = Array.from({ length: count }, (_, n) => starting({ workbenchId: idAt(T0, n + 1) }));
  await Promise.all(records.map((record) => stores.workbenches.create(record)));
  await stores.close();
  return path;
}

/** Changes a closed file with SQL, without the controller. */
function change(path: string, sql: string): void {
  const sqlite = new DatabaseSync(path);
  sqlite.exec(sql);
  sqlite.close();
}

function refusalOf(path: string): unknown {
  try {
    openStoresForTest(path);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('a file', () => {
  it('keeps every acknowledged write, with its index entries, when the process is killed', async () => {
    const folder = await temporaryFolder();
    const child = startWritingProcess(folder);
    expect(await child.next()).toBe('open');
    const acknowledged: string[] = [];
    while (acknowledged.length < 60) acknowledged.push(String(await child.next()));
    acknowledged.push(...(await child.kill()));
    const { workbenches, telemetry } = openStoresForTest(join(folder, 'state.db'));
    expect(telemetry.errors).toEqual([]);
    const due = new Set((await workbenches.listDue(T0, 1_000)).map(({ workbenchId }) => workbenchId));
    for (const workbenchId of acknowledged.slice(-1_000)) {
      expect(await workbenches.read({ userId: 'ada', workbenchId })).toEqual(starting({ workbenchId }));
    }
    for (const workbenchId of acknowledged.slice(0, 900)) expect(due.has(workbenchId)).toBe(true);
  });

  it('keeps every acknowledged write when the power fails, at any length of the log', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'state.db');
    const { workbenches } = openStoresForTest(path);
    const lengths: number[] = [];
    for (const n of [1, 2, 3]) {
      await workbenches.create(starting({ workbenchId: idAt(T0, n) }));
      lengths.push(readFileSync(`${path}-wal`).length);
    }
    const copy = join(await temporaryFolder(), 'state.db');
    const [, , whole = 0] = lengths;
    const found = new Set<number>();
    const cuts = Array.from({ length: Math.ceil(whole / 512) }, (_, n) => n * 512);
    for (const cut of [...cuts, whole]) {
      for (const suffix of ['', '-wal']) copyFileSync(`${path}${suffix}`, `${copy}${suffix}`);
      truncateSync(`${copy}-wal`, cut);
      const stores = openStoresForTest(copy);
      const { workbenches: listed } = await stores.workbenches.listByUser('ada', { limit: 10 });
      const ids = listed.map(({ workbenchId }) => workbenchId);
      for (const [index, length] of lengths.entries())
        if (length <= cut) expect(ids).toContain(idAt(T0, index + 1));
      found.add(ids.length);
      await stores.close();
    }
    expect([...found]).toEqual([0, 1, 2, 3]);
  });

  it('is refused if it is not a database', async () => {
    const path = join(await temporaryFolder(), 'state.db');
    writeFileSync(path, 'gibberish '.repeat(500));
    expect(refusalOf(path)).toMatchObject({ reason: 'damaged', message: expect.stringContaining(path) });
    expect(readFileSync(path, 'utf8')).toBe('gibberish '.repeat(500));
  });

  it('is refused if it is the database of another program', async () => {
    const path = join(await temporaryFolder(), 'state.db');
    change(path, 'CREATE TABLE theirs (id)');
    expect(refusalOf(path)).toMatchObject({ reason: 'foreign', message: expect.stringContaining(path) });
    change(path, 'DROP TABLE theirs; PRAGMA application_id = 7');
    expect(refusalOf(path)).toMatchObject({ reason: 'foreign' });
  });

  it('is not changed if it is the database of another program, nor is anything beside it', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'state.db');
    const theirs = new DatabaseSync(path);
    theirs.exec('CREATE TABLE theirs (id)');
    theirs.close();
    const before = readFileSync(path);
    expect(refusalOf(path)).toMatchObject({ reason: 'foreign' });
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(['state.db']);
  });

  it('is refused if it was cut off', async () => {
    const path = await fileWithRecords(50);
    truncateSync(path, readFileSync(path).length / 2);
    expect(refusalOf(path)).toBeInstanceOf(DatabaseRefused);
    expect(refusalOf(path)).toMatchObject({ reason: 'damaged' });
  });

  it('keeps every acknowledged write when a checkpoint is interrupted, after any of its pages', async () => {
    const path = join(await temporaryFolder(), 'state.db');
    const { workbenches } = openStoresForTest(path);
    const ids = Array.from({ length: 30 }, (_, n) => idAt(T0, n + 1));
    await Promise.all(ids.map((workbenchId) => workbenches.create(starting({ workbenchId }))));
    const [before, log] = [readFileSync(path), readFileSync(`${path}-wal`)];
    const copy = join(await temporaryFolder(), 'state.db');
    writeFileSync(copy, before);
    writeFileSync(`${copy}-wal`, log);
    change(copy, 'PRAGMA wal_checkpoint(TRUNCATE)');
    const after = readFileSync(copy);
    expect(after.length).toBeGreaterThan(before.length);
    for (let end = 0; end <= after.length; end += 4096) {
      writeFileSync(copy, Buffer.concat([after.subarray(0, end), before.subarray(end)]));
      writeFileSync(`${copy}-wal`, log);
      const stores = openStoresForTest(copy);
      const { workbenches: listed } = await stores.workbenches.listByUser('ada', { limit: 50 });
      expect(listed.map(({ workbenchId }) => workbenchId).toSorted(), `${end} bytes`).toEqual(ids);
      expect(stores.telemetry.errors).toEqual([]);
      await stores.close();
    }
  });

  it('without a write-ahead log keeps every acknowledged write when a commit is interrupted', async () => {
    const path = await fileWithRecords(3);
    change(path, 'PRAGMA journal_mode = delete');
    const sqlite = new DatabaseSync(path);
    onTestFinished(() => sqlite.close());
    // With a small cache the transaction writes its journal and some pages before its end.
    sqlite.exec(`PRAGMA cache_size = 4; BEGIN; UPDATE workbenches SET record = '{';
      INSERT INTO meta VALUES ('large', CAST(zeroblob(1e6) AS TEXT))`);
    const copy = join(await temporaryFolder(), 'state.db');
    for (const suffix of ['', '-journal']) copyFileSync(`${path}${suffix}`, `${copy}${suffix}`);
    setPageCount(copy, 1_000);
    const { workbenches } = openStoresForTest(copy, { journalMode: 'delete' });
    const { workbenches: listed } = await workbenches.listByUser('ada', { limit: 10 });
    expect(listed).toEqual([3, 2, 1].map((n) => starting({ workbenchId: idAt(T0, n) })));
  });

  it('is refused if it was cut off, even if it has a log that does not complete it', async () => {
    const path = await fileWithRecords(50);
    truncateSync(path, readFileSync(path).length / 2);
    for (const log of ['', 'gibberish '.repeat(500)]) {
      writeFileSync(`${path}-wal`, log);
      expect(refusalOf(path)).toMatchObject({ reason: 'damaged', message: expect.stringContaining(path) });
    }
  });

  it('is refused if any of its pages was overwritten', async () => {
    const path = await fileWithRecords(50);
    const good = readFileSync(path);
    for (let page = 1; page * 4096 < good.length; page += 1) {
      const bad = Buffer.from(good);
      bad.fill(0x5a, page * 4096, (page + 1) * 4096);
      writeFileSync(path, bad);
      expect(refusalOf(path), `page ${page + 1}`).toMatchObject({ reason: 'damaged' });
    }
  });

  it('is refused after a kill if an index lacks a record, because no sweep would find it', async () => {
    const path = await fileWithRecords(3);
    removeIndexEntries(path, 'workbenches_due');
    // The quick check of a file that was closed does not compare the indexes.
    await openStoresForTest(path).close();
    markKilled(path, 'delete');
    expect(refusalOf(path)).toMatchObject({
      reason: 'damaged',
      message: expect.stringContaining('workbenches_due'),
    });
  });

  it('whose write-ahead log was deleted after a kill is opened, and the loss is reported', async () => {
    const path = await fileWithRecords();
    markKilled(path, 'wal');
    const first = openStoresForTest(path);
    expect(first.telemetry.errors).toEqual([
      { message: expect.stringContaining('write-ahead log was deleted'), fields: { file: `${path}-wal` } },
    ]);
    await first.close();
    expect(openStoresForTest(path).telemetry.errors).toEqual([]);
  });

  it('without a write-ahead log is opened after a kill without a report', async () => {
    const path = await fileWithRecords();
    markKilled(path, 'delete');
    expect(openStoresForTest(path).telemetry.errors).toEqual([]);
  });

  it('contains what was written through another database before', async () => {
    const path = await fileWithRecords(2);
    const { workbenches } = openStoresForTest(path);
    const key = keyOf(starting({ workbenchId: idAt(T0, 2) }));
    expect(await workbenches.read(key)).toEqual(starting({ workbenchId: idAt(T0, 2) }));
    expect(await workbenches.findByWorkbenchId(idAt(T0, 2))).toEqual(key);
  });

  it('in a folder that does not exist cannot be opened', async () => {
    const path = join(await temporaryFolder(), 'missing', 'state.db');
    expect(refusalOf(path)).toMatchObject({ code: 'ENOENT' });
  });
});

describe('a record', () => {
  const DAMAGE: readonly [string, string][] = [
    ['another name in the record', `record = replace(record, 'AutoCyber', 'AutoCybes')`],
    ['another user', `user_id = 'bob'`],
    ['another workbench id', `workbench_id = '${idAt(T0, 9)}'`],
    ['no JSON', `record = '{'`],
    ['another checksum', 'crc = crc + 1'],
  ];
  it.each(DAMAGE)('is unreadable with %s, and is not overwritten', async (_, assignment) => {
    const path = await fileWithRecords();
    change(path, `UPDATE workbenches SET ${assignment}`);
    const { workbenches, database, telemetry } = openStoresForTest(path);
    const row = await database.read((connection) =>
      connection.get<{ user_id: string; workbench_id: string }>('SELECT * FROM workbenches'),
    );
    const key = { userId: row?.user_id ?? '', workbenchId: row?.workbench_id ?? '' };
    await expect(workbenches.read(key)).rejects.toThrow(UnreadableRecord);
    expect((await workbenches.listByUser(key.userId, { limit: 1 })).workbenches).toEqual([]);
    expect(telemetry.counts).toEqual([{ metric: 'unreadable_record', value: 1 }]);
    expect(await workbenches.create(stopped(key))).toBe('exists');
  });

  it('whose pages are damaged while the file is open is unavailable, and reported once', async () => {
    const path = join(await temporaryFolder(), 'state.db');
    const { database, workbenches, telemetry } = openStoresForTest(path);
    const corrupt = Object.assign(new Error('malformed'), { code: 'ERR_SQLITE_ERROR', errcode: 11 });
    for (const _ of [1, 2]) {
      const read = database.read(() => {
        throw corrupt;
      });
      await expect(read).rejects.toMatchObject({ name: 'PortError', kind: 'unavailable', cause: corrupt });
    }
    expect(telemetry.errors).toEqual([{ message: 'the database is damaged', fields: { file: path } }]);
    await expect(workbenches.ping()).resolves.toBeUndefined();
  });

  it('of the history and the reports that is damaged is skipped and reported', async () => {
    const { database, history, reports, telemetry } = openStoresForTest(':memory:');
    await database.write((connection) => {
      connection.exec(`INSERT INTO history (workbench_id, seq, entry) VALUES ('w', 1, '{')`);
      connection.exec(`INSERT INTO reports (ended_at, sweep, report, expires_at) VALUES (1, 'x', '{}', 1)`);
    });
    expect(await history.list('w')).toEqual([]);
    expect(await reports.list()).toEqual([]);
    expect(telemetry.errors.map(({ message }) => message)).toEqual([
      'history entry is unreadable; skipped',
      'report is unreadable; skipped',
    ]);
  });

  it('of a claim in an unknown state counts as done, so that no second workbench is created', async () => {
    const { database, idempotency } = openStoresForTest(':memory:');
    const claim = { userId: 'ada', key: 'k', workbenchId: 'first', bodyHash: 'x', expiresAt: T0 };
    await idempotency.claim(claim, T0 - 1);
    await database.write((connection) => connection.run(`UPDATE idempotency SET state = 'revoked'`));
    const { claim: stored, claimed } = await idempotency.claim({ ...claim, workbenchId: 'second' }, T0 - 1);
    expect([stored, claimed]).toEqual([{ ...claim, state: 'done' }, false]);
  });
});

describe('a migration', () => {
  const NEXT = 'ALTER TABLE reports ADD COLUMN size INTEGER';

  it('keeps the records, and a copy of the file before', async () => {
    const path = await fileWithRecords(2);
    const { workbenches, database } = openStoresForTest(path, { migrations: [...MIGRATIONS, NEXT] });
    expect((await workbenches.listByUser('ada', { limit: 10 })).workbenches).toHaveLength(2);
    expect(await versionOf(database)).toBe(MIGRATIONS.length + 1);
    const folder = join(dirname(path), 'backups');
    const copy = join(folder, `state-before-version-${MIGRATIONS.length + 1}.db`);
    expect(readdirSync(folder).map((name) => join(folder, name))).toEqual([copy]);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    const before = openStoresForTest(copy);
    expect(await versionOf(before.database)).toBe(MIGRATIONS.length);
    expect((await before.workbenches.listByUser('ada', { limit: 10 })).workbenches).toHaveLength(2);
  });

  it('leaves no part of a copy when the disk is full, and keeps the copy of an earlier attempt', async () => {
    const path = await fileWithRecords(50);
    const folder = join(dirname(path), 'backups');
    mkdirSync(folder);
    const name = `state-before-version-${MIGRATIONS.length + 1}.db`;
    writeFileSync(join(folder, name), 'earlier');
    const run = vi.spyOn(Connection.prototype, 'run').mockImplementation((sql, target) => {
      expect(sql).toBe('VACUUM INTO ?');
      writeFileSync(String(target), 'a part');
      throw Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR', errcode: 13 });
    });
    onTestFinished(() => run.mockRestore());
    expect(() => openStoresForTest(path, { migrations: [...MIGRATIONS, NEXT] })).toThrow('full');
    expect(readdirSync(folder)).toEqual([name]);
    expect(readFileSync(join(folder, name), 'utf8')).toBe('earlier');
  });

  it('keeps three copies', async () => {
    const path = await fileWithRecords();
    for (let steps = 1; steps <= 5; steps += 1) {
      const added = Array.from({ length: steps }, (_, n) => `CREATE TABLE added_${n} (id INTEGER) STRICT`);
      await openStoresForTest(path, { migrations: [...MIGRATIONS, ...added] }).close();
    }
    const newest = MIGRATIONS.length + 5;
    expect(readdirSync(join(dirname(path), 'backups')).toSorted()).toEqual(
      [newest - 2, newest - 1, newest].map((version) => `state-before-version-${version}.db`).toSorted(),
    );
  });

  it('that fails changes nothing', async () => {
    const path = await fileWithRecords();
    const migrations = [...MIGRATIONS, NEXT, 'ALTER TABLE missing ADD COLUMN size INTEGER'];
    expect(() => openStoresForTest(path, { migrations })).toThrow('missing');
    const { database, workbenches } = openStoresForTest(path);
    expect(await versionOf(database)).toBe(MIGRATIONS.length);
    expect((await workbenches.listByUser('ada', { limit: 10 })).workbenches).toHaveLength(1);
  });

  it('of a newer version is not undone: the file is refused', async () => {
    const path = await fileWithRecords();
    await openStoresForTest(path, { migrations: [...MIGRATIONS, NEXT] }).close();
    expect(refusalOf(path)).toMatchObject({
      reason: 'newer_version',
      message: expect.stringContaining(`schema ${MIGRATIONS.length + 1}`),
    });
  });

  const FIXTURES = join(import.meta.dirname, '../../../fixtures/sqlite');

  it('exists for each stored version, and leads to the present schema', async () => {
    const stored = readdirSync(FIXTURES).filter((name) => name.endsWith('.sql'));
    const hint = 'The schema has a new version: run `npm run fixtures:sqlite` and commit the new file.';
    expect(new Set(stored), hint).toEqual(new Set(MIGRATIONS.map((_, index) => `v${index + 1}.sql`)));
    for (const file of stored) {
      const path = join(await temporaryFolder(), 'state.db');
      change(path, readFileSync(join(FIXTURES, file), 'utf8'));
      const stores = openStoresForTest(path);
      expect(await schemaOf(stores.database)).toEqual(await schemaOf(openStoresForTest(':memory:').database));
      const { workbenches: listed } = await stores.workbenches.listByUser('ada', { limit: 10 });
      expect(listed).toEqual([starting()]);
      expect(await stores.history.list(starting().workbenchId)).toHaveLength(1);
      expect(await stores.reports.list()).toHaveLength(1);
      expect(await stores.freeCapacity.list(T0)).toHaveLength(1);
      expect(stores.telemetry.errors).toEqual([]);
    }
  });
});

/** The first page is the first that a commit writes, with the number of pages that the file will have. */
function setPageCount(path: string, pages: number): void {
  const file = readFileSync(path);
  file.writeUInt32BE(pages, 28);
  writeFileSync(path, file);
}

function versionOf(database: Database): Promise<unknown> {
  return database.read((connection) => connection.pragma('user_version'));
}

function schemaOf(database: Database): Promise<unknown> {
  return database.read((connection) =>
    connection.all('SELECT type, name, sql FROM sqlite_schema ORDER BY name'),
  );
}

/** Marks a closed file as one whose process was killed while it had this journal mode. */
function markKilled(path: string, journal: string): void {
  change(path, `INSERT INTO meta (name, value) VALUES ('opened_with_journal', '${journal}')`);
}

/** Changes a row while the index is not in the schema, so that the index lacks its entry. */
function removeIndexEntries(path: string, index: string): void {
  const sqlite = new DatabaseSync(path, { defensive: false });
  const definition = sqlite.prepare('SELECT * FROM sqlite_schema WHERE name = ?').get(index) ?? {};
  sqlite.exec(`PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = '${index}'`);
  sqlite.exec('PRAGMA writable_schema = RESET');
  sqlite.exec('UPDATE workbenches SET due_at = due_at + 1 WHERE id = 2');
  sqlite.exec('PRAGMA writable_schema = ON');
  sqlite.prepare('INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)').run(...Object.values(definition));
  sqlite.exec('PRAGMA writable_schema = RESET');
  sqlite.close();
}
