import { canHold, dominantShare } from '../placement/capacity.ts';
import type {
  Capacity,
  CapacityCatalog,
  CapacityProvider,
  DedicatedInstanceType,
  FreeCapacity,
} from '../ports/capacity-catalog.ts';
import type { MachineCapacity } from '../ports/machine-inventory.ts';

/** What an installation offers to workbenches: a capacity provider, or an instance type of hosts. */
export interface ProviderOffer {
  /** The name of the capacity provider, or of the instance type. */
  readonly name: string;
  readonly kind: 'shared' | 'dedicated';
  /** What one new instance offers to tasks. */
  readonly capacity: MachineCapacity;
  /** USD per hour of one instance; undefined if the settings do not state it. */
  readonly price?: number;
  /** The cost of a workbench of the default size; undefined if an instance cannot hold it, or the price is unknown. */
  readonly defaultWorkbench?: WorkbenchCost;
  /** The free capacity on running instances that accept tasks. Undefined for hosts, which hold one workbench. */
  readonly free?: FreeSum;
}

export interface WorkbenchCost {
  /** The dominant share of an instance: 0 to 1. A host belongs to its workbench as a whole. */
  readonly share: number;
  /** USD per hour: price × share. */
  readonly price: number;
}

/** The sums over instances. A sum does not tell whether one instance can hold a request; `defaultWorkbenches` does. */
export interface FreeSum extends MachineCapacity {
  /** Running instances that accept tasks. */
  readonly instances: number;
  /** How many workbenches of the default size they can still hold. */
  readonly defaultWorkbenches: number;
}

/**
 * Lists the offers, in the order of the settings, with the free capacity that events have reported. Calls no AWS API
 * besides the table.
 */
export async function listProviders(
  catalog: Pick<CapacityCatalog, 'providers' | 'instanceTypes' | 'freeCapacity'>,
  defaultSize: Capacity,
): Promise<readonly ProviderOffer[]> {
  const [providers, types, freeCapacity] = await Promise.all([
    catalog.providers(),
    catalog.instanceTypes(),
    catalog.freeCapacity(),
  ]);
  return [
    ...providers.map((provider) => offerOf(provider, freeCapacity, defaultSize)),
    ...types.map((type) => hostOfferOf(type, defaultSize)),
  ];
}

function offerOf(
  provider: CapacityProvider,
  freeCapacity: readonly FreeCapacity[],
  defaultSize: Capacity,
): ProviderOffer {
  const { name, price, cpuUnits, memoryMib, gpuCount, interfaces } = provider;
  const free = freeCapacity.filter((instance) => instance.provider === name);
  const share = dominantShare(defaultSize, provider);
  return {
    name,
    kind: 'shared',
    capacity: { cpuUnits, memoryMib, gpuCount, ...limited(interfaces) },
    price,
    ...(canHold(provider, defaultSize) ? { defaultWorkbench: { share, price: price * share } } : {}),
    free: sumFree(free, defaultSize),
  };
}

function hostOfferOf(type: DedicatedInstanceType, defaultSize: Capacity): ProviderOffer {
  const { name, price, cpuUnits, memoryMib, gpuCount } = type;
  const fits = canHold({ ...type, interfaces: 1 }, defaultSize);
  return {
    name,
    kind: 'dedicated',
    capacity: { cpuUnits, memoryMib, gpuCount },
    ...(price === undefined ? {} : { price }),
    ...(price === undefined || !fits ? {} : { defaultWorkbench: { share: 1, price } }),
  };
}

function sumFree(instances: readonly FreeCapacity[], size: Capacity): FreeSum {
  const sum = (amountOf: (instance: FreeCapacity) => number) =>
    instances.reduce((total, instance) => total + amountOf(instance), 0);
  return {
    instances: instances.length,
    cpuUnits: sum(({ cpuUnits }) => cpuUnits),
    memoryMib: sum(({ memoryMib }) => memoryMib),
    gpuCount: sum(({ gpuCount }) => gpuCount),
    ...limited(sum(({ interfaces }) => interfaces)),
    defaultWorkbenches: sum((instance) => countFitting(instance, size)),
  };
}

function countFitting(free: FreeCapacity, { cpuUnits, memoryMib, gpuCount }: Capacity): number {
  const counts = [
    free.interfaces,
    cpuUnits === 0 ? Number.POSITIVE_INFINITY : free.cpuUnits / cpuUnits,
    memoryMib === 0 ? Number.POSITIVE_INFINITY : free.memoryMib / memoryMib,
    gpuCount === 0 ? Number.POSITIVE_INFINITY : free.gpuCount / gpuCount,
  ];
  return Math.floor(Math.min(...counts));
}

function limited(interfaces: number): { readonly interfaces?: number } {
  return Number.isFinite(interfaces) ? { interfaces } : {};
}
