import { ClusterCatalog, createSettingsCatalog } from '#adapters/aws/capacity/cluster-catalog.ts';
import { canHold, dominantShare } from '#core/placement/capacity.ts';
import { choosePlacement } from '#core/placement/choose-placement.ts';
import { updateFreeCapacity } from '#core/placement/update-free-capacity.ts';
import type { Capacity, CapacityProvider } from '#core/ports/capacity-catalog.ts';
import { MemoryFreeCapacityStore } from '#test/memory/memory-free-capacity-store.ts';
import type { InstanceEvent } from './cluster.ts';
import { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

/** Decides where requests go. */
export interface Policy {
  choose(request: Capacity): Promise<string>;
  /** Is told what ECS tells. */
  onInstanceEvent(event: InstanceEvent): void;
}

export type MakePolicy = (timeline: Timeline, providers: readonly CapacityProvider[], seed: number) => Policy;

/** Processes that drive, each with what it has last read of the room. */
const DRIVE_PROCESSES = 4;

/** The controller's own: the events of machines, the store, each process's catalog, and `place`. */
export const placement: MakePolicy = (timeline, providers, seed) => {
  const random = new Random(seed + 1_000_000);
  const clock = { now: () => timeline.now * 1000 };
  const sizes = createSettingsCatalog({ providers, instanceTypes: [] });
  const freeCapacity = new MemoryFreeCapacityStore();
  const telemetry = { info() {}, warn() {}, error() {}, count() {} };
  const processes = Array.from(
    { length: DRIVE_PROCESSES },
    () => new ClusterCatalog({ sizes, freeCapacity, clock, telemetry }),
  );
  return {
    async choose(request) {
      const catalog = processes[Math.floor(random.next() * DRIVE_PROCESSES)] as ClusterCatalog;
      const fit = choosePlacement(request, providers, [], await catalog.freeCapacity());
      if (fit.kind !== 'fits') throw new RangeError(`nothing can hold ${JSON.stringify(request)}`);
      catalog.reserve(fit.provider, request);
      return fit.provider;
    },
    onInstanceEvent({ gone, instanceId, ...instance }) {
      const at = clock.now();
      const observe = () =>
        updateFreeCapacity(
          { freeCapacity, catalog: sizes },
          { ...instance, containerInstanceId: instanceId, acceptsTasks: !gone, at },
        );
      timeline.after(random.between(1, 3), async () => {
        await observe();
      });
    },
  };
};

/** The seed's: the first in the list that can hold it. */
export const firstFit: MakePolicy = (_, providers) => ({
  choose: async (request) => findFirstFit(providers, request).name,
  onInstanceEvent() {},
});

/** The same with the list in the order of the machines' prices. */
export const cheapestInstanceFirst: MakePolicy = (timeline, providers, seed) =>
  firstFit(
    timeline,
    [...providers].sort((one, other) => one.price - other.price),
    seed,
  );

/** What `place` would be without room, and without counting what is left empty. */
export const dominantShareOnly: MakePolicy = (_, providers) => ({
  async choose(request) {
    const cost = (provider: CapacityProvider) => provider.price * dominantShare(request, provider);
    return findFirstFit(
      [...providers].sort((one, other) => cost(one) - cost(other)),
      request,
    ).name;
  },
  onInstanceEvent() {},
});

function findFirstFit(providers: readonly CapacityProvider[], request: Capacity): CapacityProvider {
  const first = providers.find((provider) => canHold(provider, request));
  if (first === undefined) throw new RangeError(`nothing can hold ${JSON.stringify(request)}`);
  return first;
}
