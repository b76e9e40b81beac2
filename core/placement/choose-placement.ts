import { WorkbenchError } from '../errors.ts';
import type {
  Capacity,
  CapacityProvider,
  DedicatedInstanceType,
  FreeCapacity,
  InstanceCapacity,
  SizeCatalog,
} from '../ports/capacity-catalog.ts';
import type { WorkbenchSpec } from '../workbench/spec.ts';
import { canHold, covers, dominantShare, findInstanceFor, unusedShare } from './capacity.ts';

export type Placement =
  | { readonly kind: 'fits'; readonly provider: string }
  | { readonly kind: 'dedicated' }
  | { readonly kind: 'cannot_fit'; readonly message: string };

/**
 * Chooses where a request runs: on the provider that `chooseProvider` prefers, or on a host. If neither can hold it, the
 * result says which sizes would fit. The free capacity only decides between providers that can hold the request; it
 * never decides whether the request fits.
 */
export function choosePlacement(
  spec: WorkbenchSpec,
  providers: readonly CapacityProvider[],
  instanceTypes: readonly DedicatedInstanceType[],
  freeCapacity: readonly FreeCapacity[] = [],
): Placement {
  if (spec.dedicatedInstanceType !== undefined)
    return checkDedicatedType(spec, spec.dedicatedInstanceType, instanceTypes);
  const provider = chooseProvider(spec, providers, freeCapacity);
  if (provider) return { kind: 'fits', provider: provider.name };
  return {
    kind: 'cannot_fit',
    message: `No capacity provider is large enough for ${formatSize(spec)}. ${describeLargestSizes(providers)}`,
  };
}

function checkDedicatedType(
  spec: WorkbenchSpec,
  name: string,
  types: readonly DedicatedInstanceType[],
): Placement {
  const type = types.find((candidate) => candidate.name === name);
  if (!type) {
    const names = types.map((candidate) => candidate.name).join(', ');
    const available = names === '' ? 'No dedicated instance types are configured.' : `Available: ${names}.`;
    return { kind: 'cannot_fit', message: `There is no instance type ${name}. ${available}` };
  }
  if (covers(type, spec)) return { kind: 'dedicated' };
  return {
    kind: 'cannot_fit',
    message: `A ${name} cannot hold ${formatSize(spec)}. It holds up to ${formatSize(type)}.`,
  };
}

/** Returns a `cannot_fit` error that names the sizes that would fit; undefined if the spec fits. */
export async function findMisfit(
  spec: WorkbenchSpec,
  catalog: SizeCatalog,
): Promise<WorkbenchError | undefined> {
  const placement = choosePlacement(spec, await catalog.providers(), await catalog.instanceTypes());
  return placement.kind === 'cannot_fit' ? new WorkbenchError('cannot_fit', placement.message) : undefined;
}

/** @throws WorkbenchError `cannot_fit` that names the sizes that would fit */
export async function assertFits(spec: WorkbenchSpec, catalog: SizeCatalog): Promise<void> {
  const misfit = await findMisfit(spec, catalog);
  if (misfit !== undefined) throw misfit;
}

function describeLargestSizes(providers: readonly CapacityProvider[]): string {
  if (providers.length === 0) return 'No capacity providers are configured.';
  return `Request at most ${providers.map(formatSize).join('; or at most ')}.`;
}

function formatSize({ cpuUnits, memoryMib, gpuCount }: Capacity): string {
  const gpus = gpuCount === 0 ? 'no GPU' : `${gpuCount} GPU${gpuCount === 1 ? '' : 's'}`;
  return `${cpuUnits} CPU units, ${memoryMib} MiB of memory and ${gpus}`;
}

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
