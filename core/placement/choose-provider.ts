import type { Capacity, CapacityProvider, FreeCapacity } from '../ports/capacity-catalog.ts';
import { canHold, dominantShare, findInstanceFor, leftoverShare } from './capacity.ts';

/**
 * How much of what a request leaves empty beside it is counted as its own cost. Price × dominant share alone counts
 * on others to use all of the rest, and begins the largest machine there is for the sake of a slightly lower price
 * per unit. The figures of bench/results/placement.md differ little from 0.2 to 1.
 */
const EMPTY_COST_FACTOR = 0.75;

/** Where the request would be put: into what a machine has left, or into a new one. */
interface Candidate {
  readonly provider: CapacityProvider;
  readonly into: Capacity;
}

/**
 * The provider that a request goes to; undefined when none can hold it. The order of the lists is of no matter.
 *
 * 1. A request without GPUs goes to machines that have some only when no other can hold it.
 * 2. Room on machines that are paid for already comes before any new machine: it costs nothing more.
 * 3. Then the cheapest by price × dominant share, and EMPTY_COST_FACTOR of the price of what is left empty: of equally
 *    cheap ones the tightest.
 * 4. Of equals the first by name.
 *
 * One that is chosen stays chosen when it gets cheaper, and none is chosen for getting dearer.
 */
export function chooseProvider(
  request: Capacity,
  providers: readonly CapacityProvider[],
  room: readonly FreeCapacity[],
): CapacityProvider | undefined {
  const able = providers.filter((provider) => canHold(provider, request));
  const plain = request.gpuCount === 0 ? able.filter(({ gpuCount }) => gpuCount === 0) : [];
  const allowed = plain.length > 0 ? plain : able;
  const paid = allowed.flatMap((provider) => {
    const into = findInstanceFor(request, provider.name, room);
    return into === undefined ? [] : { provider, into };
  });
  const candidates = paid.length > 0 ? paid : allowed.map((provider) => ({ provider, into: provider }));
  const [best] = candidates.sort(
    (one, other) => costOf(request, one) - costOf(request, other) || compareByName(one, other),
  );
  return best?.provider;
}

/** USD per hour. */
function costOf(request: Capacity, { provider, into }: Candidate): number {
  const taken = dominantShare(request, provider);
  return provider.price * (taken + EMPTY_COST_FACTOR * leftoverShare(request, into, provider));
}

function compareByName({ provider: one }: Candidate, { provider: other }: Candidate): number {
  return one.name < other.name ? -1 : 1;
}
