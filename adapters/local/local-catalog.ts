import { availableParallelism, totalmem } from 'node:os';
import type {
  CapacityCatalog,
  CapacityProvider,
  DedicatedInstanceType,
} from '#core/ports/capacity-catalog.ts';

export interface LocalCatalogOptions {
  readonly instanceTypes: readonly DedicatedInstanceType[];
  /** @default the CPUs of this computer */
  readonly cpus?: number;
  /** Bytes. @default the memory of this computer */
  readonly memory?: number;
  /** @default 0 */
  readonly gpuCount?: number;
}

const UNITS_PER_CPU = 1024;
const MIB = 1024 * 1024;

/**
 * A catalog with one capacity provider, `local`: this computer. It offers all its resources to each request, has
 * price 0, and tracks no free capacity.
 */
export function localCatalog(options: LocalCatalogOptions): CapacityCatalog {
  const { instanceTypes, cpus = availableParallelism(), memory = totalmem(), gpuCount = 0 } = options;
  const local: CapacityProvider = {
    name: 'local',
    cpuUnits: cpus * UNITS_PER_CPU,
    memoryMib: Math.floor(memory / MIB),
    gpuCount,
    // A process or container of local mode needs no network interface of its own.
    interfaces: Number.POSITIVE_INFINITY,
    price: 0,
  };
  return {
    providers: async () => [local],
    instanceTypes: async () => instanceTypes,
    freeCapacity: async () => [],
    reserve: () => {},
  };
}
