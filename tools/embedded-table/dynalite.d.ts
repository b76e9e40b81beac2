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

  type Attributes = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

  interface Index {
    readonly IndexName: string;
  }

  export interface Table {
    readonly TableName: string;
    readonly GlobalSecondaryIndexes?: readonly Index[];
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
