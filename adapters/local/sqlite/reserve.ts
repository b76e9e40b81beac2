import { PortError } from '#core/ports/port-error.ts';
import type { Connection } from './connection.ts';
import { deleteSomeExpiredRows } from './expired-rows.ts';
import { toPortError } from './sqlite-errors.ts';

/** The number of free pages in the database that growing writes leave to necessary ones: 2 MiB. */
export const RESERVE_PAGES = 512;

/** The number of pages by which the database grows at a time. */
const STEP_PAGES = 256;

/** SQLite begins the log anew after it has this many pages, in the first commit that finds them all in the database. */
const LOG_RESTART_PAGES = 1000;

/** The length of the log that needs no more space: the pages until it begins anew, and one large transaction. */
const LOG_PAGES = 1500;

/** The space that a new database needs for its reserve. */
export const RESERVE_BYTES = 4096 * (RESERVE_PAGES + STEP_PAGES + LOG_PAGES);

/** Large values are stored in pages of their own, which have four bytes less for them. */
const PAGE_HEADER_BYTES = 4;

/** The name of a value in `meta` that allocates pages for a moment. */
const FILLER = 'filler';

export interface ReserveOptions {
  readonly probe: SpaceProbe;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Writes something of this size beside the database and removes it. Returns the error if there is no space for it. */
export type SpaceProbe = (bytes: number) => Error | undefined;

/**
 * Space that a database keeps for the writes without which nothing can be stopped or deleted: free pages in its file, and
 * a log that is long enough. Both are allocated on the disk, so that no other program can take them. The database grows
 * only here, after a probe, because a page that is in the log alone would keep the log from beginning anew on a full disk.
 * On file systems that never overwrite a block (btrfs, ZFS) even these writes need space.
 */
export class Reserve {
  readonly #connection: Connection;
  readonly #options: ReserveOptions;
  readonly #pageBytes: number;

  constructor(connection: Connection, options: ReserveOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#pageBytes = Number(connection.pragma('page_size'));
  }

  /**
   * Fills the reserve of a connection that was just opened, and limits the database to its size.
   * @throws PortError `no_space`; an error of SQLite
   */
  fill(): void {
    const isLogged = this.#connection.journalMode === 'wal';
    try {
      removeFiller(this.#connection);
      const missing = Math.max(0, RESERVE_PAGES + STEP_PAGES - this.#countFreePages());
      const noSpace = this.#options.probe((missing + (isLogged ? LOG_PAGES : 0)) * this.#pageBytes);
      if (noSpace !== undefined) throw new PortError('no_space', noSpace.message, noSpace);
      if (missing > 0) this.#allocate(missing);
      if (isLogged) this.#lengthenLog();
    } finally {
      this.#limitSize();
    }
  }

  /**
   * Fills the reserve if it is used up in part, and deletes what has expired if there is no space for that. Returns
   * whether it is full, so that writes that make the database larger may use the pages beyond it.
   */
  refill(): boolean {
    if (this.#countMissingPages() <= 0) return true;
    const connection = this.#connection;
    try {
      // The log begins anew, so that it has space for what follows.
      connection.pragma('wal_checkpoint(PASSIVE)');
      removeFiller(connection);
      const missing = this.#countMissingPages();
      if (missing <= 0 || this.#grow(missing + STEP_PAGES)) return true;
      deleteSomeExpiredRows(connection, this.#options.now());
    } catch (error) {
      // The writes that wait may need less space.
      if (!this.#isForNoSpace(error)) throw error;
      return false;
    }
    return this.#countMissingPages() <= 0;
  }

  /** Returns whether there was space. */
  #grow(pages: number): boolean {
    if (this.#options.probe(pages * this.#pageBytes) !== undefined) return false;
    try {
      this.#allocate(pages);
      return true;
    } catch (error) {
      // Another program took the space since the probe.
      if (!this.#isForNoSpace(error)) throw error;
      removeFiller(this.#connection);
      return false;
    } finally {
      this.#limitSize();
    }
  }

  #isForNoSpace(error: unknown): boolean {
    const failure = toPortError(error, () => this.#options.probe(this.#pageBytes));
    return failure instanceof PortError && failure.kind === 'no_space';
  }

  #countMissingPages(): number {
    return RESERVE_PAGES - this.#countFreePages();
  }

  #countFreePages(): number {
    return (
      this.#connection.get<{ n: number }>('SELECT freelist_count AS n FROM pragma_freelist_count')?.n ?? 0
    );
  }

  /** Adds free pages to the file. The checkpoints begin the log anew, and write the pages to the file. */
  #allocate(pages: number): void {
    const connection = this.#connection;
    const free = this.#countFreePages();
    connection.pragma('wal_checkpoint(PASSIVE)');
    connection.pragma(`max_page_count = ${Number(connection.pragma('page_count')) + pages}`);
    this.#fillAndFree(free + pages);
    connection.pragma('wal_checkpoint(PASSIVE)');
  }

  /** Writes the same pages until the log is long enough. A database from which much was deleted has more free pages. */
  #lengthenLog(): void {
    const connection = this.#connection;
    const pages = Math.min(this.#countFreePages(), RESERVE_PAGES + STEP_PAGES);
    connection.pragma('wal_autocheckpoint = 0');
    try {
      for (let written = 0; written < LOG_PAGES; written += pages) this.#fillAndFree(pages);
    } finally {
      connection.pragma(`wal_autocheckpoint = ${LOG_RESTART_PAGES}`);
    }
    connection.pragma('wal_checkpoint(PASSIVE)');
  }

  #fillAndFree(pages: number): void {
    // Some pages are not for the value: the row itself, and those that list free pages.
    const bytes = Math.floor(pages * 0.99) * (this.#pageBytes - PAGE_HEADER_BYTES);
    this.#connection.run(
      `INSERT OR REPLACE INTO meta (name, value) VALUES ('${FILLER}', CAST(zeroblob(?) AS TEXT))`,
      bytes,
    );
    removeFiller(this.#connection);
  }

  #limitSize(): void {
    this.#connection.pragma(`max_page_count = ${this.#connection.pragma('page_count')}`);
  }
}

/** The value stays if the process was killed, or if the statement that deletes it failed. */
function removeFiller(connection: Connection): void {
  connection.run('DELETE FROM meta WHERE name = ?', FILLER);
}
