import type { Timers } from '#adapters/local/timers.ts';
import { ageOf, type Moment, momentOf } from '#core/ports/clock.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { readInTime } from './read-in-time.ts';

export interface WorkbenchRecordsOptions {
  readonly workbenches: Pick<WorkbenchStore, 'findByWorkbenchId' | 'read'>;
  readonly timers: Timers;
  /** How long the record of a running workbench is used after its read began, milliseconds. A page may load hundreds of files. @default 1,000 */
  readonly cacheTtlMs?: number;
  /** Cached records. The oldest is evicted. @default 500 */
  readonly capacity?: number;
  /** How long a read may take, milliseconds. @default 2,000 */
  readonly readTimeoutMs?: number;
}

interface CacheEntry {
  readonly readAt: Moment;
  readonly record: Promise<Workbench | undefined>;
}

/**
 * Reads the records of workbenches. An address is used for at most a second after the read of its record began, because a
 * stopped task's address may then belong to the task of another user.
 */
export class WorkbenchRecords {
  readonly #options: Required<WorkbenchRecordsOptions>;
  readonly #cache = new Map<string, CacheEntry>();

  constructor(options: WorkbenchRecordsOptions) {
    this.#options = { cacheTtlMs: 1000, capacity: 500, readTimeoutMs: 2000, ...options };
  }

  /**
   * Returns the record; undefined if there is no such workbench.
   * @throws PortError when it cannot be read in time, and the errors of the store
   */
  async find(workbenchId: string): Promise<Workbench | undefined> {
    const { timers, cacheTtlMs, readTimeoutMs } = this.#options;
    const cached = this.#cache.get(workbenchId);
    const isFresh = cached !== undefined && ageOf(cached.readAt, timers) < cacheTtlMs;
    const entry = isFresh ? cached : this.#beginRead(workbenchId);
    const record = await entry.record;
    // A process that was suspended during the read continues with a stale record.
    if (ageOf(entry.readAt, timers) <= readTimeoutMs) return record;
    throw new PortError('unavailable', 'the record of a workbench took too long to read');
  }

  /** Removes a cached record, so that the next request reads it again. */
  invalidate(workbenchId: string): void {
    this.#cache.delete(workbenchId);
  }

  #beginRead(workbenchId: string): CacheEntry {
    const entry = { readAt: momentOf(this.#options.timers), record: this.#readInTime(workbenchId) };
    this.#cache.delete(workbenchId);
    this.#cache.set(workbenchId, entry);
    const evict = () => {
      if (this.#cache.get(workbenchId) === entry) this.#cache.delete(workbenchId);
    };
    // Only running workbenches are cached. A client that learns from the API that a workbench runs opens it at once.
    entry.record.then((record) => record?.status !== 'running' && evict(), evict);
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= this.#options.capacity) break;
      this.#cache.delete(oldest);
    }
    return entry;
  }

  #readInTime(workbenchId: string): Promise<Workbench | undefined> {
    const { timers, readTimeoutMs } = this.#options;
    return readInTime(timers, readTimeoutMs, 'the record of a workbench', () => this.#read(workbenchId));
  }

  async #read(workbenchId: string): Promise<Workbench | undefined> {
    const key = await this.#options.workbenches.findByWorkbenchId(workbenchId);
    return key === undefined ? undefined : this.#options.workbenches.read(key);
  }
}
