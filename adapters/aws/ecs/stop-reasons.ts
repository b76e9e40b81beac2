import { WORKBENCH_CONTAINER } from '#contract/log-streams.ts';
import type { RunOutcome, StopReason } from '#core/ports/task-runner.ts';
import { REASONS, type ReasonCode } from '#core/workbench/reasons.ts';
import { hideAccessPointIds } from '../access-point-ids.ts';

/** Why a task stopped, as ECS reports it. */
export interface EcsStop {
  readonly stopCode?: string | undefined;
  readonly stoppedReason?: string | undefined;
  readonly containers: readonly EcsContainerStop[];
  /** When the task became RUNNING; absent if it never did. */
  readonly startedAt?: unknown;
}

export interface EcsContainerStop {
  readonly name?: string | undefined;
  /** Docker's id. Absent if the agent has reported no container. */
  readonly runtimeId?: string | undefined;
  readonly reason?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly healthStatus?: string | undefined;
}

/** Longer messages are truncated to this length, in characters. */
const MESSAGE_MAX_CHARS = 500;

/** `Host EC2 (instance i-…) stopped.` or `… terminated.` */
const HOST_GONE_PREFIX = 'Host EC2 (instance ';

const MOUNT_POINT_OWNED = /failed to chown/;

/**
 * Texts of ECS, its agent and Docker in the reason of a container or task. The first match applies. Only error names and
 * the parts that name a component are compared, because the rest of a text is not stable.
 */
const CODE_OF_TEXT: readonly (readonly [pattern: RegExp, code: ReasonCode])[] = [
  [/^CannotPull/, 'image_pull_failed'],
  [/^DockerTimeoutError: Could not transition to pulled/, 'image_pull_failed'],
  [/^OutOfMemoryError/, 'out_of_memory'],
  [/no space left on device/, 'start_refused'],
  // ECS on EC2 mounts a volume when Docker creates or starts the container, so the error names the container.
  [/^CannotCreateVolumeError|failed to invoke EFS utils/, 'storage_failed'],
  [MOUNT_POINT_OWNED, 'storage_failed'],
  [/VolumeDriver\.|amazon-ecs-volume-plugin|\/var\/lib\/ecs\/volumes\//, 'storage_failed'],
  [/^(RESOURCE:|NO ACTIVE INSTANCES|EMPTY CAPACITY PROVIDER|AGENT|ATTRIBUTE|LOCATION)/, 'no_capacity'],
  // ECS no longer monitors what a deregistered instance runs. Only terminated instances are deregistered by force.
  [/^Container instance deregistration forced/, 'instance_lost'],
];

/**
 * EC2 is eventually consistent: after it has begun to end an instance, it may report the instance as running for some time.
 * AWS advises to wait for up to five minutes. Milliseconds.
 */
const EC2_SETTLES_MS = 5 * 60_000;
/**
 * The same for a task that most likely never had a container. The container of a task that boots has an id, although the task
 * is PENDING until it is ready. Milliseconds.
 */
const EC2_SETTLES_WITHOUT_CONTAINER_MS = 30_000;
/** The stop codes of tasks that end before they have a container. */
const STOP_CODES_WITHOUT_CONTAINER: ReadonlySet<string | undefined> = new Set([
  'TaskFailedToStart',
  'UserInitiated',
]);

/** The exit codes after SIGKILL and SIGTERM, with which the agent stops containers. */
const EXIT_CODES_OF_SIGNALS: ReadonlySet<number> = new Set([137, 143]);

/** What the agent reports of a container that waited for the workbench's container. It is no cause. */
const DEPENDENCY_ENDED = /dependency graph: failed to resolve container ordering dependency/;

/** The reasons that another task would have, too. A task that found no capacity has waited for it until its deadline. */
const CODES_NOT_RETRIED: ReadonlySet<StopReason['code']> = new Set([
  'exited',
  'no_capacity',
  'out_of_memory',
]);

/** Docker could not copy the image's folder at the mount point to the volume. It begins the message, which may be cut. */
const MOUNT_POINT_HINT = 'The image has the mount point with another owner: see image:push.';

/** What ECS writes if only the container has a reason. */
const GENERIC_REASONS: ReadonlySet<string> = new Set([
  '',
  'Task failed to start',
  'Essential container in task exited',
]);

/** The stop codes of ECS, for tasks whose reason has no known text. */
const REASON_OF_STOP_CODE: Readonly<Record<string, StopReason['code']>> = {
  EssentialContainerExited: 'exited',
  InfrastructureHealth: 'instance_lost',
  ServiceSchedulerInitiated: 'requested',
  SpotInterruption: 'spot_interrupted',
  TaskFailedToStart: 'start_refused',
  TerminationNotice: 'instance_lost',
  UserInitiated: 'requested',
};

/** The stop codes of tasks that the platform ended. Absent in a task whose end ECS explains by nothing. */
const STOP_CODES_OF_PLATFORM: ReadonlySet<string | undefined> = new Set([
  undefined,
  'InfrastructureHealth',
  'SpotInterruption',
  'TaskFailedToStart',
  'TerminationNotice',
]);

/** Maps the stop of a task to a reason code and a message for the user. */
export function toStopReason(stop: EcsStop): StopReason {
  const reason = explain(stop);
  return isRetryable(stop, reason.code) ? { ...reason, retryable: true } : reason;
}

/** Whether the platform ended the task before it was RUNNING, for a reason that may pass. */
function isRetryable({ stopCode, containers, startedAt }: EcsStop, code: StopReason['code']): boolean {
  if (startedAt !== undefined || !STOP_CODES_OF_PLATFORM.has(stopCode)) return false;
  if (CODES_NOT_RETRIED.has(code)) return false;
  return !containers.some(({ reason = '' }) => MOUNT_POINT_OWNED.test(reason));
}

function explain(stop: EcsStop): StopReason {
  const { stopCode = '', stoppedReason, containers } = stop;
  if (isHostGone(stop))
    return { code: 'instance_lost', message: truncate(`${stoppedReason} Start the workbench again.`) };
  const code =
    (Object.hasOwn(REASON_OF_STOP_CODE, stopCode) ? REASON_OF_STOP_CODE[stopCode] : undefined) ?? 'task_lost';
  // The reasons of the containers do not matter: their stop was requested.
  if (code === 'requested')
    return { code, message: truncate(stoppedReason || 'A stop of the task was requested.') };
  // The other container may fail on its own, so its reason explains nothing.
  const workbench = workbenchContainers(containers);
  const specific = stoppedReason !== undefined && !isGeneric(stoppedReason) ? stoppedReason : '';
  const texts = [...workbench.map(({ reason = '' }) => reason), specific].filter((text) => text !== '');
  for (const text of texts) {
    const textCode = codeOfText(text);
    if (textCode === undefined) continue;
    const hint = MOUNT_POINT_OWNED.test(text) ? `${MOUNT_POINT_HINT} ` : '';
    return { code: textCode, message: truncate(hint + removeErrorName(text)) };
  }
  const exitCode = workbench.find((container) => container.exitCode !== undefined)?.exitCode;
  if (exitCode !== undefined && (code === 'exited' || hasExitedAtBoot(stop, exitCode))) {
    return { code: 'exited', message: `The main process exited with code ${exitCode}.` };
  }
  return { code, message: truncate(removeErrorName(specific || texts[0] || '') || REASONS[code]) };
}

/**
 * Whether the program has exited by itself before the task was RUNNING. ECS may report this as a task that failed to start.
 * If the agent has stopped the container, something else has a reason, or the exit code is that of a signal.
 */
function hasExitedAtBoot({ stopCode, stoppedReason = '', containers }: EcsStop, exitCode: number): boolean {
  if (stopCode !== 'TaskFailedToStart' || EXIT_CODES_OF_SIGNALS.has(exitCode)) return false;
  return [stoppedReason, ...containers.map(({ reason = '' }) => reason)].every(isGeneric);
}

function isGeneric(reason: string): boolean {
  return GENERIC_REASONS.has(reason) || DEPENDENCY_ENDED.test(reason);
}

function codeOfText(text: string): ReasonCode | undefined {
  return CODE_OF_TEXT.find(([pattern]) => pattern.test(text))?.[1];
}

/**
 * Whether the agent has reported the end of a STOPPED task: the workbench's container has an exit code or a reason.
 * Otherwise ECS has concluded the end, for example because EC2 has begun to stop or terminate the instance, and the
 * container may still run. The other container may have ended on its own, so its fields do not count.
 */
export function isReportedByAgent({ stopCode, stoppedReason, containers }: EcsStop): boolean {
  if (isHostGone({ stopCode, stoppedReason })) return false;
  return workbenchContainers(containers).some(({ exitCode, reason }) => exitCode !== undefined || reason);
}

/**
 * How long after STOPPED nothing follows from EC2 reporting the instance as running. Milliseconds; 0 if the agent has
 * reported the end. See docs/decisions/0011-only-ec2-ends-an-instance.md.
 */
export function conclusionSettlesMs(stop: EcsStop): number {
  if (isReportedByAgent(stop)) return 0;
  const hadContainer =
    stop.startedAt !== undefined || workbenchContainers(stop.containers).some(({ runtimeId }) => runtimeId);
  const hadNoContainer =
    !hadContainer && STOP_CODES_WITHOUT_CONTAINER.has(stop.stopCode) && !isHostGone(stop);
  return hadNoContainer ? EC2_SETTLES_WITHOUT_CONTAINER_MS : EC2_SETTLES_MS;
}

/** The container of the workbench. All containers if they have no names. */
function workbenchContainers(containers: EcsStop['containers']): EcsStop['containers'] {
  const named = containers.filter(({ name }) => name === WORKBENCH_CONTAINER);
  return named.length === 0 ? containers : named;
}

/**
 * Whether ECS says that the instance of the task has stopped or was terminated. ECS may say so while EC2 still stops the
 * instance, so it is no proof. Ignored for a stop that a caller of StopTask requested, because that caller can write any
 * reason.
 */
function isHostGone({ stopCode, stoppedReason }: Pick<EcsStop, 'stopCode' | 'stoppedReason'>): boolean {
  return stopCode !== 'UserInitiated' && (stoppedReason?.startsWith(HOST_GONE_PREFIX) ?? false);
}

/**
 * The refusal for a RunTask response that has `failures` and no task: nothing was started. All failures concern the
 * instances that are available at present, so a later attempt may succeed; the transition deadline ends the retries.
 */
export function toRunRefusal(
  failures: readonly { readonly reason?: string | undefined; readonly detail?: string | undefined }[],
): Extract<RunOutcome, { kind: 'refused' }> {
  const reasons = [...new Set(failures.map(({ reason }) => reason ?? 'no reason'))].join(', ');
  const codes = failures.flatMap(({ reason = '' }) => codeOfText(reason) ?? []);
  const message = truncate(`No instance can run the task at present (${reasons || 'no reason'}).`);
  return { kind: 'refused', code: codes[0] ?? 'no_capacity', message, retryable: true };
}

/** `CannotPullContainerError: pull access denied` → `pull access denied`. Removes error names only. */
function removeErrorName(text: string): string {
  return text.replace(/^[A-Za-z]+Error: /, '');
}

function truncate(text: string): string {
  return hideAccessPointIds(text).slice(0, MESSAGE_MAX_CHARS);
}
