import { groupIdOf } from '#adapters/group-id.ts';
import type { Timers } from '#adapters/local/timers.ts';
import { ageOf, type Moment, momentOf } from '#core/ports/clock.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { Share, ShareStore } from '#core/ports/share-store.ts';
import { readInTime } from './read-in-time.ts';

export interface WorkbenchSharesOptions {
  readonly shares: Pick<ShareStore, 'listByWorkbench'>;
  /** Whether shares with the organisation count: WB_ORGANISATION_SHARES. */
  readonly organisationShares: boolean;
  readonly timers: Timers;
  /** How long shares are used after their read began, milliseconds. @default 1,000 */
  readonly cacheTtlMs?: number;
  /** Workbenches whose shares are cached. The oldest is evicted. @default 500 */
  readonly capacity?: number;
  /** How long a read may take, milliseconds. @default 1,000 */
  readonly readTimeoutMs?: number;
}

interface CacheEntry {
  readonly readAt: Moment;
  readonly shares: Promise<readonly Share[]>;
}

/**
 * Reads the shares of workbenches, all of one workbench at once: a page may load hundreds of files, and many users may have the
 * same workbench open. A group is named by its id, as in sessions.
 */
export class WorkbenchShares {
  readonly #options: Required<WorkbenchSharesOptions>;
  readonly #cache = new Map<string, CacheEntry>();

  constructor(options: WorkbenchSharesOptions) {
    this.#options = { cacheTtlMs: 1000, capacity: 500, readTimeoutMs: 1000, ...options };
  }

  /**
   * Returns the shares that count in this installation, also those that have expired. They are at most `cacheTtlMs` and
   * `readTimeoutMs` old.
   * @throws PortError when they cannot be read in time, and the errors of the store
   */
  async find(workbenchId: string): Promise<readonly Share[]> {
    const { timers, cacheTtlMs, readTimeoutMs } = this.#options;
    const cached = this.#cache.get(workbenchId);
    const isFresh = cached !== undefined && ageOf(cached.readAt, timers) < cacheTtlMs;
    const entry = isFresh ? cached : this.#beginRead(workbenchId);
    const shares = await entry.shares;
    // A process that was suspended during the read continues with stale shares.
    if (ageOf(entry.readAt, timers) <= cacheTtlMs + readTimeoutMs) return shares;
    throw new PortError('unavailable', 'the shares of a workbench took too long to read');
  }

  #beginRead(workbenchId: string): CacheEntry {
    const { timers, readTimeoutMs, capacity } = this.#options;
    const readAt = momentOf(timers);
    const shares = readInTime(timers, readTimeoutMs, 'the shares of a workbench', () =>
      this.#read(workbenchId),
    );
    const entry = { readAt, shares };
    this.#cache.delete(workbenchId);
    this.#cache.set(workbenchId, entry);
    // A failed read is repeated by the next request. The request that waits for it gets the error.
    shares.catch(() => {
      if (this.#cache.get(workbenchId) === entry) this.#cache.delete(workbenchId);
    });
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= capacity) break;
      this.#cache.delete(oldest);
    }
    return entry;
  }

  async #read(workbenchId: string): Promise<readonly Share[]> {
    const { shares, organisationShares } = this.#options;
    const found = await shares.listByWorkbench(workbenchId);
    return found
      .filter(({ grantee }) => grantee.kind !== 'organisation' || organisationShares)
      .map((share) =>
        share.grantee.kind === 'group'
          ? { ...share, grantee: { kind: 'group', group: groupIdOf(share.grantee.group) } }
          : share,
      );
  }
}
