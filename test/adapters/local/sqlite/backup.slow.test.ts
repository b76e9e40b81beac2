import fs, {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BackupRefused, restoreBackup, writeBackup } from '#adapters/local/sqlite/backup.ts';
import { DatabaseRefused } from '#adapters/local/sqlite/opening.ts';
import { MIGRATIONS } from '#adapters/local/sqlite/schema.ts';
import { keyOf } from '#core/workbench/workbench.ts';
import { idAt, starting, stopped, T0 } from '#test/builders/workbench.ts';
import { startWritingProcess } from './child-process.ts';
import { openStoresForTest, temporaryFolder } from './open-stores.ts';

/** A closed database with one workbench. */
async function aDatabase(name = 'AutoCyber'): Promise<string> {
  const path = join(await temporaryFolder(), 'state.db');
  const stores = openStoresForTest(path);
  await stores.workbenches.create(stopped({ name }));
  await stores.close();
  return path;
}

describe('writeBackup', () => {
  it('contains every write that was acknowledged before, while another process goes on writing', async () => {
    const folder = await temporaryFolder();
    const child = startWritingProcess(folder);
    expect(await child.next()).toBe('open');
    const acknowledged: string[] = [];
    const acknowledge = async (count: number) => {
      for (let n = 0; n < count; n += 1) acknowledged.push(String(await child.next()));
    };
    await acknowledge(100);
    const target = join(folder, 'backups', 'copy.db');
    const before = [...acknowledged];
    const { workbenches, bytes } = writeBackup(join(folder, 'state.db'), target);
    expect(workbenches).toBeGreaterThanOrEqual(before.length);
    expect(bytes).toBe(statSync(target).size);
    expect(statSync(target).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'backups'))).toEqual(['copy.db']);
    await acknowledge(100);
    await child.kill();
    const copy = openStoresForTest(target);
    expect(copy.telemetry.errors).toEqual([]);
    for (const workbenchId of before)
      expect(await copy.workbenches.read({ userId: 'ada', workbenchId })).toEqual(starting({ workbenchId }));
    const original = openStoresForTest(join(folder, 'state.db'));
    for (const workbenchId of acknowledged)
      expect(await original.workbenches.read({ userId: 'ada', workbenchId })).toBeDefined();
  });

  it('leaves the log of a killed process, so that its last changes are kept and no loss is reported', async () => {
    const folder = await temporaryFolder();
    const child = startWritingProcess(folder);
    await child.next();
    const id = String(await child.next());
    await child.kill();
    const log = readFileSync(join(folder, 'state.db-wal'));
    writeBackup(join(folder, 'state.db'), join(folder, 'copy.db'));
    expect(readFileSync(join(folder, 'state.db-wal')).equals(log)).toBe(true);
    const { telemetry, workbenches } = openStoresForTest(join(folder, 'state.db'));
    expect(telemetry.errors).toEqual([]);
    expect(await workbenches.read({ userId: 'ada', workbenchId: id })).toBeDefined();
  });

  it('copies the database of a server that has ended, which can start again', async () => {
    const path = await aDatabase();
    expect(writeBackup(path, `${path}.copy`)).toMatchObject({ workbenches: 1 });
    expect(openStoresForTest(path).telemetry.errors).toEqual([]);
  });

  it('refuses a missing database, and creates none', async () => {
    const path = join(await temporaryFolder(), 'state.db');
    expect(() => writeBackup(path, `${path}.copy`)).toThrow(BackupRefused);
    expect(existsSync(path)).toBe(false);
  });

  it('overwrites no file', async () => {
    const path = await aDatabase();
    writeFileSync(`${path}.copy`, 'mine');
    expect(() => writeBackup(path, `${path}.copy`)).toThrow('exists; choose another name');
    expect(readFileSync(`${path}.copy`, 'utf8')).toBe('mine');
  });

  it('refuses to fill the disk, which the server needs', async () => {
    const path = await aDatabase();
    const needed = 2 * statSync(path).size;
    expect(() => writeBackup(path, `${path}.copy`, () => needed - 1)).toThrow(`${needed} free bytes`);
    expect(existsSync(`${path}.copy`)).toBe(false);
    writeBackup(path, `${path}.copy`, () => needed);
  });

  it.each(['gibberish', ''])('refuses a file that contains %j', async (content) => {
    const path = join(await temporaryFolder(), 'state.db');
    writeFileSync(path, content.repeat(1_000));
    expect(() => writeBackup(path, `${path}.copy`)).toThrow(/damaged|empty/);
    expect(readdirSync(join(path, '..'))).toEqual(['state.db']);
  });
});

describe('restoreBackup', () => {
  it('replaces the records, and keeps those before', async () => {
    const path = await aDatabase('before');
    const copy = `${path}.copy`;
    writeBackup(path, copy);
    const stores = openStoresForTest(path);
    await stores.workbenches.update(stopped({ name: 'after', revision: 2 }), 1);
    await stores.close();
    const movedTo = join(path, '../replaced');
    expect(restoreBackup(copy, path, movedTo)).toMatchObject({ workbenches: 1, replaced: true });
    expect((await openStoresForTest(path).workbenches.read(keyOf(stopped())))?.name).toBe('before');
    const moved = openStoresForTest(join(movedTo, 'state.db'));
    expect((await moved.workbenches.read(keyOf(stopped())))?.name).toBe('after');
    expect(existsSync(copy)).toBe(true);
  });

  it('removes the log of a killed server together with its file', async () => {
    const folder = await temporaryFolder();
    const child = startWritingProcess(folder);
    await child.next();
    await child.next();
    await child.kill();
    const path = join(folder, 'state.db');
    const movedTo = join(folder, 'replaced');
    expect(restoreBackup(await aDatabase('restored'), path, movedTo)).toMatchObject({ workbenches: 1 });
    expect(readdirSync(movedTo).toSorted()).toEqual(['state.db', 'state.db-shm', 'state.db-wal']);
    const { workbenches, telemetry } = openStoresForTest(path);
    const { workbenches: listed } = await workbenches.listByUser('ada', { limit: 10 });
    expect(listed.map(({ name }) => name)).toEqual(['restored']);
    expect(telemetry.errors).toEqual([]);
  });

  it('creates the records in an empty folder', async () => {
    const path = join(await temporaryFolder(), 'state.db');
    expect(restoreBackup(await aDatabase(), path, join(path, '../replaced'))).toMatchObject({
      replaced: false,
    });
    expect(readdirSync(join(path, '..'))).toEqual(['state.db']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('keeps a database that cannot be read completely', async () => {
    const path = await aDatabase('damaged');
    const before = readFileSync(path);
    const backup = await aDatabase('restored');
    const { copyFileSync: copy } = fs;
    onTestFinished(() => {
      fs.copyFileSync = copy;
      syncBuiltinESMExports();
    });
    fs.copyFileSync = (from, to, mode) => {
      if (from === path) throw Object.assign(new Error('i/o error, read'), { code: 'EIO' });
      copy(from, to, mode);
    };
    syncBuiltinESMExports();
    restoreBackup(backup, path, join(path, '../replaced'));
    expect(readFileSync(join(path, '../replaced/state.db')).equals(before)).toBe(true);
    expect((await openStoresForTest(path).workbenches.read(keyOf(stopped())))?.name).toBe('restored');
  });

  const MODES: readonly [string, number][] = [
    ['0444', 0o444],
    ['0644', 0o644],
  ];
  it.each(MODES)('restores a backup of mode %s, for the owner only', async (_, mode) => {
    const path = await aDatabase();
    const copy = `${path}.copy`;
    writeBackup(path, copy);
    chmodSync(copy, mode);
    restoreBackup(copy, path, join(path, '../replaced'));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(copy).mode & 0o777).toBe(mode);
    await openStoresForTest(path).workbenches.update(stopped({ name: 'after', revision: 2 }), 1);
  });

  it('restores a copy from before a migration', async () => {
    const path = await aDatabase();
    const next = 'CREATE TABLE added (id INTEGER) STRICT';
    await openStoresForTest(path, { migrations: [...MIGRATIONS, next] }).close();
    const copy = join(path, '../backups', `state-before-version-${MIGRATIONS.length + 1}.db`);
    restoreBackup(copy, path, join(path, '../replaced'));
    const { workbenches, telemetry } = openStoresForTest(path);
    expect(await workbenches.read(keyOf(stopped()))).toEqual(stopped());
    expect(telemetry.errors).toEqual([]);
  });

  const BAD: readonly [string, (copy: string) => void, string][] = [
    ['missing', () => {}, 'does not exist'],
    ['gibberish', (copy) => writeFileSync(copy, 'gibberish '.repeat(500)), 'damaged'],
    ['empty', (copy) => writeFileSync(copy, ''), 'is empty'],
    ['the database of another program', (copy) => sql(copy, 'CREATE TABLE theirs (id)'), 'another program'],
  ];
  it.each(BAD)('refuses a backup that is %s, and changes nothing', async (_, make, reason) => {
    const path = await aDatabase();
    const copy = join(await temporaryFolder(), 'copy.db');
    make(copy);
    const restore = () => restoreBackup(copy, path, join(path, '../replaced'));
    expect(restore).toThrow(reason);
    expect(restore).not.toThrow('.draft');
    expect(readdirSync(join(path, '..'))).toEqual(['state.db']);
    expect(await openStoresForTest(path).workbenches.read(keyOf(stopped()))).toEqual(stopped());
  });

  it('refuses a backup that was cut off, of a newer version, or that has a log', async () => {
    const path = await aDatabase();
    const copy = join(await temporaryFolder(), 'copy.db');
    const restore = () => restoreBackup(copy, path, join(path, '../replaced'));
    copyFileSync(path, copy);
    truncateSync(copy, statSync(copy).size / 2);
    expect(restore).toThrow(DatabaseRefused);
    copyFileSync(path, copy);
    sql(copy, `PRAGMA user_version = ${MIGRATIONS.length + 1}`);
    expect(restore).toThrow('newer version');
    copyFileSync(path, copy);
    writeFileSync(`${copy}-wal`, '');
    expect(restore).toThrow('is not a backup but a database in use');
    expect(await openStoresForTest(path).workbenches.read(keyOf(stopped()))).toEqual(stopped());
  });

  it('finds the restored records in the indexes', async () => {
    const path = join(await temporaryFolder(), 'state.db');
    const stores = openStoresForTest(path);
    await stores.workbenches.create(starting({ workbenchId: idAt(T0, 1) }));
    writeBackup(path, `${path}.copy`);
    await stores.close();
    restoreBackup(`${path}.copy`, path, join(path, '../replaced'));
    expect(await openStoresForTest(path).workbenches.listDue(T0, 10)).toHaveLength(1);
  });
});

function sql(path: string, statements: string): void {
  const sqlite = new DatabaseSync(path);
  sqlite.exec(statements);
  sqlite.close();
}
