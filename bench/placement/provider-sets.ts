import type { CapacityProvider } from '#core/ports/capacity-catalog.ts';

/** The minimum share of the nominal memory that an agent registers. The kernel and the agent use the rest. */
const MEMORY_SHARE = 0.9;

/**
 * vCPUs, GiB, USD per hour (us-east-1, on demand, Linux, July 2026), GPUs, tasks without and with `awsvpcTrunking`. The
 * sizes are written here and not taken from lib/, so that results of different versions can be compared.
 */
const INSTANCE_TYPES = {
  'm6i-large': [2, 8, 0.096, 0, 2, 10],
  'm6i-xlarge': [4, 16, 0.192, 0, 3, 20],
  'm6i-2xlarge': [8, 32, 0.384, 0, 3, 40],
  'c6i-large': [2, 4, 0.085, 0, 2, 10],
  'c6i-xlarge': [4, 8, 0.17, 0, 3, 20],
  'c6i-2xlarge': [8, 16, 0.34, 0, 3, 40],
  'r6i-large': [2, 16, 0.126, 0, 2, 10],
  'r6i-xlarge': [4, 32, 0.252, 0, 3, 20],
  'r6i-2xlarge': [8, 64, 0.504, 0, 3, 40],
  'c5-18xlarge': [72, 144, 3.06, 0, 14, 120],
  'g4dn-xlarge': [4, 16, 0.526, 1, 2, 2],
} as const;

export interface ProviderSet {
  readonly name: string;
  /** Instances have a trunk interface. */
  readonly trunking: boolean;
  /** In the order of the settings. */
  readonly providers: readonly CapacityProvider[];
}

/** Returns the same providers with and without trunking. */
function providerSets(name: string, ...types: (keyof typeof INSTANCE_TYPES)[]): readonly ProviderSet[] {
  return [true, false].map((trunking) => {
    const providers = types.map((type) => {
      const [vcpus, gib, price, gpuCount, untrunked, trunked] = INSTANCE_TYPES[type];
      const memoryMib = Math.floor(gib * 1024 * MEMORY_SHARE);
      const interfaces = trunking ? trunked : untrunked;
      return { name: type, cpuUnits: vcpus * 1024, memoryMib, gpuCount, interfaces, price };
    });
    return { name, trunking, providers };
  });
}

export const PROVIDER_SETS: readonly ProviderSet[] = [
  ...providerSets(
    'Ten capacity providers',
    ...(['m6i-large', 'm6i-xlarge', 'm6i-2xlarge'] as const),
    ...(['c6i-large', 'c6i-xlarge', 'c6i-2xlarge'] as const),
    ...(['r6i-large', 'r6i-xlarge', 'r6i-2xlarge'] as const),
    'g4dn-xlarge',
  ),
  ...providerSets('Four capacity providers', 'm6i-2xlarge', 'r6i-2xlarge', 'c5-18xlarge', 'g4dn-xlarge'),
];
