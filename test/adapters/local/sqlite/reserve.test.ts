import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
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
  const disk = { full: false };
  const path = join(await temporaryFolder(), 'state.db');
  const probe = () => (disk.full ? new Error('ENOSPC') : undefined);
  const open = () => openStoresForTest(path, { reserve: { probe, now: () => now } });
  return { disk, path, open, ...open() };
}

function sizesOf(path: string): readonly number[] {
  return [path, `${path}-wal`].map((file) => statSync(file).size / PAGE_BYTES);
}

function countPages(database: Database, name: 'page_count' | 'freelist_count'): Promise<number> {
  return database.read((connection) => Number(connection.pragma(name)));
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

  it('is not taken by new workbenches, claims and reports, and used for all other writes', async () => {
    const stores = await openOnDisk();
    const { database, workbenches, history, idempotency, reports, disk, path } = stores;
    const claim = { userId: 'ada', key: 'k', workbenchId: idAt(T0, 1), bodyHash: 'x', expiresAt: T0 + 1 };
    await idempotency.claim(claim, T0);
    const before = sizesOf(path);
    disk.full = true;
    const created = await createUntilRefused(stores);
    expect(created.length).toBeGreaterThan(100);
    expect(await countPages(database, 'freelist_count')).toBeGreaterThan(RESERVE_PAGES - 64);
    await expect(idempotency.claim({ ...claim, key: 'other' }, T0)).rejects.toMatchObject(NO_SPACE);
    await expect(reports.add(aReport())).rejects.toMatchObject(NO_SPACE);

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
    await database.write((connection) =>
      connection.run('INSERT INTO meta VALUES (?, ?)', 'large', 'x'.repeat(PAGE_BYTES * 300)),
    );
    expect(await countPages(database, 'freelist_count')).toBeLessThan(RESERVE_PAGES);
    expect(await workbenches.create(stopped())).toBe('created');
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
      throw Object.assign(new Error('error 1034'), { code: 'ERR_SQLITE_ERROR', errcode: 1034 });
    });
    await expect(failing).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await workbenches.read(keyOf(stopped()))).toEqual(stopped());
    expect(await workbenches.update(starting({ revision: 2 }), 1)).toBe('updated');
  });

  it('does not keep what a killed process wrote to allocate it', async () => {
    const { path, open, close } = await openOnDisk();
    await close();
    const connection = new Connection(path);
    connection.run('INSERT INTO meta VALUES (?, ?)', 'filler', 'x'.repeat(1e6));
    connection.close();
    const { database } = open();
    const fillers = await database.read((c) => c.all("SELECT name FROM meta WHERE name = 'filler'"));
    expect(fillers).toEqual([]);
  });
});
