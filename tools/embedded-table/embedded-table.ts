import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import db, { type Store } from 'dynalite/db/index.js';
import { createTableClient, type TableClientOptions } from '#adapters/aws/dynamodb/client.ts';
import { DataDirectoryLocked } from '#adapters/local/sqlite/data-folder-lock.ts';
import { createTableInput } from '#contract/table.ts';
import {
  deleteTableDefinition,
  hasTableWithIndexes,
  rebuildIndexes,
  waitForTable,
} from './embedded-table-indexes.ts';
import { Transactions } from './transactions.ts';

export interface EmbeddedTableOptions {
  /** The folder of the data, which is created when it is missing. In memory when absent. */
  readonly path?: string;
  /** @default 'workbenches' */
  readonly tableName?: string;
  /** Connections whose request is still incomplete this long after `close` are closed, milliseconds. @default 5,000 */
  readonly closeWithinMs?: number;
}

/** A DynamoDB with one table in this process. Only this process can use it. */
export interface EmbeddedTable {
  readonly tableName: string;
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  /** Options for `createTableClient`: the endpoint and the access key that every request needs. */
  readonly clientOptions: TableClientOptions;
  /**
   * Refuses new calls, waits for the calls in progress, then closes the data. Connections whose request is still
   * incomplete after `closeWithinMs` are closed.
   */
  close(): Promise<void>;
}

/**
 * Timeout of a call, milliseconds. The table runs in the same process, so that a slow response means high load,
 * and a retry increases the load. The timeout only ends calls that hang.
 */
const LOCAL_TIMEOUT_MS = 30_000;

/**
 * Opens the table. Creates the folder and the table when they are missing.
 * @throws DataDirectoryLocked when the folder is in use
 */
export async function openEmbeddedTable(options: EmbeddedTableOptions = {}): Promise<EmbeddedTable> {
  const { path, tableName = 'workbenches', closeWithinMs = 5_000 } = options;
  if (path !== undefined) await mkdir(path, { recursive: true, mode: 0o700 });
  const { server, store } = createDynaliteServer(path);
  try {
    await store.db.open();
  } catch (error) {
    if (path !== undefined && isLocked(error)) throw new DataDirectoryLocked(path, error);
    throw error;
  }
  const accessKeyId = randomBytes(16).toString('hex');
  const calls = new PendingCalls();
  requireAccessKey(server, accessKeyId, calls, new Transactions(store));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const endpoint = `http://127.0.0.1:${port}`;
  const clientOptions: TableClientOptions = {
    endpoint,
    region: 'local',
    credentials: { accessKeyId, secretAccessKey: 'unchecked' },
    connectionTimeoutMs: LOCAL_TIMEOUT_MS,
    requestTimeoutMs: LOCAL_TIMEOUT_MS,
  };
  try {
    await ensureTable(store, tableName, clientOptions);
  } catch (error) {
    await closeServer(server, calls, closeWithinMs);
    throw error;
  }
  let closing: Promise<void> | undefined;
  return {
    tableName,
    endpoint,
    clientOptions,
    close() {
      closing ??= closeServer(server, calls, closeWithinMs);
      return closing;
    },
  };
}

/** Creates a dynalite server and captures its store, which dynalite does not expose. */
function createDynaliteServer(path: string | undefined): { server: Server; store: Store } {
  const create = db.create;
  const stores: Store[] = [];
  db.create = (options) => {
    const store = create(options);
    stores.push(store);
    return store;
  };
  try {
    const server = dynalite({ createTableMs: 0, ...(path === undefined ? {} : { path }) });
    const [store] = stores;
    if (store === undefined) throw new Error('dynalite created no store');
    return { server, store };
  } finally {
    db.create = create;
  }
}

function isLocked(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: unknown } };
  return cause?.code === 'LEVEL_LOCKED';
}

/**
 * dynalite accepts every request, also from web pages of any origin. This filter accepts only requests with the
 * access key of this table, so that neither a web page nor another user of the computer can use it.
 */
function requireAccessKey(
  server: Server,
  accessKeyId: string,
  calls: PendingCalls,
  transactions: Transactions,
): void {
  const [listener] = server.listeners('request') as RequestListener[];
  if (listener === undefined) throw new Error('dynalite does not listen to requests');
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.headers.origin !== undefined || !isSignedWith(accessKeyId, request.headers.authorization)) {
      response.writeHead(403).end();
      request.resume();
      return;
    }
    if (!calls.begin(request, response)) {
      response.writeHead(503, { connection: 'close' }).end();
      request.resume();
      return;
    }
    if (transactions.isTransaction(request)) {
      transactions.handle(request, response).catch((error: unknown) => response.destroy(error as Error));
      return;
    }
    listener(request, response);
    // dynalite throws when a client disconnects, which would end this process.
    request.removeAllListeners('error');
    request.on('error', () => {});
  });
}

/**
 * Counts the calls in progress. A call continues after its client has disconnected, and dynalite ends the process if
 * a call finds the data closed.
 */
class PendingCalls {
  readonly #calls = new Set<IncomingMessage>();
  #refusing = false;
  #whenNone: (() => void) | undefined;

  /** Returns false if the table is closing. */
  begin(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#refusing) return false;
    this.#calls.add(request);
    const { end } = response;
    // 'finish' is not emitted if the client has disconnected.
    response.end = ((...args: Parameters<typeof end>) => {
      this.#ended(request);
      return end.apply(response, args);
    }) as typeof end;
    request.once('close', () => {
      // The request was incomplete, so the call never started.
      if (!request.complete) this.#ended(request);
    });
    return true;
  }

  /** Refuses new calls and waits for the calls in progress. */
  async end(): Promise<void> {
    this.#refusing = true;
    if (this.#calls.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenNone = resolve;
    });
  }

  #ended(request: IncomingMessage): void {
    this.#calls.delete(request);
    if (this.#calls.size === 0) this.#whenNone?.();
  }
}

function isSignedWith(accessKeyId: string, authorization: string | undefined): boolean {
  const given = Buffer.from(/Credential=([^/,\s]*)\//.exec(authorization ?? '')?.[1] ?? '');
  const expected = Buffer.from(accessKeyId);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

async function ensureTable(
  store: Store,
  tableName: string,
  clientOptions: TableClientOptions,
): Promise<void> {
  const input = createTableInput(tableName);
  const names = input.GlobalSecondaryIndexes.map((index) => index.IndexName);
  if (!(await hasTableWithIndexes(store, tableName, names))) {
    await deleteTableDefinition(store, tableName);
    const client = createTableClient(clientOptions);
    try {
      await client.send(new CreateTableCommand(input));
    } finally {
      client.destroy();
    }
    await waitForTable(store, tableName);
  }
  await rebuildIndexes(store, tableName);
}

async function closeServer(server: Server, calls: PendingCalls, withinMs: number): Promise<void> {
  // A connection that was busy when the server closed stays open after its response.
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  const cut = setTimeout(() => server.closeAllConnections(), withinMs);
  try {
    await calls.end();
    await new Promise<void>((resolve, reject) => {
      server.close((error) => (error ? reject(error) : resolve()));
    });
  } finally {
    clearInterval(idle);
    clearTimeout(cut);
  }
}
