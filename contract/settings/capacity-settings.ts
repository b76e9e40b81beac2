import * as z from 'zod/mini';
import type { CapacityProvider, DedicatedInstanceType } from '#core/ports/capacity-catalog.ts';
import { json, text } from './setting-kinds.ts';

/** The settings that the CDK app sets about the capacity that exists, and the prices of capacity and files. */

const PLACEMENT = ['api', 'drive'];
/** The maximum number of items in a list. */
const LIST_MAX = 20;

const cpuUnits = () => z.int().check(z.minimum(1), z.maximum(1_048_576));
/** The memory that the ECS agent registers. It is less than the memory of the instance type. */
const memoryMib = () => z.int().check(z.minimum(1), z.maximum(33_554_432));
const gpuCount = () => z.int().check(z.minimum(0), z.maximum(1024));
const interfaces = () => z.int().check(z.minimum(1), z.maximum(10_000));
const usdPerHour = () => z.number().check(z.minimum(0), z.maximum(10_000));

/** A list of values, because 20 providers as objects exceed the 4 KB of an environment. */
const providerSchema = () =>
  z.pipe(
    z.tuple([
      /** The form of names that ECS accepts. */
      z.string().check(z.regex(/^[a-zA-Z0-9_-]{1,255}$/)),
      cpuUnits(),
      memoryMib(),
      gpuCount(),
      interfaces(),
      interfaces(),
      interfaces(),
      usdPerHour(),
      usdPerHour(),
    ]),
    z.transform(
      ([name, cpu, memory, gpus, newInterfaces, trunked, untrunked, price, diskPrice]): CapacityProvider => ({
        name,
        cpuUnits: cpu,
        memoryMib: memory,
        gpuCount: gpus,
        interfaces: newInterfaces,
        trunkedInterfaces: trunked,
        untrunkedInterfaces: untrunked,
        price,
        diskPrice,
      }),
    ),
  );

const PROVIDER_FORM =
  '["name",cpuUnits,memoryMib,gpuCount,interfaces,trunkedInterfaces,untrunkedInterfaces,price,diskPrice]';

const providersSchema = () =>
  z.array(providerSchema()).check(z.maxLength(LIST_MAX), z.refine(hasUniqueNames));

/** Returns the value of WB_CAPACITY_PROVIDERS. */
export function formatProviders(providers: readonly CapacityProvider[]): string {
  return JSON.stringify(
    providers.map(
      ({
        name,
        cpuUnits: cpu,
        memoryMib: memory,
        gpuCount: gpus,
        interfaces: newInterfaces,
        trunkedInterfaces: trunked = newInterfaces,
        untrunkedInterfaces: untrunked = newInterfaces,
        price,
        diskPrice = 0,
      }) => [name, cpu, memory, gpus, newInterfaces, trunked, untrunked, price, diskPrice],
    ),
  );
}

const instanceTypeSchema = () =>
  z.pipe(
    z.tuple([z.string().check(z.regex(/^[a-z0-9][a-z0-9.-]{0,63}$/)), cpuUnits(), memoryMib(), gpuCount()]),
    z.transform(
      ([name, cpu, memory, gpus]): DedicatedInstanceType => ({
        name,
        cpuUnits: cpu,
        memoryMib: memory,
        gpuCount: gpus,
      }),
    ),
  );

const instanceTypesSchema = () =>
  z.array(instanceTypeSchema()).check(z.maxLength(LIST_MAX), z.refine(hasUniqueNames));

/** Returns the value of WB_INSTANCE_TYPES. */
export function formatInstanceTypes(types: readonly DedicatedInstanceType[]): string {
  return JSON.stringify(
    types.map(({ name, cpuUnits: cpu, memoryMib: memory, gpuCount: gpus }) => [name, cpu, memory, gpus]),
  );
}

const instancePricesSchema = () =>
  z
    .record(z.string().check(z.regex(/^[a-z0-9][a-z0-9.-]{0,63}$/)), usdPerHour())
    .check(z.refine((prices) => Object.keys(prices).length <= LIST_MAX));

function hasUniqueNames(entries: readonly { readonly name: string }[]): boolean {
  return new Set(entries.map(({ name }) => name)).size === entries.length;
}

export const CAPACITY_SETTINGS = {
  WB_CAPACITY_PROVIDERS: json({
    description:
      'The capacity providers of the cluster, each with the capacity of one instance, its price in USD per hour, and that of its disk in USD per month. `interfaces` is the number of tasks for which a new instance has network interfaces, the next two are the same for an instance with and without a trunk interface.',
    expected: `a JSON list of at most ${LIST_MAX} of \`${PROVIDER_FORM}\`, each name once`,
    schema: providersSchema,
    default: '[]',
    readBy: PLACEMENT,
  }),
  WB_INSTANCE_TYPES: json({
    description: 'The instance types that hosts can have, each with its capacity.',
    expected: `a JSON list of at most ${LIST_MAX} of \`["name",cpuUnits,memoryMib,gpuCount]\`, each name once`,
    schema: instanceTypesSchema,
    default: '[]',
    readBy: PLACEMENT,
  }),
  WB_INSTANCE_PRICES: json({
    description: 'The prices of these instance types in USD per hour, as far as they are known.',
    expected: `a JSON object of at most ${LIST_MAX} names of instance types and prices`,
    schema: instancePricesSchema,
    default: '{}',
    readBy: PLACEMENT,
  }),
  WB_HOST_DISK_PRICE: json({
    description:
      'The price of the disk of a host in USD per month. AWS also bills it while the host is stopped.',
    expected: 'a number from 0 to 10,000',
    schema: usdPerHour,
    default: '0',
    readBy: PLACEMENT,
  }),
  WB_FILES_PRICE: json({
    description:
      'The price of the files of workbenches in USD per GiB and month. `0`: files are not measured, and costs are shown without them.',
    expected: 'a number from 0 to 10,000',
    schema: usdPerHour,
    default: '0',
    readBy: ['sweep-volumes'],
  }),
  WB_PRICES_AS_OF: text({
    description: 'The month of the list prices in these settings. The API shows it with each cost.',
    expected: 'a month such as `2026-07`',
    maxLength: 7,
    pattern: /^\d{4}-\d{2}$/,
    readBy: PLACEMENT,
  }),
};
