import * as z from 'zod/mini';
import type { InstanceTasks } from '#adapters/aws/ecs/instance-tasks.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { observeInterruption } from '#core/workbench/observe.ts';
import type { QueuePorts, RecordPorts } from '#core/workbench/update-record.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { recordPorts } from '../wiring/ports.ts';
import { instanceTasks } from '../wiring/tasks.ts';

const instanceId = z.string().check(z.minLength(1), z.maxLength(64));

/** EC2 ends the instance two minutes after this event. */
const spotWarningSchema = z.object({
  source: z.literal('aws.ec2'),
  'detail-type': z.literal('EC2 Spot Instance Interruption Warning'),
  time: z.iso.datetime(),
  detail: z.object({ 'instance-id': instanceId }),
});

/**
 * A container instance that gets no more tasks although its agent is connected: AWS or an operator replaces it, or an
 * operator empties it through the API. Then the API informs the records of it. The controller
 * itself drains only instances with a disconnected agent, or for a forced stop.
 */
const drainingSchema = z.object({
  source: z.literal('aws.ecs'),
  'detail-type': z.literal('ECS Container Instance State Change'),
  time: z.iso.datetime(),
  detail: z.object({
    ec2InstanceId: instanceId,
    status: z.literal('DRAINING'),
    agentConnected: z.literal(true),
  }),
});

/** The announced end of an instance. */
export interface InstanceInterruption {
  readonly instanceId: string;
  readonly kind: 'spot' | 'draining';
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * Handles events that announce the end of an instance, for each workbench whose task runs on it. If the function
 * throws, Lambda invokes it again; a repeated event changes nothing.
 */
export function build(
  ports: RecordPorts & QueuePorts & { readonly instanceTasks: Pick<InstanceTasks, 'list'> },
  settings: PolicySettings,
): (event: unknown) => Promise<void> {
  const policy = policyOf(settings);
  return async (event) => {
    const interruption = readInterruption(event);
    const tasks = interruption === undefined ? [] : await listTasks(ports, interruption);
    if (interruption === undefined || tasks.length === 0) {
      ports.telemetry.count('event_ignored', 1);
      return;
    }
    const { kind, at } = interruption;
    const errors: unknown[] = [];
    for (const { userId, workbenchId, taskId } of tasks) {
      try {
        await observeInterruption(ports, policy, { userId, workbenchId }, { taskId, kind, at });
      } catch (error) {
        // The others have two minutes at most and must not wait for the retry of this one.
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  };
}

/** An operator may have ended the draining since a late event. */
function listTasks(
  { instanceTasks }: { readonly instanceTasks: Pick<InstanceTasks, 'list'> },
  { instanceId, kind }: InstanceInterruption,
): ReturnType<InstanceTasks['list']> {
  return instanceTasks.list(instanceId, { onlyIfDraining: kind === 'draining' });
}

/** The interruption in the event; undefined for other events. */
export function readInterruption(event: unknown): InstanceInterruption | undefined {
  const warning = z.safeParse(spotWarningSchema, event);
  if (warning.success) {
    const { time, detail } = warning.data;
    return { instanceId: detail['instance-id'], kind: 'spot', at: Date.parse(time) };
  }
  const draining = z.safeParse(drainingSchema, event);
  if (!draining.success) return undefined;
  const { time, detail } = draining.data;
  return { instanceId: detail.ec2InstanceId, kind: 'draining', at: Date.parse(time) };
}

export const handler = createHandler('instance-interrupted', (wiring) =>
  build({ ...recordPorts(wiring), instanceTasks: instanceTasks(wiring.settings) }, wiring.settings),
);
