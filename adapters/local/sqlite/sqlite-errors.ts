import { PortError, type PortErrorKind } from '#core/ports/port-error.ts';

/** Primary result codes of SQLite: https://www.sqlite.org/rescode.html */
const BUSY = 5;
const LOCKED = 6;
const NOMEM = 7;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const PROTOCOL = 15;
const NOTADB = 26;

/** Extended result codes: a write, or the growth of the shared memory of the log, was refused. */
const IOERR_WRITE = 778;
const IOERR_SHMSIZE = 4874;

/** Failures of the file or of the computer → kind of PortError. Every other code is a bug of the controller. */
const FAILURES: ReadonlyMap<number, PortErrorKind> = new Map([
  [BUSY, 'throttled'],
  [LOCKED, 'throttled'],
  [PROTOCOL, 'throttled'],
  [NOMEM, 'unavailable'],
  [READONLY, 'unavailable'],
  [IOERR, 'unavailable'],
  [CORRUPT, 'unavailable'],
  [FULL, 'no_space'],
  [CANTOPEN, 'unavailable'],
  [NOTADB, 'unavailable'],
]);

/** Returns the primary result code, or undefined for an error of another origin. */
export function resultCodeOf(error: unknown): number | undefined {
  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown };
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? errcode & 0xff : undefined;
}

/** Whether the file or the computer failed, so that no statement of the transaction counts. */
export function isFailure(error: unknown): boolean {
  const code = resultCodeOf(error);
  return code !== undefined && FAILURES.has(code);
}

export function isLocked(error: unknown): boolean {
  return resultCodeOf(error) === BUSY;
}

/** Whether the disk is full, or the limit of the size of the file is reached. */
export function isFull(error: unknown): boolean {
  return resultCodeOf(error) === FULL;
}

/** Whether the file is not, or is no longer, a database. */
export function isDamage(error: unknown): boolean {
  const code = resultCodeOf(error);
  return code === CORRUPT || code === NOTADB;
}

/**
 * Whether the connection must not be used again. After a failed write or flush the pages in memory may differ from those
 * on the disk; a new connection reads them again.
 */
export function invalidatesConnection(error: unknown): boolean {
  return resultCodeOf(error) === IOERR || isDamage(error);
}

/**
 * Codes that SQLite also returns if a quota is used up, if there are no inodes left, or if the file system is read-only.
 * Their writes have no effect: SQLite ignores a transaction whose last page was not written. A failed flush is not among
 * them.
 */
function mayBeNoSpace(error: unknown): boolean {
  const code = resultCodeOf(error);
  if (code === READONLY || code === CANTOPEN) return true;
  return [IOERR_WRITE, IOERR_SHMSIZE].includes((error as { errcode: number }).errcode);
}

/**
 * Returns a PortError for a failure; every other error is a bug and returned as it is.
 * @param probe returns the error of the operating system if there is no space, else undefined
 */
export function toPortError(error: unknown, probe: () => Error | undefined): unknown {
  const code = resultCodeOf(error);
  const kind = code === undefined ? undefined : FAILURES.get(code);
  if (kind === undefined) return error;
  const { message } = error as Error;
  const noSpace = mayBeNoSpace(error) ? probe() : undefined;
  if (noSpace !== undefined)
    return new PortError('no_space', `sqlite: ${message}: ${noSpace.message}`, error);
  return new PortError(kind, `sqlite: ${message}`, error);
}
