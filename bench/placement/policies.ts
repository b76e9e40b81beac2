import { ClusterCatalog, createSettingsCatalog } from '#adapters/aws/capacity/cluster-catalog.ts';
import { canHold, dominantShare, updateFreeCapacity } from '#core/placement/capacity.ts';
import { choosePlacement } from '#core/placement/choose-placement.ts';
import type { Capacity, CapacityProvider } from '#core/ports/capacity-catalog.ts';
import { MemoryFreeCapacityStore } from '#test/memory/memory-free-capacity-store.ts';
import type { InstanceEvent } from './cluster.ts';
import { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

/** Chooses the capacity provider of a request. */
export interface Policy {
  choose(request: Capacity): Promise<string>;
  /** Receives events about instances, as from ECS. */
  onInstanceEvent(event: InstanceEvent): void;
}

export type MakePolicy = (timeline: Timeline, providers: readonly CapacityProvider[], seed: number) => Policy;

/** The name of the controller's policy in results. */
export const PLACEMENT = 'placement';

/** Concurrent drive processes. Each caches free capacity. */
const DRIVE_PROCESSES = 4;

/** The policy of the controller: events of instances, the store, the catalog of each process, and `choosePlacement`. */
export const placement: MakePolicy = (...world) => simulatePlacement(world, true);

/** The same with events that do not say how many tasks an instance has, like the example in AWS's documentation. */
export const placementWithoutTaskCounts: MakePolicy = (...world) => simulatePlacement(world, false);

function simulatePlacement(
  [timeline, providers, seed]: Parameters<MakePolicy>,
  eventsHaveCounts: boolean,
): Policy {
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
      if (fit.kind !== 'fits') throw new RangeError(`no provider can hold ${JSON.stringify(request)}`);
      catalog.reserve(fit.provider, request);
      return fit.provider;
    },
    onInstanceEvent({ gone, instanceId, ...instance }) {
      const tasks = eventsHaveCounts ? instance.tasks : Math.min(1, instance.tasks);
      const at = clock.now();
      const observe = () =>
        updateFreeCapacity(
          { freeCapacity, catalog: sizes },
          { ...instance, tasks, containerInstanceId: instanceId, acceptsTasks: !gone, trunked: false, at },
        );
      timeline.after(random.between(1, 3), async () => {
        await observe();
      });
    },
  };
}

/** The first provider in the list that can hold the request. */
export const firstFit: MakePolicy = (_, providers) => ({
  choose: async (request) => findFirstFit(providers, request).name,
  onInstanceEvent() {},
});

/** First fit with the list sorted by instance price. */
export const cheapestInstanceFirst: MakePolicy = (timeline, providers, seed) =>
  firstFit(
    timeline,
    [...providers].sort((one, other) => one.price - other.price),
    seed,
  );

/** `choosePlacement` without regard to free capacity and to unused capacity. */
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
  if (first === undefined) throw new RangeError(`no provider can hold ${JSON.stringify(request)}`);
  return first;
}
