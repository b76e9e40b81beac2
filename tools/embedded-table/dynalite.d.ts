/** Types of the used parts of dynalite 4.0.0, which has none: its server and the store behind it. */

declare module 'dynalite' {
  import type { Server } from 'node:http';

  export interface DynaliteOptions {
    /** The folder of the LevelDB. In memory when absent. */
    readonly path?: string;
    /** How long a table stays in CREATING, milliseconds. */
    readonly createTableMs?: number;
  }

  export default function dynalite(options: DynaliteOptions): Server;
}

declare module 'dynalite/db/index.js' {
  import type { DynaliteOptions } from 'dynalite';

  export type Attributes = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

  interface Index {
    readonly IndexName: string;
  }

  export interface Table {
    readonly TableName: string;
    readonly GlobalSecondaryIndexes?: readonly Index[];
  }

  /** A write with its condition, as dynalite has parsed it. */
  export type Condition = Readonly<Record<string, unknown>>;

  type Done = (error?: Error | null) => void;

  export interface ItemDb {
    get(key: string, callback: (error: Error | null | undefined, item?: Attributes) => void): void;
    put(key: string, item: Attributes, done: Done): void;
    del(key: string, done: Done): void;
    /** Calls `locked` with all keys locked; they stay so until the function that `release` returns is called. */
    lock(keys: readonly string[], locked: (release: (then: () => void) => () => void) => void): void;
  }

  interface SubDb {
    put(key: string, value: unknown, callback: (error: Error | null) => void): void;
    del(key: string, callback: (error: Error | null) => void): void;
  }

  interface Range {
    readonly gte: string;
    readonly lt: string;
  }

  export interface Store {
    /** A LevelDB of `level` 10, or a database in memory. */
    readonly db: {
      open(): Promise<void>;
      close(): Promise<void>;
      clear(range: Range): Promise<void>;
      values(range: Range): AsyncIterable<Attributes>;
      batch(puts: readonly { type: 'put'; key: string; value: unknown }[]): Promise<void>;
    };
    readonly tableDb: SubDb;
    getItemDb(tableName: string): ItemDb;
    getTable(name: string, callback: (error: Error | null, table?: Table) => void): void;
  }

  interface IndexActions {
    readonly puts: readonly { readonly index: string; readonly key: string; readonly item: Attributes }[];
  }

  interface Db {
    /** `dynalite()` calls this once. */
    create(options: DynaliteOptions): Store;
    /** Returns the key of an item, below `item-<table>~`. */
    createKey(item: Attributes, table: Table): string;
    /** Returns an error if the condition fails. */
    checkConditional(data: Condition, existing: Attributes | undefined): Error | null | undefined;
    updateIndexes(
      store: Store,
      table: Table,
      existing: Attributes | null,
      item: Attributes | null,
      done: Done,
    ): void;
    getIndexActions(
      indexes: readonly Index[],
      existing: Attributes | null,
      item: Attributes,
      table: Table,
    ): IndexActions;
  }

  const db: Db;
  export default db;
}

declare module 'dynalite/validations/index.js' {
  import type { Store } from 'dynalite/db/index.js';

  interface Validations {
    checkTypes(data: object, types: object): object;
    /** Also parses the expressions. @throws Error with `statusCode` and `body` */
    checkValidations(data: object, types: object, custom: unknown, store: Store): void;
  }
  const validations: Validations;
  export default validations;
}

declare module 'dynalite/validations/putItem.js' {
  const validation: { readonly types: object; readonly custom: unknown };
  export default validation;
}

declare module 'dynalite/validations/updateItem.js' {
  const validation: { readonly types: object; readonly custom: unknown };
  export default validation;
}

declare module 'dynalite/validations/deleteItem.js' {
  const validation: { readonly types: object; readonly custom: unknown };
  export default validation;
}
