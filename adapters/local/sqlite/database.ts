import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { PortError } from '#core/ports/port-error.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { errorCode } from '../../system-error.ts';
import { probeSpace } from '../no-space.ts';
import { Connection, type JournalMode } from './connection.ts';
import { hasLog, markClosed, prepareDatabase, refuseDamaged, refuseEmpty, refuseForeign } from './opening.ts';
import { Reserve, type ReserveOptions } from './reserve.ts';
import { MIGRATIONS, type Migration } from './schema.ts';
import { invalidatesConnection, isDamage, isFailure, isFull, toPortError } from './sqlite-errors.ts';

export interface DatabaseOptions {
  readonly telemetry: Telemetry;
  /** @default MIGRATIONS */
  readonly migrations?: readonly Migration[];
  /** The most writes in one transaction. @default 64 */
  readonly batchMax?: number;
  /** @default 'wal' */
  readonly journalMode?: 'wal' | 'delete';
  /** Keeps space for necessary writes, see `Reserve`. Absent: no reserve, as for tools that write once. */
  readonly reserve?: ReserveOptions;
  /** Whether a new database is created if there is none. @default true */
  readonly mayCreate?: boolean;
}

/**
 * `growing`: the write adds something that nothing else needs, such as a new workbench. It is refused while only the
 * reserve has space. All others are necessary: they replace or delete something, or complete what has begun.
 */
export type WriteKind = 'growing' | 'necessary';

/** A write that waits for its transaction. `act` runs statements and must be synchronous. */
interface PendingWrite {
  readonly act: (connection: Connection) => unknown;
  readonly kind: WriteKind;
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
  readonly #reserveOptions: ReserveOptions | undefined;
  #connection: Connection | undefined;
  /** The connection before it, after a failure. It is closed when there is another one: see `#connect`. */
  #failedConnection: Connection | undefined;
  #reserve: Reserve | undefined;
  #queue: PendingWrite[] = [];
  #flush: NodeJS.Immediate | undefined;
  #closed = false;
  #damageReported = false;

  /**
   * Opens the database, creates it if it does not exist, checks it and migrates it.
   * @param path of the file in an existing folder, or `:memory:`
   * @throws DatabaseRefused when the file cannot be used; PortError when it cannot be read or written, or `no_space` when
   * there is no space for the reserve
   */
  constructor(path: string, options: DatabaseOptions) {
    const { telemetry, batchMax = 64, journalMode = 'wal', reserve } = options;
    this.#path = path;
    this.#telemetry = telemetry;
    this.#batchMax = batchMax;
    this.#wantedJournal = journalMode;
    this.#reserveOptions = reserve;
    try {
      this.#connection = open(path, options);
      if (reserve !== undefined) this.#reserve = openReserve(this.#connection, reserve);
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
   * statements are rolled back, and the promise is rejected with its error. Resolves after the commit. `act` is called
   * again if the transaction is repeated.
   * @throws PortError; `no_space` also for a growing write while only the reserve has space
   */
  write<T>(act: (connection: Connection) => T, kind: WriteKind = 'necessary'): Promise<T> {
    if (this.#closed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      this.#queue.push({ act, kind, resolve, reject });
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
    let writes = this.#queue.splice(0, this.#batchMax);
    let outcomes: readonly WriteOutcome[];
    try {
      const connection = this.#connect();
      if (!(this.#reserve?.refill() ?? true)) writes = refuseGrowing(writes);
      outcomes = writes.length === 0 ? [] : commitTogether(connection, writes);
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
      if (this.#reserveOptions !== undefined)
        this.#reserve = reopenReserve(this.#connection, this.#reserveOptions);
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
    const thrown = toPortError(error, () => probeFolderOf(this.#path));
    // Want of space does not invalidate it, and closing it would give up the log, whose space is reserved.
    const hasNoSpace = thrown instanceof PortError && thrown.kind === 'no_space';
    if (invalidatesConnection(error) && !hasNoSpace) {
      this.#failedConnection ??= this.#connection;
      this.#connection = undefined;
    }
    return thrown;
  }
}

function open(path: string, options: DatabaseOptions): Connection {
  const { telemetry, migrations = MIGRATIONS, journalMode = 'wal', mayCreate = true } = options;
  const hadLog = hasLog(path);
  if (path !== ':memory:') {
    if (mayCreate) createPrivateFile(path);
    else if (!(statSync(path, { throwIfNoEntry: false })?.size ?? 0)) throw refuseEmpty(path);
    refuseForeign(path);
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
  try {
    return commitOnce(connection, writes);
  } catch (error) {
    if (!isFull(error)) throw error;
    // SQLite begins the log anew only after a commit. A reader, such as a backup, may have kept it from that so far.
    connection.pragma('wal_checkpoint(PASSIVE)');
    return commitOnce(connection, writes);
  }
}

function commitOnce(connection: Connection, writes: readonly PendingWrite[]): readonly WriteOutcome[] {
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

/** Rejects the growing writes and returns the others. */
function refuseGrowing(writes: readonly PendingWrite[]): PendingWrite[] {
  for (const { kind, reject } of writes)
    if (kind === 'growing') reject(new PortError('no_space', 'sqlite: only the reserve has space'));
  return writes.filter(({ kind }) => kind === 'necessary');
}

/** @throws PortError `no_space`, an error of SQLite; the connection is closed then */
function openReserve(connection: Connection, options: ReserveOptions): Reserve {
  const reserve = new Reserve(connection, options);
  try {
    reserve.fill();
    return reserve;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Reads and writes continue without a full reserve. */
function reopenReserve(connection: Connection, options: ReserveOptions): Reserve {
  const reserve = new Reserve(connection, options);
  try {
    reserve.fill();
  } catch (error) {
    if (!(error instanceof PortError) && !isFailure(error)) throw error;
  }
  return reserve;
}

function probeFolderOf(path: string): Error | undefined {
  return path === ':memory:' ? undefined : probeSpace(dirname(path));
}

function closedError(): PortError {
  return new PortError('unavailable', 'the database is closed');
}
