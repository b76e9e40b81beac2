import { existsSync, readdirSync, readFileSync, readlinkSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONNECTION_PRAGMAS, Connection } from '#adapters/local/sqlite/connection.ts';
import { LINK_STATEMENTS } from '#adapters/local/sqlite/share-link-store.ts';
import { SHARE_STATEMENTS } from '#adapters/local/sqlite/share-store.ts';
import { WORKBENCH_STATEMENTS } from '#adapters/local/sqlite/workbench-store.ts';
import { PortError } from '#core/ports/port-error.ts';
import { keyOf } from '#core/workbench/workbench.ts';
import { idAt, starting, stopped, T0 } from '#test/builders/workbench.ts';
import { openStoresForTest, temporaryFolder } from './open-stores.ts';

/** An error as node:sqlite throws it. */
function sqliteError(errcode: number): Error {
  return Object.assign(new Error(`error ${errcode}`), { code: 'ERR_SQLITE_ERROR', errcode });
}

const IOERR_WRITE = 778;

describe('a connection', () => {
  it('has the settings for durable writes', async () => {
    const path = join(await temporaryFolder(), 'state.db');
    const { database } = openStoresForTest(path);
    expect(database.journalMode).toBe('wal');
    const found = await database.read((connection) =>
      Object.keys(CONNECTION_PRAGMAS).map((name) => [name, connection.pragma(name)]),
    );
    // SQLite returns numbers for the names of levels.
    const expected = { ...CONNECTION_PRAGMAS, synchronous: 2, temp_store: 2 };
    expect(Object.fromEntries(found)).toEqual(expected);
  });

  it.runIf(existsSync('/proc/self/fdinfo'))('has no file that a child process inherits', async () => {
    const folder = await temporaryFolder();
    const { workbenches } = openStoresForTest(join(folder, 'state.db'));
    await workbenches.create(stopped());
    const opened = readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).startsWith(folder));
    expect(opened.map((fd) => linkOf(fd).slice(folder.length + 1)).toSorted()).toEqual([
      'state.db',
      'state.db-shm',
      'state.db-wal',
    ]);
    for (const fd of opened) {
      const flags = /flags:\s*([0-7]+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '';
      // O_CLOEXEC
      expect(Number.parseInt(flags, 8) & 0o2000000).not.toBe(0);
    }
  });

  it('creates files that only their owner can read', async () => {
    const folder = await temporaryFolder();
    const { workbenches } = openStoresForTest(join(folder, 'state.db'));
    await workbenches.create(stopped());
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  it('uses an index for every statement about records', async () => {
    const { database } = openStoresForTest(':memory:');
    for (const [name, sql] of Object.entries(WORKBENCH_STATEMENTS)) {
      const plan = await database.read((connection) =>
        connection.all<{ detail: string }>(
          `EXPLAIN QUERY PLAN ${sql}`,
          ...Array(sql.split('?').length - 1).fill(0),
        ),
      );
      const details = plan.map(({ detail }) => detail).join('; ');
      expect(details, name).toMatch(
        /^SEARCH (workbenches USING (COVERING )?INDEX|idempotency USING PRIMARY KEY)/,
      );
      expect(details, name).not.toContain('TEMP B-TREE');
    }
  });

  it('uses an index for every statement about shares and links', async () => {
    const { database } = openStoresForTest(':memory:');
    for (const [name, sql] of Object.entries({ ...SHARE_STATEMENTS, ...LINK_STATEMENTS })) {
      const parameters = Array(sql.split('?').length - 1).fill('[]');
      const plan = await database.read((connection) =>
        connection.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...parameters),
      );
      const details = plan.map(({ detail }) => detail).join('; ');
      expect(details, name).toMatch(/SEARCH shares USING (COVERING INDEX|PRIMARY KEY)/);
      expect(details, name).not.toContain('SCAN shares');
    }
  });
});

describe('writes', () => {
  it('of one turn are one transaction, and reads do not see them before its end', async () => {
    const { database, workbenches } = openStoresForTest(':memory:');
    const changesSeen: number[] = [];
    const count = () =>
      database.read(
        (connection) => connection.get<{ n: number }>('SELECT count(*) AS n FROM workbenches')?.n,
      );
    const writes = [1, 2, 3].map((n) => workbenches.create(stopped({ workbenchId: idAt(T0, n) })));
    const last = database.write((connection) => changesSeen.push(connection.isInTransaction ? 1 : 0));
    expect(await count()).toBe(0);
    await Promise.all([...writes, last]);
    expect(await count()).toBe(3);
    expect(changesSeen).toEqual([1]);
  });

  it('that fail with an error of their own do not affect the others', async () => {
    const { database, workbenches } = openStoresForTest(':memory:');
    const bug = new TypeError('a bug');
    const before = workbenches.create(stopped({ workbenchId: idAt(T0, 1) }));
    const failing = database.write((connection) => {
      connection.run('DELETE FROM workbenches');
      throw bug;
    });
    const after = workbenches.create(stopped({ workbenchId: idAt(T0, 2) }));
    await expect(failing).rejects.toBe(bug);
    expect(await Promise.all([before, after])).toEqual(['created', 'created']);
    expect((await workbenches.listByUser('ada', { limit: 10 })).workbenches).toHaveLength(2);
  });

  it('are all undone by a failure of the disk, which closes the connection and opens another', async () => {
    const { database, workbenches } = openStoresForTest(join(await temporaryFolder(), 'state.db'));
    await workbenches.create(stopped({ name: 'kept' }));
    const connections = new Set<Connection>();
    const see = () => database.read((connection) => connections.add(connection));
    await see();
    const writes = [
      workbenches.update(stopped({ name: 'lost', revision: 2 }), 1),
      database.write(() => {
        throw sqliteError(IOERR_WRITE);
      }),
    ];
    for (const write of writes)
      await expect(write).rejects.toMatchObject({ name: 'PortError', kind: 'unavailable' });
    await see();
    expect(connections.size).toBe(2);
    expect((await workbenches.read(keyOf(stopped())))?.name).toBe('kept');
    expect(await workbenches.update(stopped({ name: 'new', revision: 2 }), 1)).toBe('updated');
  });

  it('are unavailable after the file was removed and the connection was lost, and no file is created', async () => {
    const path = join(await temporaryFolder(), 'state.db');
    const { database, workbenches } = openStoresForTest(path);
    await workbenches.create(stopped());
    for (const name of readdirSync(join(path, '..')))
      renameSync(join(path, '..', name), `${path}.moved-${name}`);
    const failing = database.write(() => {
      throw sqliteError(IOERR_WRITE);
    });
    await expect(failing).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(workbenches.read(keyOf(stopped()))).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(workbenches.create(starting())).rejects.toThrow('no longer exists');
    expect(existsSync(path)).toBe(false);
    await expect(database.close()).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(database.close()).resolves.toBeUndefined();
  });

  it('are refused for no space while there is none, and reads are not', async () => {
    const { database, workbenches } = openStoresForTest(join(await temporaryFolder(), 'state.db'));
    await workbenches.create(stopped());
    await database.read((connection) =>
      connection.pragma(`max_page_count = ${connection.pragma('page_count')}`),
    );
    const many = Array.from({ length: 50 }, (_, n) =>
      workbenches.create(stopped({ workbenchId: idAt(T0, n + 2) })),
    );
    const outcomes = await Promise.allSettled(many);
    expect(outcomes.map(({ status }) => status)).toEqual(Array(50).fill('rejected'));
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ reason: { name: 'PortError', kind: 'no_space' } });
    expect(await workbenches.read(keyOf(stopped()))).toEqual(stopped());
    await database.read((connection) => connection.pragma('max_page_count = 100000'));
    expect(await workbenches.create(stopped({ workbenchId: idAt(T0, 2) }))).toBe('created');
  });

  it('are throttled while another program writes, and reads are not', async () => {
    const path = join(await temporaryFolder(), 'state.db');
    const { database, workbenches } = openStoresForTest(path);
    await workbenches.create(stopped());
    await database.read((connection) => connection.exec('PRAGMA busy_timeout = 0'));
    const other = new Connection(path);
    other.exec('BEGIN IMMEDIATE');
    await expect(workbenches.create(starting())).rejects.toMatchObject({
      name: 'PortError',
      kind: 'throttled',
    });
    expect(await workbenches.read(keyOf(stopped()))).toEqual(stopped());
    other.exec('ROLLBACK');
    other.close();
    expect(await workbenches.update(starting({ revision: 2 }), 1)).toBe('updated');
  });

  it('with a key that is not valid Unicode are refused', async () => {
    const { workbenches, idempotency, freeCapacity } = openStoresForTest(':memory:');
    const key = 'a\ud800';
    const claim = { userId: 'ada', key, workbenchId: idAt(T0, 1), bodyHash: 'x', expiresAt: T0 };
    const capacity = { containerInstanceId: key, version: 1, at: T0 };
    await expect(workbenches.create(stopped({ userId: key }))).rejects.toThrow(RangeError);
    await expect(idempotency.claim(claim, T0)).rejects.toThrow(RangeError);
    await expect(freeCapacity.remove(capacity)).rejects.toThrow(RangeError);
  });
});

describe('close', () => {
  it('commits the waiting writes, in several transactions if they are many, and keeps them', async () => {
    const path = join(await temporaryFolder(), 'state.db');
    const first = openStoresForTest(path, { batchMax: 2 });
    const writes = [1, 2, 3, 4, 5].map((n) =>
      first.workbenches.create(starting({ workbenchId: idAt(T0, n) })),
    );
    await Promise.all([first.close(), first.close()]);
    expect(await Promise.all(writes)).toEqual(Array(5).fill('created'));
    const { workbenches } = openStoresForTest(path);
    expect((await workbenches.listByUser('ada', { limit: 10 })).workbenches).toHaveLength(5);
    expect(await workbenches.listDue(T0, 10)).toHaveLength(5);
  });

  it('leaves one file', async () => {
    const folder = await temporaryFolder();
    const stores = openStoresForTest(join(folder, 'state.db'));
    await stores.workbenches.create(stopped());
    await stores.close();
    expect(readdirSync(folder)).toEqual(['state.db']);
  });

  it('refuses further calls', async () => {
    const stores = openStoresForTest(':memory:');
    await stores.close();
    for (const call of [
      stores.workbenches.ping(),
      stores.workbenches.create(stopped()),
      stores.workbenches.listDue(T0, 1),
    ]) {
      const error = await call.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(PortError);
      expect(error).toMatchObject({ kind: 'unavailable' });
    }
  });
});

describe('deleteExpired', () => {
  it('deletes all expired rows, and no others', async () => {
    const { database, history, idempotency, reports, freeCapacity, deleteExpired } =
      openStoresForTest(':memory:');
    const claims = Array.from({ length: 1_203 }, (_, n) =>
      idempotency.claim(
        { userId: 'ada', key: `k${n}`, workbenchId: idAt(T0, n), bodyHash: 'x', expiresAt: T0 + n },
        T0 - 1,
      ),
    );
    await Promise.all(claims);
    await history.append(idAt(T0, 1), [{ seq: 1, at: T0, type: 'created' }]);
    await reports.list();
    await freeCapacity.remove({ containerInstanceId: 'i', version: 1, at: 0 });
    expect(await deleteExpired(T0 + 1_200)).toBe(1_201 + 1);
    const left = await database.read((connection) =>
      connection.all<{ key: string }>('SELECT key FROM idempotency'),
    );
    expect(left.map(({ key }) => key)).toEqual(['k1201', 'k1202']);
    expect(await history.list(idAt(T0, 1))).toHaveLength(1);
    expect(await deleteExpired(T0 + 1_200)).toBe(0);
  });
});

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    // The descriptor was the one that listed the folder.
    return '';
  }
}
