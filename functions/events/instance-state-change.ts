import * as z from 'zod/mini';
import { type HostObservation, INSTANCE_STATES } from '#core/ports/host-fleet.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import type { ChangePorts, WakePorts } from '#core/workbench/change.ts';
import { observeHost } from '#core/workbench/observe.ts';
import { type PolicySettings, policyOf } from '../policy.ts';

const instanceEvent = z.object({
  source: z.literal('aws.ec2'),
  'detail-type': z.literal('EC2 Instance State-change Notification'),
  detail: z.object({ 'instance-id': z.string(), state: z.enum(INSTANCE_STATES) }),
});

const containerInstanceEvent = z.object({
  source: z.literal('aws.ecs'),
  'detail-type': z.literal('ECS Container Instance State Change'),
  detail: z.object({ ec2InstanceId: z.string(), agentConnected: z.boolean(), status: z.string() }),
});

/**
 * Takes in that a machine has changed: `EC2 Instance State-change Notification`, which carries no version, and
 * `ECS Container Instance State Change`, of which only the agent's connection is of interest. Both are hints:
 * the workbench that has the machine to itself is looked at. Other machines are passed over.
 */
export function build(
  ports: ChangePorts & WakePorts & { readonly workbenches: Pick<WorkbenchStore, 'findByInstanceId'> },
  settings: PolicySettings,
): (event: unknown) => Promise<void> {
  const policy = policyOf(settings);
  return async (event) => {
    const host = readInstanceEvent(event);
    const key = host && (await ports.workbenches.findByInstanceId(host.instanceId));
    if (host === undefined || key === undefined) {
      ports.telemetry.count('event_passed_over', 1);
      return;
    }
    await observeHost(ports, policy, key, host);
  };
}

/** What the event says of a machine; undefined for every other event. */
export function readInstanceEvent(event: unknown): HostObservation | undefined {
  const instance = instanceEvent.safeParse(event);
  if (instance.success) {
    const { 'instance-id': instanceId, state } = instance.data.detail;
    return { instanceId, state, agentConnected: false };
  }
  const agent = containerInstanceEvent.safeParse(event);
  if (!agent.success) return undefined;
  const { ec2InstanceId, agentConnected, status } = agent.data.detail;
  // An agent speaks only from a running machine; of a silent one it is not known what it does.
  return {
    instanceId: ec2InstanceId,
    state: 'running',
    agentConnected: agentConnected && status === 'ACTIVE',
  };
}
