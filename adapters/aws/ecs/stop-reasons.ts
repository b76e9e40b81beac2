import type { RunOutcome, TaskObservation } from '#core/ports/task-runner.ts';
import { REASONS, type ReasonCode } from '#core/workbench/reasons.ts';

/** Why a task stopped, as ECS reports it. */
export interface EcsStop {
  readonly stopCode?: string | undefined;
  readonly stoppedReason?: string | undefined;
  readonly containers: readonly {
    readonly reason?: string | undefined;
    readonly exitCode?: number | undefined;
  }[];
}

export type StopReason = NonNullable<TaskObservation['stop']>;

/** Longer messages are truncated to this length, in characters. */
const MESSAGE_MAX_CHARS = 500;

/** `Host EC2 (instance i-…) stopped.` or `… terminated.` */
const HOST_GONE_PREFIX = 'Host EC2 (instance ';

/**
 * Prefixes of the reasons of a task or container that ECS documents. The first match applies. Only prefixes are compared,
 * because the text after them is not stable.
 */
const REASON_PREFIXES: readonly (readonly [prefix: string, code: ReasonCode])[] = [
  ['CannotPullContainerError', 'image_pull_failed'],
  ['CannotPullECRContainerError', 'image_pull_failed'],
  ['CannotPullImageManifestError', 'image_pull_failed'],
  ['OutOfMemoryError', 'out_of_memory'],
  ['CannotCreateVolumeError', 'storage_failed'],
  ['ResourceInitializationError: failed to invoke EFS utils', 'storage_failed'],
  ['ResourceInitializationError', 'start_refused'],
  ['RESOURCE:', 'no_capacity'],
  ['NO ACTIVE INSTANCES', 'no_capacity'],
  ['EMPTY CAPACITY PROVIDER', 'no_capacity'],
  ['AGENT', 'no_capacity'],
  ['ATTRIBUTE', 'no_capacity'],
  ['LOCATION', 'no_capacity'],
  // ECS no longer monitors what a deregistered instance runs. Only terminated instances are deregistered by force.
  ['Container instance deregistration forced', 'instance_lost'],
];

/** The stop codes of ECS, for tasks whose reason has no known prefix. */
const REASON_OF_STOP_CODE: Readonly<Record<string, StopReason['code']>> = {
  EssentialContainerExited: 'exited',
  InfrastructureHealth: 'instance_lost',
  ServiceSchedulerInitiated: 'requested',
  SpotInterruption: 'instance_lost',
  TaskFailedToStart: 'start_refused',
  TerminationNotice: 'instance_lost',
  UserInitiated: 'requested',
};

/** Maps the stop of a task to a reason code and a message for the user. */
export function toStopReason(stop: EcsStop): StopReason {
  const { stopCode = '', stoppedReason, containers } = stop;
  if (isHostGone(stop))
    return { code: 'instance_lost', message: truncate(stoppedReason || REASONS.instance_lost) };
  const code =
    (Object.hasOwn(REASON_OF_STOP_CODE, stopCode) ? REASON_OF_STOP_CODE[stopCode] : undefined) ?? 'task_lost';
  // The reasons of the containers do not matter: their stop was requested.
  if (code === 'requested')
    return { code, message: truncate(stoppedReason || 'A stop of the task was requested.') };
  const texts = [...containers.map(({ reason }) => reason), stoppedReason];
  for (const [prefix, prefixCode] of REASON_PREFIXES) {
    const text = texts.find((candidate) => candidate?.startsWith(prefix));
    if (text !== undefined) return { code: prefixCode, message: truncate(removeErrorName(text)) };
  }
  const exitCode = containers.find((container) => container.exitCode !== undefined)?.exitCode;
  if (code === 'exited' && exitCode !== undefined) {
    return { code, message: `The main process exited with code ${exitCode}.` };
  }
  return { code, message: truncate(stoppedReason || REASONS[code]) };
}

/**
 * Whether the instance of the task has stopped or was terminated, so that nothing can be running on it. Ignored for a
 * stop that a caller of StopTask requested, because that caller can write any reason.
 */
export function isHostGone({
  stopCode,
  stoppedReason,
}: Pick<EcsStop, 'stopCode' | 'stoppedReason'>): boolean {
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
  const known = REASON_PREFIXES.find(([prefix]) => failures.some(({ reason }) => reason?.startsWith(prefix)));
  const message = truncate(`No instance can run the task at present (${reasons || 'no reason'}).`);
  return { kind: 'refused', code: known?.[1] ?? 'no_capacity', message, retryable: true };
}

/** `CannotPullContainerError: pull access denied` → `pull access denied`. Removes error names only. */
function removeErrorName(text: string): string {
  return text.replace(/^[A-Za-z]+Error: /, '');
}

function truncate(text: string): string {
  return text.slice(0, MESSAGE_MAX_CHARS);
}
