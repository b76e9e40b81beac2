import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import db, { type Store } from 'dynalite/db/index.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTableClient } from '#adapters/aws/dynamodb/client.ts';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import { DataDirectoryLocked } from '#adapters/local/sqlite/data-folder-lock.ts';
import { createTableInput } from '#contract/table.ts';
import { keyOf, type Workbench } from '#core/workbench/workbench.ts';
import { RecordedTelemetry } from '#test/adapters/aws/dynamodb/table-under-test.ts';
import { idAt, starting, stopped, T0 } from '#test/builders/workbench.ts';
import { type EmbeddedTable, openEmbeddedTable } from '#tools/embedded-table/embedded-table.ts';

describe('the embedded table', () => {
  let path: string;
  const open: EmbeddedTable[] = [];
  const clients: ReturnType<typeof createTableClient>[] = [];
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'embedded-table-'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const client of clients.splice(0)) client.destroy();
    for (const table of open.splice(0)) await table.close();
    await rm(path, { recursive: true, force: true });
  });

  async function openTable(options: Parameters<typeof openEmbeddedTable>[0] = { path }) {
    const table = await openEmbeddedTable(options);
    open.push(table);
    return table;
  }

  function openStore(table: EmbeddedTable) {
    const client = createTableClient(table.clientOptions);
    clients.push(client);
    return new DynamoWorkbenchStore(client, table.tableName, new RecordedTelemetry());
  }

  it('keeps records when it is closed and opened again', async () => {
    const first = await openTable();
    await openStore(first).create(starting());
    await first.close();
    const store = openStore(await openTable());
    expect(await store.read(keyOf(starting()))).toEqual(starting());
    expect(await store.listDue(T0, 10)).toEqual([keyOf(starting())]);
    expect((await store.listByUser('ada', { limit: 10 })).workbenches).toEqual([starting()]);
  });

  it('keeps no records without a folder', async () => {
    const first = await openTable({});
    await openStore(first).create(starting());
    await first.close();
    expect(await openStore(await openTable({})).read(keyOf(starting()))).toBeUndefined();
  });

  it('creates a missing folder', async () => {
    const table = await openTable({ path: join(path, 'a', 'b') });
    await expect(openStore(table).ping()).resolves.toBeUndefined();
  });

  it('throws DataDirectoryLocked when this process has the folder open', async () => {
    const first = await openTable();
    await expect(openEmbeddedTable({ path })).rejects.toMatchObject({
      code: 'data_directory_locked',
      message: expect.stringContaining(path),
    });
    await expect(openEmbeddedTable({ path })).rejects.toThrow(DataDirectoryLocked);
    await openStore(first).create(stopped());
    await first.close();
    expect(await openStore(await openTable()).read(keyOf(stopped()))).toEqual(stopped());
  });

  it('throws DataDirectoryLocked when another process has the folder open, and vice versa', async () => {
    const child = openInChild(path);
    expect(await child.next()).toBe('open');
    await expect(openEmbeddedTable({ path })).rejects.toThrow(DataDirectoryLocked);
    await child.kill();
    await openTable();
    expect(await openInChild(path).next()).toBe('data_directory_locked');
  });

  it('keeps all acknowledged writes and their index entries when its process is killed', async () => {
    const child = openInChild(path);
    expect(await child.next()).toBe('open');
    const acknowledged: string[] = [];
    while (acknowledged.length < 50) acknowledged.push(String(await child.next()));
    acknowledged.push(...(await child.kill()));
    const store = openStore(await openTable());
    const due = new Set((await store.listDue(T0, 1_000)).map(({ workbenchId }) => workbenchId));
    for (const workbenchId of acknowledged) {
      expect(await store.read({ userId: 'ada', workbenchId })).toEqual(starting({ workbenchId }));
      expect(due.has(workbenchId)).toBe(true);
    }
  });

  it('completes the calls in progress when it closes, and does not wait for idle connections', async () => {
    const table = await openTable();
    const store = openStore(table);
    await store.ping();
    const writes = Array.from({ length: 40 }, (_, n) => store.create(stopped({ workbenchId: idAt(T0, n) })));
    await writes[0];
    const startedAt = performance.now();
    const closed = table.close();
    const outcomes = await Promise.allSettled(writes);
    await closed;
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    const again = openStore(await openTable());
    for (const [n, outcome] of outcomes.entries()) {
      if (outcome.status === 'rejected') continue;
      expect(await again.read({ userId: 'ada', workbenchId: idAt(T0, n) })).toBeDefined();
    }
  });

  it('may be closed twice', async () => {
    const table = await openTable();
    await Promise.all([table.close(), table.close()]);
    await table.close();
  });

  it('recreates a table with other indexes and keeps its items', async () => {
    const before = await openTable();
    await openStore(before).create(starting());
    await before.close();
    await withStore(path, async (store) => {
      const { GlobalSecondaryIndexes: indexes, ...definition } = createTableInput(before.tableName);
      const older = { ...definition, TableStatus: 'ACTIVE', GlobalSecondaryIndexes: indexes.slice(0, 1) };
      await new Promise((resolve) => store.tableDb.put(before.tableName, older, resolve));
    });
    await expectKnown(openStore(await openTable()), starting());
  });

  it('opens a table that a killed process left in CREATING', async () => {
    const before = await openTable();
    await before.close();
    await withStore(path, async (store) => {
      const creating = { ...createTableInput(before.tableName), TableStatus: 'CREATING' };
      await new Promise((resolve) => store.tableDb.put(before.tableName, creating, resolve));
    });
    const store = openStore(await openTable());
    await store.create(starting());
    await expectKnown(store, starting());
  });

  it('adds missing entries to the indexes when it is opened', async () => {
    const before = await openTable();
    const store = openStore(before);
    await store.create(starting());
    await store.create(stopped({ workbenchId: idAt(T0, 2) }));
    await before.close();
    await withStore(path, async ({ db }) => {
      const prefix = `index-global~${before.tableName}~`;
      const entries: unknown[] = [];
      for await (const entry of db.values({ gte: prefix, lt: `${prefix}\xff` })) entries.push(entry);
      expect(entries).toHaveLength(4);
      await db.clear({ gte: prefix, lt: `${prefix}\xff` });
    });
    const after = openStore(await openTable());
    await expectKnown(after, starting());
    expect(await after.findByWorkbenchId(idAt(T0, 2))).toEqual({ userId: 'ada', workbenchId: idAt(T0, 2) });
  });

  it('removes index entries without an item when it is opened', async () => {
    const before = await openTable();
    await openStore(before).create(starting());
    await before.close();
    await withStore(path, async (store) => {
      const prefix = `item-${before.tableName}~`;
      await store.db.clear({ gte: prefix, lt: `${prefix}\xff` });
    });
    const after = openStore(await openTable());
    expect(await after.listDue(T0, 10)).toEqual([]);
    expect(await after.findByWorkbenchId(starting().workbenchId)).toBeUndefined();
  });

  async function expectKnown(store: DynamoWorkbenchStore, workbench: Workbench) {
    const key = keyOf(workbench);
    expect(await store.read(key)).toEqual(workbench);
    expect(await store.listDue(T0, 10)).toEqual([key]);
    expect(await store.findByWorkbenchId(key.workbenchId)).toEqual(key);
  }

  it('accepts only requests with its access key', async () => {
    const table = await openTable();
    const other = createTableClient({
      ...table.clientOptions,
      credentials: { accessKeyId: 'another', secretAccessKey: 'unchecked' },
    });
    clients.push(other);
    const read = other.send(
      new GetItemCommand({ TableName: table.tableName, Key: { pk: { S: 'a' }, sk: { S: 'b' } } }),
    );
    await expect(read).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    expect(await statusOf(table, { method: 'GET' })).toBe(403);
    expect(await statusOf(table, { method: 'OPTIONS', headers: { origin: 'http://evil.example' } })).toBe(
      403,
    );
    const authorization = `AWS4-HMAC-SHA256 Credential=${table.clientOptions.credentials?.accessKeyId}/x`;
    expect(await statusOf(table, { method: 'GET', headers: { authorization } })).toBe(200);
    const foreign = { authorization, origin: 'http://evil.example' };
    expect(await statusOf(table, { method: 'GET', headers: foreign })).toBe(403);
  });

  it('continues when a client disconnects during a request', async () => {
    const table = await openTable();
    const { port } = new URL(table.endpoint);
    const head = [
      'POST / HTTP/1.1',
      'host: x',
      `authorization: AWS4-HMAC-SHA256 Credential=${table.clientOptions.credentials?.accessKeyId}/x`,
      'content-length: 1000',
      '',
      'half',
    ];
    for (let n = 0; n < 5; n++) {
      const socket = connect(Number(port), '127.0.0.1');
      await once(socket, 'connect');
      await new Promise<void>((resolve) => socket.write(head.join('\r\n'), () => resolve()));
      socket.resetAndDestroy();
      await once(socket, 'close');
    }
    await expect(openStore(table).ping()).resolves.toBeUndefined();
  });

  it('closes its data only after the last call, also when its client has hung up', async () => {
    const uncaught: unknown[] = [];
    const note = (error: unknown) => uncaught.push(error);
    process.on('uncaughtException', note);
    const table = await openTable();
    const client = createTableClient(table.clientOptions);
    const store = new DynamoWorkbenchStore(client, table.tableName, new RecordedTelemetry());
    const { promise: underWay, resolve } = Promise.withResolvers<void>();
    client.middlewareStack.add(
      (next) => (args) => {
        const result = next(args);
        resolve();
        return result;
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    const writes = Array.from({ length: 50 }, (_, n) => store.create(starting({ workbenchId: idAt(T0, n) })));
    const settled = Promise.allSettled(writes);
    await underWay;
    await Promise.race(writes);
    client.destroy();
    await table.close();
    await settled;
    process.off('uncaughtException', note);
    expect(uncaught).toEqual([]);
  });

  /** A client that has sent half a request. */
  async function halfRequest(table: EmbeddedTable) {
    const authorization = `AWS4-HMAC-SHA256 Credential=${table.clientOptions.credentials?.accessKeyId}/x`;
    const socket = connect(Number(new URL(table.endpoint).port), '127.0.0.1');
    await once(socket, 'connect');
    const head = [
      'POST / HTTP/1.1',
      'host: x',
      `authorization: ${authorization}`,
      'content-length: 9',
      '',
      '',
    ];
    await new Promise<void>((resolve) => socket.write(head.join('\r\n'), () => resolve()));
    const ask = () => statusOf(table, { method: 'GET', headers: { authorization } });
    // The response arrives only after the incomplete request that was sent before.
    expect(await ask()).toBe(200);
    return { socket, ask };
  }

  it('refuses further calls while it waits for one that is under way', async () => {
    const table = await openTable();
    const { socket, ask } = await halfRequest(table);
    const closed = table.close();
    expect(await ask()).toBe(503);
    socket.destroy();
    await closed;
  });

  it('cuts off a client that does not send its whole request in time', async () => {
    const table = await openTable({ path, closeWithinMs: 1 });
    const { socket } = await halfRequest(table);
    const cut = once(socket, 'close');
    await table.close();
    await cut;
  });

  function openInChild(folder: string) {
    const script = new URL('./embedded-table-process.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return {
      async next(): Promise<string | undefined> {
        const line = await lines.next();
        return line.done ? undefined : line.value;
      },
      /** Kills the process and returns the remaining complete lines. */
      async kill(): Promise<string[]> {
        const closed = once(child, 'close');
        child.kill('SIGKILL');
        const rest: string[] = [];
        for (let line = await this.next(); line !== undefined; line = await this.next()) rest.push(line);
        await closed;
        return rest.filter((line) => line.length === 26);
      },
    };
  }

  function statusOf(
    table: EmbeddedTable,
    { method, headers = {} }: { method: string; headers?: Record<string, string> },
  ): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      request(table.endpoint, { method, headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
  }
});

/** Calls `act` with the store of a folder whose table is closed. */
async function withStore(path: string, act: (store: Store) => Promise<void>): Promise<void> {
  const store = db.create({ path });
  await store.db.open();
  await act(store);
  await store.db.close();
}
