import { WorkbenchError } from '../errors.ts';
import type {
  Capacity,
  CapacityProvider,
  DedicatedInstanceType,
  FreeCapacity,
  SizeCatalog,
} from '../ports/capacity-catalog.ts';
import type { WorkbenchSpec } from '../workbench/workbench.ts';
import { canHold } from './capacity.ts';
import { chooseProvider } from './choose-provider.ts';

export type Placement =
  | { readonly kind: 'fits'; readonly provider: string }
  | { readonly kind: 'dedicated' }
  | { readonly kind: 'cannot_fit'; readonly message: string };

/**
 * Where a request goes: to the provider that `chooseProvider` prefers, or to a machine of its own; otherwise what
 * would fit. Of the room nothing depends but the choice among providers that can hold it anyway.
 */
export function choosePlacement(
  spec: WorkbenchSpec,
  providers: readonly CapacityProvider[],
  instanceTypes: readonly DedicatedInstanceType[],
  room: readonly FreeCapacity[] = [],
): Placement {
  if (spec.dedicatedInstanceType !== undefined)
    return checkDedicatedType(spec, spec.dedicatedInstanceType, instanceTypes);
  const provider = chooseProvider(spec, providers, room);
  if (provider) return { kind: 'fits', provider: provider.name };
  return {
    kind: 'cannot_fit',
    message: `Nothing can hold ${formatSize(spec)}. ${describeLargestSizes(providers)}`,
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
    const offer = names === '' ? 'No dedicated instances are offered here.' : `What can be had: ${names}.`;
    return { kind: 'cannot_fit', message: `There is no instance type ${name}. ${offer}` };
  }
  if (canHold(type, spec)) return { kind: 'dedicated' };
  return {
    kind: 'cannot_fit',
    message: `A ${name} cannot hold ${formatSize(spec)}. It holds up to ${formatSize(type)}.`,
  };
}

/** `cannot_fit` naming what would fit; undefined when it can be held. */
export async function findMisfit(
  spec: WorkbenchSpec,
  catalog: SizeCatalog,
): Promise<WorkbenchError | undefined> {
  const fit = choosePlacement(spec, await catalog.providers(), await catalog.instanceTypes());
  return fit.kind === 'cannot_fit' ? new WorkbenchError('cannot_fit', fit.message) : undefined;
}

/** @throws WorkbenchError `cannot_fit` naming what would fit */
export async function assertFits(spec: WorkbenchSpec, catalog: SizeCatalog): Promise<void> {
  const unfit = await findMisfit(spec, catalog);
  if (unfit !== undefined) throw unfit;
}

function describeLargestSizes(providers: readonly CapacityProvider[]): string {
  if (providers.length === 0) return 'No capacity is configured.';
  return `What can be held: up to ${providers.map(formatSize).join('; or up to ')}.`;
}

function formatSize({ cpuUnits, memoryMib, gpuCount }: Capacity): string {
  const gpus = gpuCount === 0 ? 'no GPU' : `${gpuCount} GPU${gpuCount === 1 ? '' : 's'}`;
  return `${cpuUnits} CPU units, ${memoryMib} MiB of memory and ${gpus}`;
}
