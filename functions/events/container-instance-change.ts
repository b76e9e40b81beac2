import * as z from 'zod/mini';
import { toInstanceObservation } from '#adapters/aws/ecs/shared-instance-observation.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { type InstanceObservation, updateFreeCapacity } from '#core/placement/capacity.ts';
import type { SizeCatalog } from '#core/ports/capacity-catalog.ts';
import type { FreeCapacityStore } from '#core/ports/free-capacity-store.ts';
import type { HostObservation } from '#core/ports/host-fleet.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import { observeHost } from '#core/workbench/observe.ts';
import type { QueuePorts, RecordPorts } from '#core/workbench/update-record.ts';
import { sizeCatalog } from '../wiring/catalog.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { recordPorts } from '../wiring/ports.ts';
import { freeCapacityStore, openTable } from '../wiring/table.ts';

const attributeSchema = z.object({ name: z.string(), value: z.optional(z.nullable(z.string())) });
const resourceSchema = z.object({
  name: z.string(),
  integerValue: z.optional(z.int()),
  stringSetValue: z.optional(z.array(z.string())),
});

/** The used part of an `ECS Container Instance State Change` event. */
const containerInstanceEventSchema = z.object({
  source: z.literal('aws.ecs'),
  'detail-type': z.literal('ECS Container Instance State Change'),
  time: z.iso.datetime(),
  detail: z.object({
    ec2InstanceId: z.string().check(z.minLength(1), z.maxLength(64)),
    agentConnected: z.boolean(),
    status: z.string(),
    version: z.int(),
    containerInstanceArn: z.string().check(z.maxLength(2048)),
    capacityProviderName: z.optional(z.nullable(z.string())),
    attributes: z.optional(z.array(attributeSchema)),
    registeredResources: z.optional(z.array(resourceSchema)),
    remainingResources: z.optional(z.array(resourceSchema)),
    runningTasksCount: z.optional(z.nullable(z.int())),
    pendingTasksCount: z.optional(z.nullable(z.int())),
  }),
});

/** The two observations in one event. */
export interface ContainerInstanceChange {
  /** For the workbench whose host it is, if there is one. */
  readonly host: HostObservation;
  /** For placement; absent for a host. */
  readonly sharedInstance?: InstanceObservation;
}

/**
 * Handles a change of a container instance. It stores the free capacity of a shared instance for placement, and applies
 * the state of a host's agent to its workbench.
 */
export function build(
  ports: RecordPorts &
    QueuePorts & {
      readonly workbenches: Pick<WorkbenchStore, 'findByInstanceId'>;
      readonly freeCapacity: FreeCapacityStore;
      readonly catalog: Pick<SizeCatalog, 'providers'>;
    },
  settings: PolicySettings,
): (event: unknown) => Promise<void> {
  const policy = policyOf(settings);
  return async (event) => {
    const change = readContainerInstanceEvent(event);
    const sharedInstance = change?.sharedInstance;
    // No workbench is searched for a shared instance, since every placement of a task causes an event of it.
    if (sharedInstance !== undefined && (await updateFreeCapacity(ports, sharedInstance))) return;
    const key = change && (await ports.workbenches.findByInstanceId(change.host.instanceId));
    if (change === undefined || key === undefined) {
      ports.telemetry.count('event_ignored', 1);
      return;
    }
    await observeHost(ports, policy, key, change.host);
  };
}

/** The observations in the event; undefined for other events. */
export function readContainerInstanceEvent(event: unknown): ContainerInstanceChange | undefined {
  const parsed = z.safeParse(containerInstanceEventSchema, event);
  if (!parsed.success) return undefined;
  const { detail, time } = parsed.data;
  const { ec2InstanceId, agentConnected, status, capacityProviderName, attributes } = detail;
  const sharedInstance = toInstanceObservation(
    {
      ...detail,
      capacityProviderName: capacityProviderName ?? undefined,
      attributes: attributes?.map(({ name, value }) => ({ name, value: value ?? undefined })),
    },
    Date.parse(time),
  );
  return {
    // An agent connects only from a running instance. Without a connection the state of the instance is unknown.
    host: {
      instanceId: ec2InstanceId,
      state: 'running',
      agentConnected: agentConnected && status === 'ACTIVE',
    },
    ...(sharedInstance === undefined ? {} : { sharedInstance }),
  };
}

export const handler = createHandler('container-instance-change', (wiring) => {
  const table = openTable(wiring);
  const ports = {
    ...recordPorts(wiring, table),
    freeCapacity: freeCapacityStore(table),
    catalog: sizeCatalog(wiring.settings),
  };
  return build(ports, wiring.settings);
});
