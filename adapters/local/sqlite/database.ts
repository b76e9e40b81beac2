import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { PortError } from '#core/ports/port-error.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { errorCode } from '../../system-error.ts';
import { probeSpace } from '../no-space.ts';
import { Connection, type JournalMode } from './connection.ts';
import { hasLog, markClosed, prepareDatabase, refuseDamaged, refuseEmpty } from './opening.ts';
import { MIGRATIONS, type Migration } from './schema.ts';
import { invalidatesConnection, isDamage, isFailure, toPortError } from './sqlite-errors.ts';

export interface DatabaseOptions {
  readonly telemetry: Telemetry;
  /** @default MIGRATIONS */
  readonly migrations?: readonly Migration[];
  /** The most writes in one transaction. @default 64 */
  readonly batchMax?: number;
  /** @default 'wal' */
  readonly journalMode?: 'wal' | 'delete';
  /** Whether a new database is created if there is none. @default true */
  readonly mayCreate?: boolean;
}

/** A write that waits for its transaction. `act` runs statements and must be synchronous. */
interface PendingWrite {
  readonly act: (connection: Connection) => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

type WriteOutcome = { readonly value: unknown } | { readonly error: unknown };

/**
 * A SQLite database of this process. Reads run at once, each on the state after the last commit. Writes of the same turn
 * of the event loop form one transaction, because a commit waits for the disk: when the promise of a write resolves, the
 * write is on the disk.
 *
 * The process must not open the files of the database in another way. A process that closes any descriptor of a file
 * loses its locks of that file: https://www.sqlite.org/howtocorrupt.html, section 2.2.
 */
export class Database {
  readonly #path: string;
  readonly #telemetry: Telemetry;
  readonly #batchMax: number;
  readonly #wantedJournal: 'wal' | 'delete';
  #connection: Connection | undefined;
  /** The connection before it, after a failure. It is closed when there is another one: see `#connect`. */
  #failedConnection: Connection | undefined;
  #queue: PendingWrite[] = [];
  #flush: NodeJS.Immediate | undefined;
  #closed = false;
  #damageReported = false;

  /**
   * Opens the database, creates it if it does not exist, checks it and migrates it.
   * @param path of the file in an existing folder, or `:memory:`
   * @throws DatabaseRefused when the file cannot be used; PortError when it cannot be read or written
   */
  constructor(path: string, options: DatabaseOptions) {
    const { telemetry, batchMax = 64, journalMode = 'wal' } = options;
    this.#path = path;
    this.#telemetry = telemetry;
    this.#batchMax = batchMax;
    this.#wantedJournal = journalMode;
    try {
      this.#connection = open(path, options);
    } catch (error) {
      if (isDamage(error)) throw refuseDamaged(path, (error as Error).message, error);
      throw toPortError(error, () => probeFolderOf(path));
    }
  }

  get journalMode(): JournalMode {
    return this.#connect().journalMode;
  }

  /** Runs statements that only read. @throws PortError */
  async read<T>(act: (connection: Connection) => T): Promise<T> {
    if (this.#closed) throw closedError();
    try {
      return act(this.#connect());
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /**
   * Runs statements in a transaction, together with the other writes of this turn. If `act` throws, only its own
   * statements are rolled back, and the promise is rejected with its error. Resolves after the commit.
   * @throws PortError
   */
  write<T>(act: (connection: Connection) => T): Promise<T> {
    if (this.#closed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      this.#queue.push({ act, resolve, reject });
      this.#scheduleFlush();
    });
  }

  /** Commits the waiting writes, refuses further calls, and closes the file. Further calls do nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    while (this.#queue.length > 0) this.#commitNext();
    this.#closed = true;
    if (this.#flush !== undefined) clearImmediate(this.#flush);
    try {
      markClosed(this.#connect());
    } catch (error) {
      throw this.#fail(error);
    } finally {
      this.#closeConnections();
    }
  }

  #scheduleFlush(): void {
    this.#flush ??= setImmediate(() => {
      this.#flush = undefined;
      this.#commitNext();
      // The next batch waits for the requests that have arrived meanwhile.
      if (this.#queue.length > 0) this.#scheduleFlush();
    });
  }

  #commitNext(): void {
    const writes = this.#queue.splice(0, this.#batchMax);
    let outcomes: readonly WriteOutcome[];
    try {
      outcomes = commitTogether(this.#connect(), writes);
    } catch (error) {
      const failure = this.#fail(error);
      for (const { reject } of writes) reject(failure);
      return;
    }
    for (const [index, outcome] of outcomes.entries()) {
      const { resolve, reject } = writes[index] as PendingWrite;
      if ('error' in outcome) reject(outcome.error);
      else resolve(outcome.value as never);
    }
  }

  #connect(): Connection {
    if (this.#connection === undefined) {
      // SQLite would create an empty file.
      if (this.#path !== ':memory:' && !existsSync(this.#path))
        throw new PortError('unavailable', `${this.#path} no longer exists`);
      // Without a connection SQLite deletes its shared memory, and it cannot read before it has written that again. So
      // reads continue on a disk that refuses writes.
      this.#connection = new Connection(this.#path, this.#wantedJournal);
      this.#failedConnection?.close();
      this.#failedConnection = undefined;
    }
    return this.#connection;
  }

  #closeConnections(): void {
    for (const connection of [this.#failedConnection, this.#connection]) connection?.close();
    this.#failedConnection = undefined;
    this.#connection = undefined;
  }

  /** Returns the error to throw. */
  #fail(error: unknown): unknown {
    if (isDamage(error) && !this.#damageReported) {
      this.#damageReported = true;
      this.#telemetry.error('the database is damaged', { file: this.#path }, error);
    }
    if (invalidatesConnection(error)) {
      this.#failedConnection ??= this.#connection;
      this.#connection = undefined;
    }
    return toPortError(error, () => probeFolderOf(this.#path));
  }
}

function open(path: string, options: DatabaseOptions): Connection {
  const { telemetry, migrations = MIGRATIONS, journalMode = 'wal', mayCreate = true } = options;
  const hadLog = hasLog(path);
  if (path !== ':memory:') {
    if (mayCreate) createPrivateFile(path);
    else if (!(statSync(path, { throwIfNoEntry: false })?.size ?? 0)) throw refuseEmpty(path);
  }
  const connection = new Connection(path, journalMode);
  try {
    prepareDatabase(connection, { path, hadLog, mayCreate }, migrations, telemetry);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** SQLite would create the file with mode 0644. Its other files get the mode of this one. */
function createPrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** @throws the error of a failure that concerns all writes; the transaction is rolled back */
function commitTogether(connection: Connection, writes: readonly PendingWrite[]): readonly WriteOutcome[] {
  connection.exec('BEGIN IMMEDIATE');
  try {
    const outcomes = writes.map(({ act }) => runInSavepoint(connection, act));
    connection.exec('COMMIT');
    return outcomes;
  } catch (error) {
    if (connection.isInTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

function runInSavepoint(connection: Connection, act: PendingWrite['act']): WriteOutcome {
  connection.exec('SAVEPOINT one_write');
  try {
    const value = act(connection);
    connection.exec('RELEASE one_write');
    return { value };
  } catch (error) {
    if (isFailure(error)) throw error;
    connection.exec('ROLLBACK TO one_write; RELEASE one_write');
    return { error };
  }
}

function probeFolderOf(path: string): Error | undefined {
  return path === ':memory:' ? undefined : probeSpace(dirname(path));
}

function closedError(): PortError {
  return new PortError('unavailable', 'the database is closed');
}
