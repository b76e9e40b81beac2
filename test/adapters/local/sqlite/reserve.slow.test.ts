import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Connection } from '#adapters/local/sqlite/connection.ts';
import type { Database } from '#adapters/local/sqlite/database.ts';
import { RESERVE_PAGES } from '#adapters/local/sqlite/reserve.ts';
import type { SqliteStores } from '#adapters/local/sqlite/stores.ts';
import { PortError } from '#core/ports/port-error.ts';
import { keyOf } from '#core/workbench/workbench.ts';
import { idAt, starting, stopped, T0 } from '#test/builders/workbench.ts';
import { aReport } from '#test/contracts/report-store.ts';
import { openStoresForTest, temporaryFolder } from './open-stores.ts';

const PAGE_BYTES = 4096;

/** As many as a transaction has. */
const AT_ONCE = 64;
const NO_SPACE = { name: 'PortError', kind: 'no_space' };

/** Stores on a disk that is full while `disk.full` is set, for what the reserve has not allocated. */
async function openOnDisk({ now = T0 } = {}) {
  const disk = { full: false, lastProbedPages: 0 };
  const clock = { now };
  const path = join(await temporaryFolder(), 'state.db');
  const probe = (bytes: number) => {
    disk.lastProbedPages = bytes / PAGE_BYTES;
    return disk.full ? new Error('ENOSPC') : undefined;
  };
  const open = () => openStoresForTest(path, { reserve: { probe, now: () => clock.now } });
  return { disk, clock, path, open, ...open() };
}

function sizesOf(path: string): readonly number[] {
  return [path, `${path}-wal`].map((file) => statSync(file).size / PAGE_BYTES);
}

function countPages(database: Database, name: 'page_count' | 'freelist_count'): Promise<number> {
  return database.read((connection) => Number(connection.pragma(name)));
}

/** An error as node:sqlite throws it. */
function sqliteError(errcode: number): Error {
  return Object.assign(new Error(`error ${errcode}`), { code: 'ERR_SQLITE_ERROR', errcode });
}

/** Writes a value in this number of pages. */
function writeValue(database: Database, name: string, pages: number): Promise<number> {
  return database.write((connection) =>
    connection.run(
      'INSERT OR REPLACE INTO meta VALUES (?, CAST(zeroblob(?) AS TEXT))',
      ...[name, PAGE_BYTES * pages],
    ),
  );
}

/** Creates workbenches, many at once, until some are refused, and returns the ids of the others. */
async function createUntilRefused({ workbenches }: Pick<SqliteStores, 'workbenches'>): Promise<string[]> {
  const created: string[] = [];
  for (let n = 0; n < 5_000; n += AT_ONCE) {
    const ids = Array.from({ length: AT_ONCE }, (_, i) => idAt(T0, n + i));
    const outcomes = await Promise.allSettled(
      ids.map((workbenchId) => workbenches.create(stopped({ workbenchId }))),
    );
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    for (const reason of refused) expect(reason).toMatchObject(NO_SPACE);
    created.push(...ids.filter((_, i) => outcomes[i]?.status === 'fulfilled'));
    if (refused.length > 0) return created;
  }
  throw new Error('no workbench was refused');
}

describe('the reserve', () => {
  it('is allocated on the disk: free pages in the file, and the log', async () => {
    const { database, path } = await openOnDisk();
    expect(await countPages(database, 'freelist_count')).toBeGreaterThan(RESERVE_PAGES);
    const [file, log] = sizesOf(path);
    expect(file).toBe(await countPages(database, 'page_count'));
    expect(log).toBeGreaterThan(1500);
  });

  it('is not taken by new workbenches, claims, reports and activity, and used for all other writes', async () => {
    const stores = await openOnDisk();
    const { database, workbenches, history, idempotency, reports, activity, disk, path } = stores;
    const claim = { userId: 'ada', key: 'k', workbenchId: idAt(T0, 1), bodyHash: 'x', expiresAt: T0 + 1 };
    await idempotency.claim(claim, T0);
    const before = sizesOf(path);
    disk.full = true;
    const created = await createUntilRefused(stores);
    expect(created.length).toBeGreaterThan(100);
    expect(await countPages(database, 'freelist_count')).toBeGreaterThan(RESERVE_PAGES - 64);
    await expect(idempotency.claim({ ...claim, key: 'other' }, T0)).rejects.toMatchObject(NO_SPACE);
    await expect(reports.add(aReport())).rejects.toMatchObject(NO_SPACE);
    await expect(activity.record(idAt(T0, 1), T0)).rejects.toMatchObject(NO_SPACE);

    // More than the log has space for, so that it must begin anew.
    for (let revision = 2; revision < 12; revision += 1) {
      const writes = created.map((workbenchId) =>
        workbenches.update(starting({ workbenchId, revision }), revision - 1),
      );
      expect(new Set(await Promise.all(writes))).toEqual(new Set(['updated']));
    }
    const [first = ''] = created;
    await history.append(first, [{ seq: 1, at: T0, type: 'stop_requested' }]);
    expect(await idempotency.complete('ada', 'k', claim.workbenchId, 'create')).toBe('completed');
    expect(await workbenches.delete({ userId: 'ada', workbenchId: first }, 11)).toBe('deleted');
    expect(sizesOf(path)).toEqual(before);
  });

  it('grows again by itself once there is space', async () => {
    const stores = await openOnDisk();
    stores.disk.full = true;
    await createUntilRefused(stores);
    stores.disk.full = false;
    expect(await stores.workbenches.create(stopped({ workbenchId: idAt(T0, 9_000) }))).toBe('created');
    expect(await countPages(stores.database, 'freelist_count')).toBeGreaterThan(RESERVE_PAGES);
    expect(sizesOf(stores.path)[0]).toBe(await countPages(stores.database, 'page_count'));
  });

  it('refuses only the growing writes of a transaction', async () => {
    const stores = await openOnDisk();
    stores.disk.full = true;
    const [workbenchId = ''] = await createUntilRefused(stores);
    const refused = stores.workbenches.create(stopped({ workbenchId: idAt(T0, 9_000) }));
    const updated = stores.workbenches.update(starting({ workbenchId, revision: 2 }), 1);
    await expect(refused).rejects.toMatchObject(NO_SPACE);
    expect(await updated).toBe('updated');
  });

  it('is filled first with the space of what has expired', async () => {
    const stores = await openOnDisk({ now: T0 + 1 });
    const { idempotency, workbenches, disk, database } = stores;
    const bodyHash = 'x'.repeat(6_000);
    const claims = Array.from({ length: 500 }, (_, n) => ({
      ...{ userId: 'ada', key: `key-${n}`, workbenchId: idAt(T0, n), bodyHash, expiresAt: T0 },
    }));
    await Promise.all(claims.map((claim) => idempotency.claim(claim, T0 - 1)));
    disk.full = true;
    // A necessary write that leaves the reserve short.
    await writeValue(database, 'large', 300);
    expect(await countPages(database, 'freelist_count')).toBeLessThan(RESERVE_PAGES);
    expect(await workbenches.create(stopped())).toBe('created');
  });

  it('is filled so without a longer log after a reader kept the log from beginning anew', async () => {
    const { idempotency, workbenches, disk, clock, database, path } = await openOnDisk();
    const claim = { userId: 'ada', workbenchId: idAt(T0, 1), bodyHash: 'x'.repeat(6_000), expiresAt: T0 + 1 };
    const keys = Array.from({ length: 400 }, (_, n) => `key-${n}`);
    await Promise.all(keys.map((key) => idempotency.claim({ ...claim, key }, T0)));
    disk.full = true;
    const [, before = 0] = sizesOf(path);
    const reader = new Connection(path, 'read-only');
    onTestFinished(() => reader.close());
    reader.exec('BEGIN; SELECT count(*) FROM meta');
    for (let written = 0; written < 2_000; written += 300) await writeValue(database, 'large', 300);
    reader.exec('COMMIT');
    const sizes = sizesOf(path);
    expect(sizes[1]).toBeGreaterThan(before);
    clock.now = T0 + 1;
    expect(await workbenches.create(stopped())).toBe('created');
    expect(sizesOf(path)).toEqual(sizes);
  });

  it('does not keep necessary writes from their commit if there is no space to delete what has expired', async () => {
    const { idempotency, workbenches, disk, database } = await openOnDisk({ now: T0 + 1 });
    const claim = { userId: 'ada', key: 'k', workbenchId: idAt(T0, 1), bodyHash: 'x', expiresAt: T0 };
    await idempotency.claim(claim, T0 - 1);
    await workbenches.create(stopped());
    await database.write((connection) =>
      connection.exec(`CREATE TRIGGER needs_space AFTER DELETE ON idempotency
        BEGIN INSERT INTO meta VALUES ('more', CAST(zeroblob(1e7) AS TEXT)); END`),
    );
    disk.full = true;
    await writeValue(database, 'large', 300);
    const refused = workbenches.create(stopped({ workbenchId: idAt(T0, 9_000) }));
    const updated = workbenches.update(starting({ revision: 2 }), 1);
    await expect(refused).rejects.toMatchObject(NO_SPACE);
    expect(await updated).toBe('updated');
    expect(await workbenches.delete(keyOf(stopped()), 2)).toBe('deleted');
  });

  it.each([
    ['lets necessary writes go on if a checkpoint exceeds a quota', true, 'updated'],
    ['rejects them if the disk fails in a checkpoint', false, { kind: 'unavailable' }],
  ])('%s', async (_, full, expected) => {
    const { workbenches, disk, database } = await openOnDisk();
    await workbenches.create(stopped());
    await writeValue(database, 'large', 700);
    disk.full = full;
    const original = Connection.prototype.pragma;
    const pragma = vi.spyOn(Connection.prototype, 'pragma').mockImplementation(function (
      this: Connection,
      text,
    ) {
      if (text === 'wal_checkpoint(PASSIVE)') throw sqliteError(778);
      return original.call(this, text);
    });
    onTestFinished(() => pragma.mockRestore());
    const [outcome] = await Promise.allSettled([workbenches.update(starting({ revision: 2 }), 1)]);
    expect(outcome.status === 'fulfilled' ? outcome.value : outcome.reason).toEqual(
      typeof expected === 'string' ? expected : expect.objectContaining(expected),
    );
    expect(pragma).toHaveBeenCalledWith('wal_checkpoint(PASSIVE)');
  });

  describe('whose value to allocate it was not deleted', () => {
    it.each([true, false])('is freed from it by the next write (disk full: %s)', async (full) => {
      const { workbenches, disk, database } = await openOnDisk();
      await workbenches.create(stopped());
      await writeValue(database, 'filler', 700);
      disk.full = full;
      expect(await workbenches.update(starting({ revision: 2 }), 1)).toBe('updated');
      expect(await workbenches.create(stopped({ workbenchId: idAt(T0, 9_000) }))).toBe('created');
      expect(await workbenches.delete(keyOf(stopped()), 2)).toBe('deleted');
      expect(await countPages(database, 'freelist_count')).toBeGreaterThan(RESERVE_PAGES);
    });

    it('needs no more space at the next start', async () => {
      const { path, disk, open, close } = await openOnDisk();
      await close();
      const connection = new Connection(path);
      connection.run('INSERT INTO meta VALUES (?, ?)', 'filler', 'x'.repeat(1e6));
      connection.close();
      const { database } = open();
      const fillers = await database.read((c) => c.all("SELECT name FROM meta WHERE name = 'filler'"));
      expect(fillers).toEqual([]);
      expect(disk.lastProbedPages).toBeLessThan(1_600);
    });
  });

  it('leaves a log that begins anew if it cannot be filled', async () => {
    const { database, workbenches } = await openOnDisk();
    await workbenches.create(stopped());
    const original = Connection.prototype.run;
    let refused = 0;
    const run = vi.spyOn(Connection.prototype, 'run').mockImplementation(function (
      this: Connection,
      ...args
    ) {
      if (this.pragma('wal_autocheckpoint') !== 0) return original.apply(this, args);
      refused += 1;
      throw sqliteError(13);
    });
    onTestFinished(() => run.mockRestore());
    const failing = database.write(() => {
      throw sqliteError(1034);
    });
    await expect(failing).rejects.toMatchObject({ kind: 'unavailable' });
    await workbenches.read(keyOf(stopped()));
    expect(refused).toBe(1);
    expect(await database.read((connection) => connection.pragma('wal_autocheckpoint'))).toBe(1_000);
  });

  it('has a log of the same length in a database with many free pages', async () => {
    const { path, open, close } = await openOnDisk();
    const [, log] = sizesOf(path);
    await close();
    const connection = new Connection(path);
    connection.exec(`INSERT INTO meta VALUES ('large', CAST(zeroblob(8000 * ${PAGE_BYTES}) AS TEXT));
      DELETE FROM meta WHERE name = 'large'`);
    connection.close();
    const { database } = open();
    expect(await countPages(database, 'freelist_count')).toBeGreaterThan(7_900);
    expect(sizesOf(path)[1]).toBeLessThan(1.1 * Number(log));
  });

  it('is needed at the start', async () => {
    const { disk, open, close } = await openOnDisk();
    await close();
    disk.full = true;
    let thrown: unknown;
    try {
      open();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(PortError);
    expect(thrown).toMatchObject(NO_SPACE);
  });

  it('is not needed after the connection was lost', async () => {
    const { disk, database, workbenches } = await openOnDisk();
    await workbenches.create(stopped());
    disk.full = true;
    const failing = database.write(() => {
      throw sqliteError(1034);
    });
    await expect(failing).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await workbenches.read(keyOf(stopped()))).toEqual(stopped());
    expect(await workbenches.update(starting({ revision: 2 }), 1)).toBe('updated');
  });
});
