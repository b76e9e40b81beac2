import type { Telemetry } from '#core/ports/telemetry.ts';
import type { RecordFolder } from './state-files.ts';
import { pause, type Timers } from './timers.ts';

export interface RetriedRecordsOptions<T> {
  readonly records: Pick<RecordFolder<T>, 'open' | 'save' | 'remove'>;
  readonly idOf: (record: T) => string;
  readonly timers: Timers;
  readonly telemetry: Telemetry | undefined;
}

/** Time between two attempts to save what could not be saved, milliseconds. */
const RETRY_MS = 5000;

/**
 * Records whose changes are made in memory even if the disk is full, because something has to stop. A change that
 * could not be saved is saved again until it is on disk, unless a later change of the record is saved before.
 */
export class RetriedRecords<T> {
  readonly #options: RetriedRecordsOptions<T>;
  /** The last change of each record that is not on disk. */
  readonly #unsaved = new Map<string, T>();
  /** The last write of each record that is under way. */
  readonly #writes = new Map<string, Promise<unknown>>();
  readonly #closing = new AbortController();
  /** The repeated attempts, while a change is not on disk. */
  #retrying: Promise<void> | undefined;

  constructor(options: RetriedRecordsOptions<T>) {
    this.#options = options;
  }

  /** Returns the records on disk. */
  open(): Promise<readonly T[]> {
    return this.#options.records.open();
  }

  /**
   * Saves a new record. If that fails, the record does not exist, and it is not saved again.
   * @throws as `RecordFolder.save`
   */
  create(record: T): Promise<void> {
    return this.#inOrder(record, () => this.#options.records.save(record));
  }

  /** Saves a change of a record. Returns whether it is on disk. Otherwise it is saved again, later. */
  save(record: T): Promise<boolean> {
    return this.#inOrder(record, async () => {
      const id = this.#options.idOf(record);
      try {
        await this.#options.records.save(record);
        this.#unsaved.delete(id);
        return true;
      } catch (error) {
        if (!this.#unsaved.has(id))
          this.#options.telemetry?.error('a record cannot be saved and is saved again later', { id }, error);
        this.#unsaved.set(id, record);
        if (!this.#closing.signal.aborted) this.#retrying ??= this.#retry();
        return false;
      }
    });
  }

  /** Removes a record and a change of it that is not saved yet. */
  async remove(id: string): Promise<void> {
    await this.#writes.get(id);
    this.#unsaved.delete(id);
    await this.#options.records.remove(id);
  }

  /** Saves for the last time what is not on disk. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#retrying;
    await this.#saveUnsaved();
    for (const id of this.#unsaved.keys()) this.#options.telemetry?.error('a record was not saved', { id });
  }

  async #retry(): Promise<void> {
    while (this.#unsaved.size > 0 && !this.#closing.signal.aborted) {
      await pause(this.#options.timers, RETRY_MS, this.#closing.signal);
      if (!this.#closing.signal.aborted) await this.#saveUnsaved();
    }
    this.#retrying = undefined;
  }

  async #saveUnsaved(): Promise<void> {
    for (const [id, record] of [...this.#unsaved]) {
      await this.#inOrder(record, async () => {
        if (this.#unsaved.get(id) !== record) return;
        try {
          await this.#options.records.save(record);
        } catch {
          // It was reported when it failed first, and stays unsaved.
          return;
        }
        this.#unsaved.delete(id);
        this.#options.telemetry?.info('a record was saved that could not be saved before', { id });
      });
    }
  }

  /** Calls `write` when no other write of the record is under way: an older change must not follow a newer one. */
  #inOrder<Result>(record: T, write: () => Promise<Result>): Promise<Result> {
    const id = this.#options.idOf(record);
    const before = this.#writes.get(id) ?? Promise.resolve();
    const result = before.then(write, write);
    const done = result
      .catch(() => {
        // The caller gets the error.
      })
      .then(() => {
        if (this.#writes.get(id) === done) this.#writes.delete(id);
      });
    this.#writes.set(id, done);
    return result;
  }
}
