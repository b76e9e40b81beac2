import { WorkbenchError } from '../errors.ts';
import type {
  Capacity,
  CapacityProvider,
  DedicatedInstanceType,
  FreeCapacity,
  SizeCatalog,
} from '../ports/capacity-catalog.ts';
import type { WorkbenchSpec } from '../workbench/spec.ts';
import { covers } from './capacity.ts';
import { chooseProvider } from './choose-provider.ts';

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
