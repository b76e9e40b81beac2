import * as z from 'zod/mini';
import {
  type Architecture,
  allocatableCapacityOf,
  DISK_PRICES,
  type InstanceSize,
  KNOWN_INSTANCE_TYPES,
  taskInterfacesOf,
} from '../instance-types.ts';
import { amount, choice, flag, group, integer, list, oneOf, text } from './setting-types.ts';

/** ECS allows 20 capacity providers in a cluster. The 4 KB environment of a function could not contain many more. */
const PROVIDERS_MAX = 20;

const INSTANCE_TYPE = {
  expected: 'an instance type such as `m6i.large`',
  pattern: /^[a-z0-9-]+\.[a-z0-9-]+$/,
};

const typeName = text({ ...INSTANCE_TYPE, description: 'Name of the instance type.' });

const instanceType = oneOf(
  [
    typeName,
    group(
      {
        name: typeName,
        vcpus: integer({ description: 'Number of vCPUs.', min: 1, max: 1024 }),
        memoryMib: integer({
          description: 'Memory as AWS states it.',
          unit: 'MiB',
          min: 512,
          max: 33_554_432,
        }),
        gpus: z._default(integer({ description: 'Number of GPUs.', min: 0, max: 1024 }), 0),
        architecture: z._default(
          choice({ description: 'Processor architecture.', of: ['x86_64', 'arm64'] }),
          'x86_64',
        ),
        networkInterfaces: integer({
          description:
            'Maximum number of network interfaces, as EC2 states it. Each workbench on a shared instance needs one, the instance itself another.',
          min: 2,
          max: 1000,
        }),
        trunkedTasks: z.optional(
          integer({
            description:
              'Maximum number of tasks with `awsvpcTrunking`, from the table in the ECS Developer Guide. Leave it out if the type does not support trunking.',
            min: 1,
            max: 1000,
          }),
        ),
        pricePerHour: z.optional(
          amount({ description: 'Price per hour.', unit: 'USD', min: 0, max: 10_000 }),
        ),
      },
      { description: 'An instance type that is not in lib/instance-types.ts, with its size.' },
    ),
  ],
  {
    description: 'An EC2 instance type.',
    expected: 'an instance type such as `m6i.large`, or an object with its name and size',
  },
);

/** MiB/s of every gp3 volume, included in its price. */
export const DISK_THROUGHPUT_MIN = 125;
/** MiB/s. EBS allows a quarter of the IOPS, of which every gp3 volume has 3,000. */
const DISK_THROUGHPUT_MAX = 750;

function diskThroughput(byDefault: number, description: string) {
  const bounds = { unit: 'MiB/s', min: DISK_THROUGHPUT_MIN, max: DISK_THROUGHPUT_MAX };
  return z._default(integer({ description, ...bounds }), byDefault);
}

const provider = group(
  {
    name: text({
      description: 'Name of the capacity provider, here and in alarms and messages.',
      expected: '1 to 32 lower-case letters, digits and hyphens',
      pattern: /^[a-z0-9][a-z0-9-]{0,31}$/,
    }),
    instanceTypes: list(instanceType, {
      description:
        'The instance types of the provider, preferably of one size: a request must fit on the smallest of them.',
      expected: 'instance types',
      min: 1,
      max: 10,
    }),
    maxInstances: integer({
      description: 'Maximum number of instances at the same time.',
      min: 1,
      max: 1000,
    }),
    spot: z._default(
      flag({
        description:
          'Uses spot instances. They are cheaper, but AWS can reclaim one with two minutes’ notice, which ends the workbenches on it (`instance_lost`).',
      }),
      false,
    ),
    pricePerHour: z.optional(
      amount({
        description:
          'Price of one instance per hour. Placement compares providers by it. By default the on-demand price of its most expensive type. Required for spot instances, whose price varies: use the average that you pay.',
        unit: 'USD',
        min: 0,
        max: 10_000,
      }),
    ),
    targetCapacity: z._default(
      integer({
        description:
          'Target utilization of the instances. Below 100, ECS keeps spare instances, which cost money.',
        unit: '%',
        min: 1,
        max: 100,
      }),
      100,
    ),
    diskGib: z._default(
      integer({
        description:
          'Disk of each instance, for images and for files that workbenches write outside their volume.',
        unit: 'GiB',
        min: 30,
        max: 16_384,
      }),
      100,
    ),
    diskThroughput: diskThroughput(
      250,
      'Throughput of that disk. More makes the first start on a new instance faster, because its image is written sooner.',
    ),
  },
  {
    description:
      'A capacity provider: shared instances of one size, launched when needed and terminated when empty.',
  },
);

export const capacityProvidersSetting = list(provider, {
  description: 'The capacity providers, in display order.',
  expected: 'capacity providers',
  min: 1,
  max: PROVIDERS_MAX,
});

export const dedicatedSetting = group(
  {
    instanceTypes: z._default(
      list(instanceType, {
        description: 'The instance types of hosts.',
        expected: 'instance types',
        min: 0,
        max: PROVIDERS_MAX,
      }),
      [],
    ),
    diskGib: z._default(
      integer({
        description: 'Disk of each host. AWS also bills it while the host is stopped.',
        unit: 'GiB',
        min: 30,
        max: 16_384,
      }),
      100,
    ),
    diskThroughput: diskThroughput(
      DISK_THROUGHPUT_MIN,
      'Throughput of that disk. AWS also bills what exceeds 125 MiB/s while the host is stopped.',
    ),
  },
  {
    description:
      'Hosts, for workbenches that request a dedicated instance. A host whose AMI is not that of the last deployment is replaced when its workbench starts again.',
  },
);

export type CapacityProviderSetting = z.infer<typeof provider>;
export type InstanceTypeSetting = z.infer<typeof instanceType>;

/** Returns a type with its size, or undefined if the name is unknown. */
export function instanceSizeOf(
  setting: InstanceTypeSetting,
): (InstanceSize & { readonly name: string }) | undefined {
  if (typeof setting !== 'string') return setting;
  const known = KNOWN_INSTANCE_TYPES[setting];
  return known && { name: setting, ...known };
}

export function instanceTypeNameOf(setting: InstanceTypeSetting): string {
  return typeof setting === 'string' ? setting : setting.name;
}

export function instancePriceOf(setting: InstanceTypeSetting): number | undefined {
  return typeof setting === 'string'
    ? KNOWN_INSTANCE_TYPES[setting]?.pricePerHour
    : (setting.pricePerHour ?? KNOWN_INSTANCE_TYPES[setting.name]?.pricePerHour);
}

/** What the functions know about a provider or an instance type. */
export interface NamedCapacity {
  readonly name: string;
  readonly cpuUnits: number;
  readonly memoryMib: number;
  readonly gpuCount: number;
}

/**
 * Returns the minimum of CPU, memory and GPUs over these types. If placement chose a provider for a request that does
 * not fit on its smallest instance, ECS might never start an instance for it.
 */
export function minimumCapacityOf(name: string, types: readonly InstanceTypeSetting[]): NamedCapacity {
  const capacities = types.flatMap((type) => instanceSizeOf(type) ?? []).map(allocatableCapacityOf);
  const minimumOf = (amountOf: (capacity: ReturnType<typeof allocatableCapacityOf>) => number) =>
    Math.min(...capacities.map(amountOf));
  return {
    name,
    cpuUnits: minimumOf(({ cpuUnits }) => cpuUnits),
    memoryMib: minimumOf(({ memoryMib }) => memoryMib),
    gpuCount: minimumOf(({ gpuCount }) => gpuCount),
  };
}

/** What the functions know about a provider besides its price. */
export interface ProviderCapacity extends NamedCapacity {
  /** Network interfaces for tasks on a new instance. */
  readonly interfaces: number;
  /** The same on an instance with a trunk interface, if it differs. */
  readonly trunkedInterfaces?: number;
  /** The same on an instance without a trunk interface, if it differs. */
  readonly untrunkedInterfaces?: number;
}

/** @param trunking Whether new instances get a trunk interface. */
export function providerCapacityOf(
  name: string,
  types: readonly InstanceTypeSetting[],
  trunking: boolean,
): ProviderCapacity {
  const sizes = types.flatMap((type) => instanceSizeOf(type) ?? []);
  const minimumWith = (hasTrunk: boolean) =>
    Math.min(...sizes.map((size) => taskInterfacesOf(size, hasTrunk)));
  const trunked = minimumWith(true);
  const untrunked = minimumWith(false);
  const interfaces = trunking ? trunked : untrunked;
  return {
    ...minimumCapacityOf(name, types),
    interfaces,
    ...(trunked === interfaces ? {} : { trunkedInterfaces: trunked }),
    ...(untrunked === interfaces ? {} : { untrunkedInterfaces: untrunked }),
  };
}

/**
 * Returns the price per hour of a provider's instance in USD. Undefined if the provider has none and a type's is
 * unknown.
 */
export function providerPriceOf({
  pricePerHour,
  spot,
  instanceTypes,
}: Pick<CapacityProviderSetting, 'pricePerHour' | 'spot' | 'instanceTypes'>): number | undefined {
  if (pricePerHour !== undefined || spot) return pricePerHour;
  const prices = instanceTypes.map(instancePriceOf);
  return prices.some((price) => price === undefined) ? undefined : Math.max(...(prices as number[]));
}

/** Returns the price per month of a disk in USD. */
export function diskPriceOf({
  diskGib,
  diskThroughput,
}: Pick<CapacityProviderSetting, 'diskGib' | 'diskThroughput'>): number {
  const { gib, throughput } = DISK_PRICES;
  return Number((diskGib * gib + (diskThroughput - DISK_THROUGHPUT_MIN) * throughput).toFixed(4));
}

export function hasGpus(types: readonly InstanceTypeSetting[]): boolean {
  return types.some((type) => (instanceSizeOf(type)?.gpus ?? 0) > 0);
}

export function architecturesOf(types: readonly InstanceTypeSetting[]): ReadonlySet<Architecture> {
  return new Set(types.flatMap((type) => instanceSizeOf(type)?.architecture ?? []));
}
