import * as z from 'zod/mini';
import { AGENT_VERSION_MIN } from '#core/machines/agent-version.ts';
import { MACHINE_STATES } from '#core/machines/list-machines.ts';
import { STATUSES } from '#core/workbench/history.ts';

/** The bodies of the responses about machines and capacity providers, as response-bodies.ts has those of all other routes. */

const time = () => z.iso.datetime().check(z.describe('ISO 8601, UTC, with milliseconds.'));
const success = z.literal(true);

const amount = (text: string) => z.int().check(z.minimum(0), z.describe(text));

const machineCapacityShape = {
  cpu: amount('CPU units: 1 vCPU = 1024.'),
  memory: amount('MiB.'),
  gpu: amount('Number of GPUs.'),
  interfaces: z.optional(
    amount(
      'Number of tasks for which it has a network interface; in local mode the number of workbenches that may run. Absent without such a limit.',
    ),
  ),
};

export const drainItemSchema = z.object({
  since: time(),
  until: z.optional(
    time().check(z.describe('When the workbenches on it are stopped. Absent: each at its next stop.')),
  ),
  requested_by: z.string().check(z.describe('The operator.')),
});
export type DrainItem = z.infer<typeof drainItemSchema>;
export const drainResponseSchema = z.object({
  success,
  item: z.extend(drainItemSchema, { machine_id: z.string() }),
});

export const machineItemSchema = z.object({
  machine_id: z.string().check(z.describe('The id of the EC2 instance; in local mode `local`.')),
  provider: z.optional(
    z
      .string()
      .check(
        z.describe(
          'The capacity provider that launched it, or `dedicated` for the host of one workbench. Absent if no capacity provider launched it.',
        ),
      ),
  ),
  instance_type: z.optional(z.string()),
  state: z
    .enum(MACHINE_STATES)
    .check(
      z.describe(
        '`starting`: it has not registered yet. `active`: it takes workbenches. `draining`: it takes no new workbench. `stopped`: a host whose workbench is stopped. `failed`: ECS could not complete its registration; terminate it.',
      ),
    ),
  agent: z.optional(
    z
      .object({
        connected: z.boolean(),
        version: z.optional(z.string()),
        outdated: z
          .boolean()
          .check(z.describe(`Its version is below ${AGENT_VERSION_MIN}: deploy, then replace the instance.`)),
      })
      .check(z.describe('The ECS agent. Absent in local mode.')),
  ),
  draining: z.optional(
    drainItemSchema.check(
      z.describe('An operator empties it. Absent if AWS drains it, for example to replace it.'),
    ),
  ),
  registered_at: z.optional(
    time().check(z.describe('When it registered with the cluster; in local mode when the server started.')),
  ),
  capacity: z.optional(
    z
      .object(machineCapacityShape)
      .check(z.describe('What it offers to tasks. Absent until it has registered.')),
  ),
  free: z.optional(
    z
      .object(machineCapacityShape)
      .check(
        z.describe(
          'What no task uses. In local mode workbenches share CPU and GPUs, and the memory is what the system reports as available.',
        ),
      ),
  ),
  workbenches: z.array(
    z.object({
      workbench_id: z.string(),
      user_id: z.string().check(z.describe('The owner.')),
      workbench_name: z.string(),
      status: z.enum(STATUSES),
    }),
  ),
});
export type MachineItem = z.infer<typeof machineItemSchema>;
export const machinesResponseSchema = z.object({
  success,
  items: z.array(machineItemSchema),
  complete: z.boolean().check(z.describe('Whether the list has all machines, and all workbenches on them.')),
  read_at: time().check(z.describe('When the list was read.')),
});

const price = (text: string) => z.number().check(z.minimum(0), z.describe(text));

export const providerItemSchema = z.object({
  name: z.string().check(z.describe('The name of the capacity provider, or of the instance type of hosts.')),
  kind: z
    .enum(['shared', 'dedicated'])
    .check(
      z.describe(
        '`shared`: a capacity provider, whose instances hold several workbenches. `dedicated`: an instance type, for `allocated_instance_type`.',
      ),
    ),
  capacity: z.object(machineCapacityShape).check(z.describe('What one new instance offers to tasks.')),
  price_usd_per_hour: z.optional(
    price('Price of one instance, USD per hour. Absent if the settings do not state it.'),
  ),
  default_workbench: z.optional(
    z
      .object({
        share: z
          .number()
          .check(
            z.minimum(0),
            z.maximum(1),
            z.describe(
              'Its share of an instance, as placement counts it: the largest of its shares of CPU, memory, GPUs and network interfaces.',
            ),
          ),
        price_usd_per_hour: price('Price × share.'),
      })
      .check(
        z.describe(
          'A workbench of the default size. Absent if an instance cannot hold it, or without a price.',
        ),
      ),
  ),
  free: z.optional(
    z
      .object({
        ...machineCapacityShape,
        instances: amount('Running instances that accept tasks.'),
        default_workbenches: amount('Workbenches of the default size that they can still hold.'),
      })
      .check(
        z.describe('The sums over the running instances of a capacity provider, as they have reported them.'),
      ),
  ),
});
export type ProviderItem = z.infer<typeof providerItemSchema>;
export const providersResponseSchema = z.object({ success, items: z.array(providerItemSchema) });
