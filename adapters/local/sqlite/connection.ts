import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

/**
 * How long a statement waits for a lock of another process, milliseconds. It blocks this process, and only a program
 * that the user starts on the file has such a lock.
 */
const BUSY_TIMEOUT_MS = 1_000;

/**
 * Settings of each connection. `fullfsync` makes a flush durable on macOS, where fsync alone is not. `mmap_size` is 0
 * because a failing disk would end the process with SIGBUS.
 */
export const CONNECTION_PRAGMAS: Readonly<Record<string, string | number>> = {
  synchronous: 'FULL',
  fullfsync: 1,
  checkpoint_fullfsync: 1,
  busy_timeout: BUSY_TIMEOUT_MS,
  cell_size_check: 1,
  trusted_schema: 0,
  temp_store: 'MEMORY',
  mmap_size: 0,
};

/** `wal`, or `delete` on file systems without shared memory between processes (NFS, 9p), and `memory` without a file. */
export type JournalMode = 'wal' | 'delete' | 'memory';

/** A connection to a SQLite database. It prepares each statement once. */
export class Connection {
  readonly journalMode: JournalMode;
  readonly #sqlite: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * @param path of the file, or `:memory:`
   * @param mode the journal mode to ask for, which the file system may not have. `read-only` keeps that of the file, and
   * leaves a write-ahead log as it is when it is closed. `untouched` ignores the log, and creates no file and no lock.
   */
  constructor(path: string, mode: 'wal' | 'delete' | 'read-only' | 'untouched' = 'wal') {
    const readOnly = mode === 'read-only' || mode === 'untouched';
    this.#sqlite = new DatabaseSync(mode === 'untouched' ? toImmutableUrl(path) : path, { readOnly });
    try {
      for (const [name, value] of Object.entries(CONNECTION_PRAGMAS))
        this.#sqlite.exec(`PRAGMA ${name} = ${value}`);
      this.journalMode = this.pragma(readOnly ? 'journal_mode' : `journal_mode = ${mode}`) as JournalMode;
    } catch (error) {
      this.#sqlite.close();
      throw error;
    }
  }

  /** Whether a transaction is open. SQLite itself ends one after some errors. */
  get isInTransaction(): boolean {
    return this.#sqlite.isTransaction;
  }

  /** Returns the first row. The tables are STRICT, so the columns have the types of `Row`. */
  get<Row extends object>(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined;
  }

  all<Row extends object>(sql: string, ...values: readonly SQLInputValue[]): Row[] {
    return this.#prepare(sql).all(...values) as Row[];
  }

  /** Returns the number of changed rows. */
  run(sql: string, ...values: readonly SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  exec(sql: string): void {
    this.#sqlite.exec(sql);
  }

  /** Returns the value of a pragma. */
  pragma(text: string): unknown {
    const row = this.#sqlite.prepare(`PRAGMA ${text}`).get();
    return row === undefined ? undefined : Object.values(row)[0];
  }

  close(): void {
    this.#statements.clear();
    this.#sqlite.close();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#sqlite.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** https://www.sqlite.org/uri.html#uriimmutable */
function toImmutableUrl(path: string): URL {
  const url = pathToFileURL(path);
  url.search = '?immutable=1&mode=ro';
  return url;
}
