import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { Connection } from './connection.ts';
import { createEmptyFile, DRAFT_SUFFIX, flush, removeWithSideFiles } from './files.ts';
import { APPLICATION_ID, type Migration } from './schema.ts';
import { isDamage } from './sqlite-errors.ts';

/**
 * Why a file cannot be used. `foreign`: it is the database of another program; `empty`: it is missing or has no tables,
 * although records are expected.
 */
export type DatabaseRefusalReason = 'damaged' | 'foreign' | 'newer_version' | 'empty';

/** The file cannot be used as it is. Nothing was changed in it. */
export class DatabaseRefused extends Error {
  readonly reason: DatabaseRefusalReason;

  constructor(reason: DatabaseRefusalReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'DatabaseRefused';
    this.reason = reason;
  }
}

/** The number of copies from before a migration that are kept. */
const COPIES_KEPT = 3;

/** While the file is open, `meta` contains the journal mode under this name. */
const OPEN_MARKER = 'opened_with_journal';

export interface OpenedFile {
  readonly path: string;
  /** Whether the write-ahead log existed before the file was opened. */
  readonly hadLog: boolean;
  /** Whether a new database is created in an empty file. */
  readonly mayCreate: boolean;
}

/**
 * Checks a database that was just opened, migrates it to the newest version, and marks it as open.
 * @throws DatabaseRefused; an error of SQLite, also if the file is damaged
 */
export function prepareDatabase(
  connection: Connection,
  { path, hadLog, mayCreate }: OpenedFile,
  migrations: readonly Migration[],
  telemetry: Telemetry,
): void {
  const version = readVersion(connection, path, migrations.length);
  if (version === 0 && !mayCreate) throw refuseEmpty(path);
  const openedWith = version === 0 ? undefined : readOpenMarker(connection);
  checkStructure(connection, path, { complete: openedWith !== undefined });
  if (openedWith === 'wal' && !hadLog) {
    telemetry.error('the write-ahead log was deleted; the last changes may be lost', {
      file: `${path}-wal`,
    });
  }
  migrate(connection, path, version, migrations);
  markOpen(connection);
}

/** Marks the database as closed, so that the next opening needs no complete check. */
export function markClosed(connection: Connection): void {
  connection.run('DELETE FROM meta WHERE name = ?', OPEN_MARKER);
  connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
}

/** The marker is in the database file itself, not only in the log, so that a deleted log is noticed. */
function markOpen(connection: Connection): void {
  connection.run(
    'INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)',
    OPEN_MARKER,
    connection.journalMode,
  );
  connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
}

function readOpenMarker(connection: Connection): string | undefined {
  return connection.get<{ value: string }>('SELECT value FROM meta WHERE name = ?', OPEN_MARKER)?.value;
}

/**
 * Opening a database for writing changes its journal mode, which its program may not expect. So this is checked before,
 * with what the file itself has; its log may have more. A checkpoint or a transaction that was interrupted leaves a file
 * that only its log or its rollback journal makes complete, so that damage of such a file is ignored here.
 * @throws DatabaseRefused when the file belongs to another program; an error of SQLite
 */
export function refuseForeign(path: string): void {
  let connection: Connection | undefined;
  try {
    connection = new Connection(path, 'untouched');
    assertOurs(connection, path);
  } catch (error) {
    if (!(isDamage(error) && (hasLog(path) || existsSync(`${path}-journal`)))) throw error;
  } finally {
    connection?.close();
  }
}

/**
 * Returns the version of the schema; 0 for an empty file.
 * @throws DatabaseRefused when the file belongs to another program or a newer version
 */
export function readVersion(connection: Connection, path: string, newest: number): number {
  assertOurs(connection, path);
  const version = Number(connection.pragma('user_version'));
  if (version > newest) {
    throw new DatabaseRefused(
      'newer_version',
      `${path} was written by a newer version of the controller (schema ${version}; this version knows ${newest})`,
    );
  }
  return version;
}

function assertOurs(connection: Connection, path: string): void {
  const id = Number(connection.pragma('application_id'));
  if (id === APPLICATION_ID) return;
  const version = Number(connection.pragma('user_version'));
  const tables = connection.get<{ n: number }>('SELECT count(*) AS n FROM sqlite_schema')?.n ?? 0;
  if (id !== 0 || version !== 0 || tables !== 0)
    throw new DatabaseRefused('foreign', `${path} is the database of another program`);
}

/**
 * The quick check finds damaged pages and rows. Only the complete check compares the indexes with the rows, and takes
 * several times as long; it runs if the process did not close the file, as after a power failure.
 * @throws DatabaseRefused
 */
export function checkStructure(
  connection: Connection,
  path: string,
  { complete }: { readonly complete: boolean },
): void {
  const problem = connection.pragma(complete ? 'integrity_check(1)' : 'quick_check(1)');
  if (problem !== 'ok') throw refuseDamaged(path, String(problem));
}

export function refuseEmpty(path: string): DatabaseRefused {
  return new DatabaseRefused('empty', `${path} is missing or empty`);
}

export function refuseDamaged(path: string, problem: string, cause?: unknown): DatabaseRefused {
  return new DatabaseRefused('damaged', `${path} is damaged (${problem})`, cause);
}

/** Runs the pending migrations in one transaction, after a copy of the file was written to `backups/`. */
function migrate(
  connection: Connection,
  path: string,
  version: number,
  migrations: readonly Migration[],
): void {
  if (version === migrations.length) return;
  if (version > 0) copyBeforeMigration(connection, path, migrations.length);
  connection.exec('BEGIN IMMEDIATE');
  try {
    for (const migration of migrations.slice(version)) connection.exec(migration);
    connection.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}`);
    connection.exec('COMMIT');
  } catch (error) {
    if (connection.isInTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

function copyBeforeMigration(connection: Connection, path: string, newest: number): void {
  if (path === ':memory:') return;
  const folder = join(dirname(path), 'backups');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const prefix = `${basename(path, '.db')}-before-version-`;
  const copy = join(folder, `${prefix}${newest}.db`);
  const draft = `${copy}${DRAFT_SUFFIX}`;
  try {
    createEmptyFile(draft);
    connection.run('VACUUM INTO ?', draft);
    flush(draft);
    renameSync(draft, copy);
    flush(folder);
  } finally {
    removeWithSideFiles(draft);
  }
  const versionOf = (name: string) => Number(name.slice(prefix.length, -'.db'.length));
  const copies = readdirSync(folder).filter((name) => name.startsWith(prefix) && name.endsWith('.db'));
  const old = copies.sort((a, b) => versionOf(b) - versionOf(a)).slice(COPIES_KEPT);
  for (const name of old) rmSync(join(folder, name));
}

/** Whether the write-ahead log of a database file exists. */
export function hasLog(path: string): boolean {
  return existsSync(`${path}-wal`);
}
