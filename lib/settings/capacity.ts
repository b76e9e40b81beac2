import * as z from 'zod/mini';
import {
  type Architecture,
  allocatableCapacityOf,
  type InstanceSize,
  KNOWN_INSTANCE_TYPES,
} from '../instance-types.ts';
import { amount, choice, flag, group, integer, list, oneOf, text } from './setting-types.ts';

/** ECS allows 20 capacity providers in a cluster; a function's environment has no room for many more either. */
const PROVIDERS_MAX = 20;

const INSTANCE_TYPE = {
  expected: 'an instance type such as `m6i.large`',
  pattern: /^[a-z0-9-]+\.[a-z0-9-]+$/,
};

const typeName = text({ ...INSTANCE_TYPE, description: 'The name of the type.' });

const instanceType = oneOf(
  [
    typeName,
    group(
      {
        name: typeName,
        vcpus: integer({ description: 'Its virtual CPUs.', min: 1, max: 1024 }),
        memoryMib: integer({
          description: 'Its memory, as AWS lists it.',
          unit: 'MiB',
          min: 512,
          max: 33_554_432,
        }),
        gpus: z._default(integer({ description: 'Its GPUs.', min: 0, max: 1024 }), 0),
        architecture: z._default(
          choice({ description: 'Of its processor.', of: ['x86_64', 'arm64'] }),
          'x86_64',
        ),
        pricePerHour: z.optional(
          amount({ description: 'What an hour of it costs.', unit: 'USD', min: 0, max: 10_000 }),
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

const provider = group(
  {
    name: text({
      description: 'Names the size class, here and in what people are told.',
      expected: '1 to 32 lower-case letters, digits and hyphens',
      pattern: /^[a-z0-9][a-z0-9-]{0,31}$/,
    }),
    instanceTypes: list(instanceType, {
      description:
        'The types that its machines may be of, best alike in size: what can be requested is what the smallest of them holds.',
      expected: 'instance types',
      min: 1,
      max: 10,
    }),
    maxInstances: integer({ description: 'The most machines it may have at once.', min: 1, max: 1000 }),
    spot: z._default(
      flag({
        description:
          'Spot machines: cheaper, and AWS may take one back at two minutes’ notice, which ends the workbenches on it (`instance_lost`).',
      }),
      false,
    ),
    pricePerHour: z.optional(
      amount({
        description:
          'What an hour of one machine costs; placement compares providers by it. By default the dearest of its types, on demand. Required for spot machines, whose price moves: give what you pay on average.',
        unit: 'USD',
        min: 0,
        max: 10_000,
      }),
    ),
    targetCapacity: z._default(
      integer({
        description:
          'How full its machines may be on average before another is started; below 100 keeps room in reserve, for which is paid.',
        unit: '%',
        min: 1,
        max: 100,
      }),
      100,
    ),
    diskGib: z._default(
      integer({
        description: 'The disk of each machine, for images and what workbenches write outside their folder.',
        unit: 'GiB',
        min: 30,
        max: 16_384,
      }),
      100,
    ),
  },
  { description: 'A size class: machines of one kind, started when needed and stopped when not.' },
);

export const capacityProvidersSetting = list(provider, {
  description: 'The size classes, in the order in which they are shown to people.',
  expected: 'size classes',
  min: 1,
  max: PROVIDERS_MAX,
});

export const dedicatedSetting = group(
  {
    instanceTypes: z._default(
      list(instanceType, {
        description: 'The instance types that may be dedicated to a workbench.',
        expected: 'instance types',
        min: 0,
        max: PROVIDERS_MAX,
      }),
      [],
    ),
    diskGib: z._default(
      integer({
        description: 'The disk of each dedicated machine; paid for while it is stopped, too.',
        unit: 'GiB',
        min: 30,
        max: 16_384,
      }),
      100,
    ),
  },
  {
    description:
      'Machines of their own for workbenches that ask for one. A machine whose image is not the one of the last deployment is replaced when its workbench starts again.',
  },
);

export type CapacityProviderSetting = z.infer<typeof provider>;
export type InstanceTypeSetting = z.infer<typeof instanceType>;

/** A type with its size; undefined for a name that is not known. */
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

/** What is told of a provider or type to the functions. */
export interface NamedCapacity {
  readonly name: string;
  readonly cpuUnits: number;
  readonly memoryMib: number;
  readonly gpuCount: number;
}

/**
 * What the smallest of these types offers in each respect: the class must not promise what a machine of it may
 * not hold, since ECS then never starts one for it.
 */
export function minimumCapacityOf(name: string, types: readonly InstanceTypeSetting[]): NamedCapacity {
  const offers = types.flatMap((type) => instanceSizeOf(type) ?? []).map(allocatableCapacityOf);
  const least = (amountOf: (offer: ReturnType<typeof allocatableCapacityOf>) => number) =>
    Math.min(...offers.map(amountOf));
  return {
    name,
    cpuUnits: least(({ cpuUnits }) => cpuUnits),
    memoryMib: least(({ memoryMib }) => memoryMib),
    gpuCount: least(({ gpuCount }) => gpuCount),
  };
}

/** What an hour of a provider's machine costs, USD; undefined when neither it nor all its types say. */
export function providerPriceOf({
  pricePerHour,
  spot,
  instanceTypes,
}: Pick<CapacityProviderSetting, 'pricePerHour' | 'spot' | 'instanceTypes'>): number | undefined {
  if (pricePerHour !== undefined || spot) return pricePerHour;
  const prices = instanceTypes.map(instancePriceOf);
  return prices.some((price) => price === undefined) ? undefined : Math.max(...(prices as number[]));
}

export function hasGpus(types: readonly InstanceTypeSetting[]): boolean {
  return types.some((type) => (instanceSizeOf(type)?.gpus ?? 0) > 0);
}

export function architecturesOf(types: readonly InstanceTypeSetting[]): ReadonlySet<Architecture> {
  return new Set(types.flatMap((type) => instanceSizeOf(type)?.architecture ?? []));
}
