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

/**
 * Failures of the file or of the computer → kind of PortError. Every other code is a bug of the controller. A full disk
 * is `unavailable`, although its write had no effect: an immediate retry would fail as well.
 */
const FAILURES: ReadonlyMap<number, PortErrorKind> = new Map([
  [BUSY, 'throttled'],
  [LOCKED, 'throttled'],
  [PROTOCOL, 'throttled'],
  [NOMEM, 'unavailable'],
  [READONLY, 'unavailable'],
  [IOERR, 'unavailable'],
  [CORRUPT, 'unavailable'],
  [FULL, 'unavailable'],
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

/** Returns a PortError for a failure; every other error is a bug and returned as it is. */
export function toPortError(error: unknown): unknown {
  const code = resultCodeOf(error);
  const kind = code === undefined ? undefined : FAILURES.get(code);
  if (kind === undefined) return error;
  const { message } = error as Error;
  return new PortError(kind, `sqlite: ${message}`, error);
}
