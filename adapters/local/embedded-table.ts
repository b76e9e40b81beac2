import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import db, { type Store } from 'dynalite/db/index.js';
import { createTableClient, type TableClientOptions } from '#adapters/aws/dynamodb/client.ts';
import { createTableInput } from '#contract/table.ts';
import {
  deleteTableDefinition,
  hasTableWithIndexes,
  rebuildIndexes,
  waitForTable,
} from './embedded-table-indexes.ts';

export interface EmbeddedTableOptions {
  /** The folder that holds the data, made when it is not there; in memory when absent. */
  readonly path?: string;
  /** @default 'workbenches' */
  readonly tableName?: string;
}

/** A DynamoDB of one table inside this process, reachable by this process alone. */
export interface EmbeddedTable {
  readonly tableName: string;
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  /** For `createTableClient`: the endpoint, and the key without which every request is refused. */
  readonly clientOptions: TableClientOptions;
  /** Ends open connections and closes the data. Calls still under way are answered first, for at most 5 s. */
  close(): Promise<void>;
}

/** The folder is in use, by another process or by an earlier open of this one. */
export class DataDirectoryLocked extends Error {
  readonly code = 'data_directory_locked';

  constructor(path: string, cause: unknown) {
    super(`the data in ${path} is in use by another process: stop that one, or choose another folder`, {
      cause,
    });
    this.name = 'DataDirectoryLocked';
  }
}

/** Connections that have not ended by themselves this long after `close` are cut, in milliseconds. */
const CLOSE_TIMEOUT_MS = 5_000;

/**
 * One machine, one process: a slow answer means that it is busy, and starting again makes it busier. So time-outs
 * here are long, and only there to end what is stuck.
 */
const LOCAL_TIMEOUT_MS = 30_000;

/**
 * Opens the table, creating what is missing.
 * @throws DataDirectoryLocked when the folder is in use
 */
export async function openEmbeddedTable(options: EmbeddedTableOptions = {}): Promise<EmbeddedTable> {
  const { path, tableName = 'workbenches' } = options;
  if (path !== undefined) await mkdir(path, { recursive: true, mode: 0o700 });
  const { server, store } = createDynaliteServer(path);
  try {
    await store.db.open();
  } catch (error) {
    if (path !== undefined && isLocked(error)) throw new DataDirectoryLocked(path, error);
    throw error;
  }
  const accessKeyId = randomBytes(16).toString('hex');
  requireAccessKey(server, accessKeyId);
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
    await closeServer(server);
    throw error;
  }
  let closing: Promise<void> | undefined;
  return {
    tableName,
    endpoint,
    clientOptions,
    close() {
      closing ??= closeServer(server);
      return closing;
    },
  };
}

/** dynalite keeps its store to itself: it is taken note of as it is made. */
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
    if (store === undefined) throw new Error('dynalite has made no store');
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
 * dynalite answers anybody, pages of any origin included. Only requests signed with the key of this opening
 * are let through, so that neither a web page nor another user of the machine reads or writes the table.
 */
function requireAccessKey(server: Server, accessKeyId: string): void {
  const [answer] = server.listeners('request') as RequestListener[];
  if (answer === undefined) throw new Error('dynalite does not listen to requests');
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.headers.origin !== undefined || !isSignedWith(accessKeyId, request.headers.authorization)) {
      response.writeHead(403).end();
      request.resume();
      return;
    }
    answer(request, response);
    // It throws when a client hangs up, which would end the whole process.
    request.removeAllListeners('error');
    request.on('error', () => {});
  });
}

function isSignedWith(accessKeyId: string, authorization: string | undefined): boolean {
  const given = Buffer.from(/Credential=([^/,\s]*)\//.exec(authorization ?? '')?.[1] ?? '');
  const wanted = Buffer.from(accessKeyId);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
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

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    // A connection that was in use when the server closed stays open, idle, when its call has been answered.
    const idle = setInterval(() => server.closeIdleConnections(), 20);
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT_MS);
    server.close((error) => {
      clearInterval(idle);
      clearTimeout(cut);
      if (error) reject(error);
      else resolve();
    });
  });
}
