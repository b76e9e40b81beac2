import { WORKBENCH_CONTAINER } from '#contract/log-streams.ts';
import type { TaskObservation, TaskStatus } from '#core/ports/task-runner.ts';
import { type EcsContainerStop, isReportedByAgent, toStopReason } from './stop-reasons.ts';
import { type NamedValue, parseTaskIdentity, type TaskIdentityFields } from './task-identity.ts';

/** The fields of a task, as in a DescribeTasks response and in the `detail` of an event. */
export interface EcsTaskFields extends TaskIdentityFields {
  readonly taskArn?: string | undefined;
  readonly version?: number | undefined;
  readonly lastStatus?: string | undefined;
  /** A date in responses, ISO text in events. */
  readonly createdAt?: Date | string | undefined;
  readonly attachments?:
    | readonly { readonly type?: string | undefined; readonly details?: readonly NamedValue[] | undefined }[]
    | undefined;
  readonly connectivity?: string | undefined;
  readonly containerInstanceArn?: string | undefined;
  readonly capacityProviderName?: string | undefined;
  /** When the task became RUNNING. */
  readonly startedAt?: Date | string | undefined;
  readonly stopCode?: string | undefined;
  readonly stoppedReason?: string | undefined;
  readonly containers?: readonly EcsContainerStop[] | undefined;
}

const STATUS_OF_ECS_STATUS: ReadonlyMap<string, TaskStatus> = new Map([
  ['PROVISIONING', 'provisioning'],
  ['PENDING', 'pending'],
  ['ACTIVATING', 'pending'],
  ['RUNNING', 'running'],
  ['DEACTIVATING', 'stopping'],
  ['STOPPING', 'stopping'],
  ['DEPROVISIONING', 'stopping'],
  ['STOPPED', 'stopped'],
  ['DELETED', 'stopped'],
]);

/**
 * Converts the fields of a task. Undefined for a task that the controller did not start.
 * @param port the HTTP port of the workbench's container, at the address of the task
 */
export function parseTaskObservation(task: EcsTaskFields, port: number): TaskObservation | undefined {
  const identity = parseTaskIdentity(task);
  const status = STATUS_OF_ECS_STATUS.get(task.lastStatus ?? '');
  const { version, containerInstanceArn, capacityProviderName } = task;
  if (identity === undefined || status === undefined) return undefined;
  if (task.taskArn === undefined || version === undefined) return undefined;
  const createdAt = new Date(task.createdAt ?? Number.NaN).getTime();
  const waitsForCapacity = status === 'provisioning' && containerInstanceArn === undefined;
  const address = addressOf(task);
  const instance = instanceStateOf(task, status);
  return {
    taskId: taskIdOf(task.taskArn),
    ...identity,
    ...(Number.isNaN(createdAt) ? {} : { createdAt }),
    version,
    status,
    ...(waitsForCapacity ? { detail: 'capacity' } : {}),
    ...(isUnhealthy(task) ? { unhealthy: true } : {}),
    ...(address === undefined ? {} : { endpoint: `http://${address}:${port}` }),
    ...(containerInstanceArn === undefined ? {} : { containerInstance: containerInstanceArn }),
    ...(capacityProviderName === undefined ? {} : { provider: capacityProviderName }),
    ...(instance === undefined ? {} : { instance }),
    ...(status === 'stopped' ? { stop: toStopReason({ ...task, containers: task.containers ?? [] }) } : {}),
  };
}

/**
 * The part of a task's ARN that identifies it within its cluster. ECS accepts it wherever it accepts the ARN. A record
 * holds up to four task ids: this saves it a quarter of a kilobyte.
 */
function taskIdOf(taskArn: string): string {
  return taskArn.slice(taskArn.lastIndexOf('/') + 1);
}

function addressOf({ attachments }: EcsTaskFields): string | undefined {
  const interfaces = attachments?.filter(({ type }) => type === 'eni' || type === 'ElasticNetworkInterface');
  const details = interfaces?.flatMap((attachment) => attachment.details ?? []);
  return details?.find(({ name }) => name === 'privateIPv4Address')?.value;
}

/** ECS replaces an unhealthy task only if it belongs to a service. */
function isUnhealthy({ containers = [] }: EcsTaskFields): boolean {
  return containers.some(
    ({ name, healthStatus }) => name === WORKBENCH_CONTAINER && healthStatus === 'UNHEALTHY',
  );
}

/** ECS alone never says `gone`: docs/decisions/0011-only-ec2-ends-an-instance.md. */
function instanceStateOf(task: EcsTaskFields, status: TaskStatus): TaskObservation['instance'] {
  const { containerInstanceArn, connectivity, containers = [] } = task;
  if (containerInstanceArn === undefined) return undefined;
  if (status === 'stopped' && !isReportedByAgent({ ...task, containers })) return 'unknown';
  if (connectivity === undefined) return status === 'stopped' ? 'unknown' : undefined;
  return connectivity === 'CONNECTED' ? 'connected' : 'disconnected';
}
