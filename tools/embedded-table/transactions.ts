import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import db, {
  type Attributes,
  type Condition,
  type ItemDb,
  type Store,
  type Table,
} from 'dynalite/db/index.js';
import deleteValidation from 'dynalite/validations/deleteItem.js';
import validations from 'dynalite/validations/index.js';
import putValidation from 'dynalite/validations/putItem.js';
import updateValidation from 'dynalite/validations/updateItem.js';

/**
 * TransactWriteItems, which dynalite does not have: `Put`, `Delete`, `ConditionCheck` and `Update` of one table. An `Update` sets
 * whole attributes to given values and removes attributes. A transaction locks
 * its items in the way dynalite's own writes do, so that it has its effect at one moment. It waits for a lock where
 * DynamoDB would cancel it with `TransactionConflict`.
 */
export class Transactions {
  readonly #store: Store;
  /** The client tokens of transactions that had their effect. DynamoDB knows them for ten minutes. */
  readonly #done = new Set<string>();

  constructor(store: Store) {
    this.#store = store;
  }

  isTransaction(request: IncomingMessage): boolean {
    return String(request.headers['x-amz-target']).endsWith('.TransactWriteItems');
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { statusCode, body } = await this.#respondTo(await text(request));
    response.writeHead(statusCode, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(body));
  }

  async #respondTo(requestBody: string): Promise<{ statusCode: number; body: unknown }> {
    try {
      const { TransactItems: items, ClientRequestToken: token } = JSON.parse(
        requestBody,
      ) as TransactionRequest;
      if (this.#done.has(token)) return { statusCode: 200, body: {} };
      const writes = items.map((item) => parseItem(item, this.#store));
      const table = await findTable(this.#store, writes[0]?.data.TableName ?? '');
      const failed = await this.#execute(writes, table);
      if (failed.includes(true)) return { statusCode: 400, body: cancellation(failed) };
      this.#done.add(token);
      return { statusCode: 200, body: {} };
    } catch (error) {
      const { statusCode, body } = error as { statusCode?: number; body?: unknown };
      if (statusCode === undefined) throw error;
      return { statusCode, body };
    }
  }

  /** Returns for each write whether its condition failed. Writes nothing if one did. */
  #execute(writes: readonly Write[], table: Table): Promise<readonly boolean[]> {
    const items = this.#store.getItemDb(table.TableName);
    const keyed = writes.map((write) => ({ ...write, key: db.createKey(write.attributes, table) }));
    return new Promise((resolve, reject) => {
      items.lock(
        keyed.map(({ key }) => key),
        (release) => {
          const end = release(() => {});
          this.#executeLocked(keyed, table, items).then(resolve, reject).finally(end);
        },
      );
    });
  }

  async #executeLocked(
    writes: readonly (Write & { readonly key: string })[],
    table: Table,
    items: ItemDb,
  ): Promise<readonly boolean[]> {
    const existing = await Promise.all(writes.map(({ key }) => readItem(items, key)));
    const failed = writes.map(({ data }, index) => db.checkConditional(data, existing[index]) != null);
    if (failed.includes(true)) return failed;
    // Before the first write, because an update that is not supported must have no effect.
    const after = writes.map((write, index) => itemAfter(write, existing[index]));
    for (const [index, { kind, key }] of writes.entries()) {
      if (kind === 'check') continue;
      const item = after[index] ?? null;
      await call((done) => db.updateIndexes(this.#store, table, existing[index] ?? null, item, done));
      await call((done) => (item === null ? items.del(key, done) : items.put(key, item, done)));
    }
    return failed;
  }
}

interface TransactionRequest {
  readonly ClientRequestToken: string;
  readonly TransactItems: readonly Readonly<Record<string, Readonly<Record<string, unknown>>>>[];
}

interface Write {
  readonly kind: 'put' | 'delete' | 'check' | 'update';
  readonly data: Condition & {
    readonly TableName: string;
    readonly _updates?: { readonly sections: readonly UpdateSection[] };
  };
  /** The item to put, or the key. */
  readonly attributes: Attributes;
}

/** A part of an update expression, as dynalite has parsed it. */
interface UpdateSection {
  readonly type: string;
  readonly path: readonly (string | number)[];
  readonly val?: Attributes[string];
}

/** Returns the item after a write; null after its deletion. */
function itemAfter({ kind, data, attributes }: Write, existing: Attributes | undefined): Attributes | null {
  if (kind === 'put') return attributes;
  if (kind !== 'update') return null;
  const item: Record<string, Attributes[string]> = { ...attributes, ...existing };
  for (const { type, path, val } of data._updates?.sections ?? []) {
    const [name, ...deeper] = path;
    if (deeper.length > 0) throw notSupported(`the path ${path.join('.')}`);
    if (type === 'remove') delete item[String(name)];
    else if (type === 'set' && val !== undefined && !Array.isArray(val) && !('type' in val)) {
      item[String(name)] = val;
    } else throw notSupported(type);
  }
  return item;
}

/** Is sent as a response, since a client repeats a request that gets none. */
function notSupported(what: string): Error {
  const message = `the embedded table does not support ${what} in a transaction`;
  const body = { __type: 'com.amazon.coral.validate#ValidationException', message };
  return Object.assign(new Error(message), { statusCode: 400, body });
}

/** Parses the expressions of an item of a transaction as dynalite does those of a single write. */
function parseItem(item: TransactionRequest['TransactItems'][number], store: Store): Write {
  const { Put, Delete, ConditionCheck, Update } = item;
  const [kind, given, { types, custom }] =
    Put !== undefined
      ? (['put', Put, putValidation] as const)
      : Update !== undefined
        ? (['update', Update, updateValidation] as const)
        : ([Delete === undefined ? 'check' : 'delete', Delete ?? ConditionCheck, deleteValidation] as const);
  if (given === undefined) throw notSupported(Object.keys(item).join(', '));
  const data = validations.checkTypes(given, types) as Write['data'] & {
    Item?: Attributes;
    Key?: Attributes;
  };
  validations.checkValidations(data, types, custom, store);
  return { kind, data, attributes: data.Item ?? data.Key ?? {} };
}

function cancellation(failed: readonly boolean[]) {
  const reasons = failed.map((isFailed) => ({ Code: isFailed ? 'ConditionalCheckFailed' : 'None' }));
  const codes = reasons.map(({ Code }) => Code).join(', ');
  return {
    __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
    message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    CancellationReasons: reasons,
  };
}

function readItem(items: ItemDb, key: string): Promise<Attributes | undefined> {
  return new Promise((resolve, reject) => {
    items.get(key, (error, item) => {
      if (error !== null && error !== undefined && error.name !== 'NotFoundError') reject(error);
      else resolve(item);
    });
  });
}

function findTable(store: Store, name: string): Promise<Table> {
  return new Promise((resolve, reject) => {
    store.getTable(name, (error, table) => (table === undefined ? reject(error) : resolve(table)));
  });
}

function call(act: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => act((error) => (error ? reject(error) : resolve())));
}
