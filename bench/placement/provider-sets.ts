import type { CapacityProvider } from '#core/ports/capacity-catalog.ts';

/** The minimum share of the nominal memory that an agent registers. The kernel and the agent use the rest. */
const MEMORY_SHARE = 0.9;

/** vCPUs, GiB, USD per hour (us-east-1, on demand, Linux, July 2026), GPUs. */
const INSTANCE_TYPES = {
  'm6i-large': [2, 8, 0.096, 0],
  'm6i-xlarge': [4, 16, 0.192, 0],
  'm6i-2xlarge': [8, 32, 0.384, 0],
  'c6i-large': [2, 4, 0.085, 0],
  'c6i-xlarge': [4, 8, 0.17, 0],
  'c6i-2xlarge': [8, 16, 0.34, 0],
  'r6i-large': [2, 16, 0.126, 0],
  'r6i-xlarge': [4, 32, 0.252, 0],
  'r6i-2xlarge': [8, 64, 0.504, 0],
  'c5-18xlarge': [72, 144, 3.06, 0],
  'g4dn-xlarge': [4, 16, 0.526, 1],
} as const;

export interface ProviderSet {
  readonly name: string;
  /** In the order of the settings. */
  readonly providers: readonly CapacityProvider[];
}

function providerSet(name: string, ...types: (keyof typeof INSTANCE_TYPES)[]): ProviderSet {
  const providers = types.map((type) => {
    const [vcpus, gib, price, gpuCount] = INSTANCE_TYPES[type];
    const memoryMib = Math.floor(gib * 1024 * MEMORY_SHARE);
    return { name: type, cpuUnits: vcpus * 1024, memoryMib, gpuCount, price };
  });
  return { name, providers };
}

export const PROVIDER_SETS: readonly ProviderSet[] = [
  providerSet(
    'Ten capacity providers',
    ...(['m6i-large', 'm6i-xlarge', 'm6i-2xlarge'] as const),
    ...(['c6i-large', 'c6i-xlarge', 'c6i-2xlarge'] as const),
    ...(['r6i-large', 'r6i-xlarge', 'r6i-2xlarge'] as const),
    'g4dn-xlarge',
  ),
  providerSet('Four capacity providers', 'm6i-2xlarge', 'r6i-2xlarge', 'c5-18xlarge', 'g4dn-xlarge'),
];
