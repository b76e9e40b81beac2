import { freeCapacityAfter } from '#core/placement/capacity.ts';
import type {
  Capacity,
  CapacityCatalog,
  CapacityProvider,
  DedicatedInstanceType,
  FreeCapacity,
  SizeCatalog,
} from '#core/ports/capacity-catalog.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { FreeCapacityStore } from '#core/ports/free-capacity-store.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';

export interface ClusterCatalogOptions {
  readonly sizes: SizeCatalog;
  readonly freeCapacity: Pick<FreeCapacityStore, 'list'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** How long a list of room is used before it is read again: 10 s, in milliseconds. */
export const FREE_CAPACITY_CACHE_MS = 10_000;

/**
 * What the settings offer, and the room that the cluster's events have told of. One for each process: a start
 * costs one read of the store at most, and a burst of them one in FREE_CAPACITY_CACHE_MS.
 */
export class ClusterCatalog implements CapacityCatalog {
  readonly #options: ClusterCatalogOptions;
  #freeCapacity: readonly FreeCapacity[] = [];
  #readAt: number | undefined;
  #pendingRead: Promise<void> | undefined;

  constructor(options: ClusterCatalogOptions) {
    this.#options = options;
  }

  providers(): Promise<readonly CapacityProvider[]> {
    return this.#options.sizes.providers();
  }

  instanceTypes(): Promise<readonly DedicatedInstanceType[]> {
    return this.#options.sizes.instanceTypes();
  }

  async freeCapacity(): Promise<readonly FreeCapacity[]> {
    const age = this.#options.clock.now() - (this.#readAt ?? Number.NEGATIVE_INFINITY);
    // Less than none: the clock was put back, and it is not known how old the list is.
    if (age >= FREE_CAPACITY_CACHE_MS || age < 0) {
      this.#pendingRead ??= this.#read().finally(() => {
        this.#pendingRead = undefined;
      });
      await this.#pendingRead;
    }
    return this.#freeCapacity;
  }

  reserve(provider: string, request: Capacity): void {
    this.#freeCapacity = freeCapacityAfter(request, provider, this.#freeCapacity);
  }

  async #read(): Promise<void> {
    const { freeCapacity, clock, telemetry } = this.#options;
    const now = clock.now();
    try {
      this.#freeCapacity = await freeCapacity.list(now);
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      // Room is a preference: without it a start goes where it is cheapest.
      telemetry.warn('free capacity could not be read', { kind: error.kind });
      telemetry.count('free_capacity_unknown', 1);
      this.#freeCapacity = [];
    }
    this.#readAt = now;
  }
}

/** What the settings say that can be had. */
export function settingsCatalog(offered: {
  readonly providers: readonly CapacityProvider[];
  readonly instanceTypes: readonly DedicatedInstanceType[];
}): SizeCatalog {
  return {
    providers: async () => offered.providers,
    instanceTypes: async () => offered.instanceTypes,
  };
}
