import * as z from 'zod/mini';
import { toInstanceObservation } from '#adapters/aws/ecs/shared-instance-observation.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { type InstanceObservation, updateFreeCapacity } from '#core/placement/update-free-capacity.ts';
import type { SizeCatalog } from '#core/ports/capacity-catalog.ts';
import type { FreeCapacityStore } from '#core/ports/free-capacity-store.ts';
import type { HostObservation } from '#core/ports/host-fleet.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import { observeHost } from '#core/workbench/observe.ts';
import type { QueuePorts, RecordPorts } from '#core/workbench/update-record.ts';
import { sizeCatalog } from '../wiring/catalog.ts';
import { recordPorts } from '../wiring/change.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { freeCapacityStore, openTable } from '../wiring/table.ts';

const attributeSchema = z.object({ name: z.string(), value: z.optional(z.nullable(z.string())) });
const resourceSchema = z.object({
  name: z.string(),
  integerValue: z.optional(z.int()),
  stringSetValue: z.optional(z.array(z.string())),
});

/** What is read of EventBridge's `ECS Container Instance State Change`. */
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
    remainingResources: z.optional(z.array(resourceSchema)),
  }),
});

/** What the event tells, for each who wants to know. */
export interface ContainerInstanceChange {
  /** For the workbench that has the machine to itself, if one has. */
  readonly host: HostObservation;
  /** For placement; absent when it is a dedicated machine. */
  readonly sharedInstance?: InstanceObservation;
}

/**
 * Takes in that a machine of the cluster has changed: what a shared one has left is kept for placement; the
 * workbench that has a machine to itself is looked at, since its agent may have come or gone.
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
    const machine = change?.sharedInstance;
    // Of a shared machine no workbench is looked for: there is an event of it for each task that is placed.
    if (machine !== undefined && (await updateFreeCapacity(ports, machine))) return;
    const key = change && (await ports.workbenches.findByInstanceId(change.host.instanceId));
    if (change === undefined || key === undefined) {
      ports.telemetry.count('event_ignored', 1);
      return;
    }
    await observeHost(ports, policy, key, change.host);
  };
}

/** What the event says of a machine; undefined for every other event. */
export function readContainerInstanceEvent(event: unknown): ContainerInstanceChange | undefined {
  const parsed = z.safeParse(containerInstanceEventSchema, event);
  if (!parsed.success) return undefined;
  const { detail, time } = parsed.data;
  const { ec2InstanceId, agentConnected, status, capacityProviderName, attributes } = detail;
  const machine = toInstanceObservation(
    {
      ...detail,
      capacityProviderName: capacityProviderName ?? undefined,
      attributes: attributes?.map(({ name, value }) => ({ name, value: value ?? undefined })),
    },
    Date.parse(time),
  );
  return {
    // An agent speaks only from a running machine; of a silent one it is not known what it does.
    host: {
      instanceId: ec2InstanceId,
      state: 'running',
      agentConnected: agentConnected && status === 'ACTIVE',
    },
    ...(machine === undefined ? {} : { sharedInstance: machine }),
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
