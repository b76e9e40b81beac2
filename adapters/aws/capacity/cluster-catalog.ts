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

/** How long a list of free capacity is used before it is read again: 10 s, in milliseconds. */
export const FREE_CAPACITY_CACHE_MS = 10_000;

/**
 * The capacity providers and instance types from the settings, and the free capacity that the events of the cluster have
 * reported. One per process: a start reads the store at most once, a burst of starts once per FREE_CAPACITY_CACHE_MS.
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
    // If the age is negative, the clock was set back and the age of the list is unknown.
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
      // Free capacity is only a preference: without it a start is placed on the cheapest capacity provider.
      telemetry.warn('free capacity is not readable; placement by price alone', { kind: error.kind });
      telemetry.count('free_capacity_unknown', 1);
      this.#freeCapacity = [];
    }
    this.#readAt = now;
  }
}

/** The catalog of sizes that the settings declare. */
export function createSettingsCatalog(offered: {
  readonly providers: readonly CapacityProvider[];
  readonly instanceTypes: readonly DedicatedInstanceType[];
  readonly pricesAsOf?: string | undefined;
}): SizeCatalog {
  return {
    pricesAsOf: offered.pricesAsOf,
    providers: async () => offered.providers,
    instanceTypes: async () => offered.instanceTypes,
  };
}
