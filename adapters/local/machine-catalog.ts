import { availableParallelism, totalmem } from 'node:os';
import type {
  CapacityCatalog,
  CapacityProvider,
  DedicatedInstanceType,
} from '#core/ports/capacity-catalog.ts';

export interface MachineCatalogOptions {
  readonly instanceTypes: readonly DedicatedInstanceType[];
  /** @default what this machine has */
  readonly cpus?: number;
  /** Bytes. @default what this machine has */
  readonly memory?: number;
  /** @default 0 */
  readonly gpuCount?: number;
}

const UNITS_PER_CPU = 1024;
const MIB = 1024 * 1024;

/** One provider, `local`: this machine, all of it to each request, and at no price. Of room there is nothing to keep. */
export function machineCatalog(options: MachineCatalogOptions): CapacityCatalog {
  const { instanceTypes, cpus = availableParallelism(), memory = totalmem(), gpuCount = 0 } = options;
  const local: CapacityProvider = {
    name: 'local',
    cpuUnits: cpus * UNITS_PER_CPU,
    memoryMib: Math.floor(memory / MIB),
    gpuCount,
    price: 0,
  };
  return {
    providers: async () => [local],
    instanceTypes: async () => instanceTypes,
    freeCapacity: async () => [],
    reserve: () => {},
  };
}
