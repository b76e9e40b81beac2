import * as z from 'zod/mini';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { type HostObservation, INSTANCE_STATES } from '#core/ports/host-fleet.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import { observeHost } from '#core/workbench/observe.ts';
import type { QueuePorts, RecordPorts } from '#core/workbench/update-record.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { recordPorts } from '../wiring/ports.ts';

const instanceEventSchema = z.object({
  source: z.literal('aws.ec2'),
  'detail-type': z.literal('EC2 Instance State-change Notification'),
  detail: z.object({ 'instance-id': z.string(), state: z.enum(INSTANCE_STATES) }),
});

/**
 * Handles an `EC2 Instance State-change Notification`. It has no version, so it is only a hint for the workbench whose
 * host it is. Events of other instances are ignored.
 */
export function build(
  ports: RecordPorts & QueuePorts & { readonly workbenches: Pick<WorkbenchStore, 'findByInstanceId'> },
  settings: PolicySettings,
): (event: unknown) => Promise<void> {
  const policy = policyOf(settings);
  return async (event) => {
    const host = readInstanceEvent(event);
    const key = host && (await ports.workbenches.findByInstanceId(host.instanceId));
    if (host === undefined || key === undefined) {
      ports.telemetry.count('event_ignored', 1);
      return;
    }
    await observeHost(ports, policy, key, host);
  };
}

/** The observation in the event; undefined for other events. */
export function readInstanceEvent(event: unknown): HostObservation | undefined {
  const parsed = instanceEventSchema.safeParse(event);
  if (!parsed.success) return undefined;
  const { 'instance-id': instanceId, state } = parsed.data.detail;
  return { instanceId, state, agentConnected: false };
}

export const handler = createHandler('instance-state-change', (wiring) =>
  build(recordPorts(wiring), wiring.settings),
);
