import type {
  Capacity,
  CapacityProvider,
  FreeCapacity,
  InstanceCapacity,
} from '../ports/capacity-catalog.ts';
import { canHold, dominantShare, findInstanceFor, unusedShare } from './capacity.ts';

/**
 * The part of the unused capacity's price that counts as a cost of the request. Price × dominant share alone assumes
 * that other tasks use all of the rest, and so prefers the largest instance for a slightly lower price per unit.
 * The results in bench/results/placement.md differ little between 0.2 and 1.
 */
const EMPTY_COST_FACTOR = 0.75;

/** A provider and the capacity into which the request would be placed: that of a running instance, or of a new one. */
interface Candidate {
  readonly provider: CapacityProvider;
  readonly into: InstanceCapacity;
}

/**
 * Chooses the provider for a request; undefined if none can hold it. The order of the lists does not matter.
 *
 * 1. A request without GPUs is placed on instances with GPUs only if no other provider can hold it.
 * 2. Free capacity on running instances is preferred to a new instance, because it costs nothing more.
 * 3. Then the provider with the lowest cost is chosen: price × (dominant share + EMPTY_COST_FACTOR × leftover share).
 *    Among providers of equal price this is the tightest fit.
 * 4. Of equal costs the first provider by name is chosen.
 *
 * A chosen provider stays chosen if its price falls. No provider becomes the choice because its price rises.
 */
export function chooseProvider(
  request: Capacity,
  providers: readonly CapacityProvider[],
  freeCapacity: readonly FreeCapacity[],
): CapacityProvider | undefined {
  const fitting = providers.filter((provider) => canHold(provider, request));
  const withoutGpus = request.gpuCount === 0 ? fitting.filter(({ gpuCount }) => gpuCount === 0) : [];
  const allowed = withoutGpus.length > 0 ? withoutGpus : fitting;
  const onRunningInstances = allowed.flatMap((provider) => {
    const into = findInstanceFor(request, provider.name, freeCapacity);
    return into === undefined ? [] : { provider, into };
  });
  const candidates =
    onRunningInstances.length > 0
      ? onRunningInstances
      : allowed.map((provider) => ({ provider, into: provider }));
  const [best] = candidates.sort(
    (one, other) => costOf(request, one) - costOf(request, other) || compareByName(one, other),
  );
  return best?.provider;
}

/** USD per hour. */
function costOf(request: Capacity, { provider, into }: Candidate): number {
  const used = dominantShare(request, provider);
  return provider.price * (used + EMPTY_COST_FACTOR * unusedShare(request, into, provider));
}

function compareByName({ provider: one }: Candidate, { provider: other }: Candidate): number {
  return one.name < other.name ? -1 : 1;
}
