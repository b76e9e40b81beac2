import type { RunOutcome, TaskObservation } from '#core/ports/task-runner.ts';
import { REASONS, type ReasonCode } from '#core/workbench/reasons.ts';

/** What ECS says of a task that has stopped. */
export interface EcsStop {
  readonly stopCode?: string | undefined;
  readonly stoppedReason?: string | undefined;
  readonly containers: readonly {
    readonly reason?: string | undefined;
    readonly exitCode?: number | undefined;
  }[];
}

export type StopReason = NonNullable<TaskObservation['stop']>;

/** The longest message kept, in characters. */
const MESSAGE_MAX_CHARS = 500;

/** `Host EC2 (instance i-…) stopped.` or `… terminated.` */
const HOST_GONE_PREFIX = 'Host EC2 (instance ';

/**
 * Reasons that ECS documents by how they begin, of the task or of a container; the first that fits counts.
 * Compared with the beginning alone: what follows is prose, and changes.
 */
const REASON_PREFIXES: readonly (readonly [beginning: string, code: ReasonCode])[] = [
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
  // What the machine still runs is watched by nobody any more; it is done only to machines that are no more.
  ['Container instance deregistration forced', 'instance_lost'],
];

/** ECS's closed set of stop codes, for what no beginning tells. */
const REASON_OF_STOP_CODE: Readonly<Record<string, StopReason['code']>> = {
  EssentialContainerExited: 'exited',
  InfrastructureHealth: 'instance_lost',
  ServiceSchedulerInitiated: 'requested',
  SpotInterruption: 'instance_lost',
  TaskFailedToStart: 'start_refused',
  TerminationNotice: 'instance_lost',
  UserInitiated: 'requested',
};

/** Our code and a message for the user, for a task that has stopped. */
export function toStopReason(end: EcsStop): StopReason {
  const { stopCode = '', stoppedReason, containers } = end;
  if (isHostGone(end))
    return { code: 'instance_lost', message: truncate(stoppedReason || REASONS.instance_lost) };
  const code =
    (Object.hasOwn(REASON_OF_STOP_CODE, stopCode) ? REASON_OF_STOP_CODE[stopCode] : undefined) ?? 'task_lost';
  // Whatever its containers say of their end, it is what was asked for.
  if (code === 'requested') return { code, message: truncate(stoppedReason || 'It was asked to stop.') };
  const texts = [...containers.map(({ reason }) => reason), stoppedReason];
  for (const [beginning, told] of REASON_PREFIXES) {
    const text = texts.find((candidate) => candidate?.startsWith(beginning));
    if (text !== undefined) return { code: told, message: truncate(withoutErrorName(text)) };
  }
  const exitCode = containers.find((container) => container.exitCode !== undefined)?.exitCode;
  if (code === 'exited' && exitCode !== undefined) {
    return { code, message: `Its main process ended with exit code ${exitCode}.` };
  }
  return { code, message: truncate(stoppedReason || REASONS[code]) };
}

/**
 * Whether the machine under the task has stopped or gone: then nothing can be running on it. Not believed of a
 * stop that somebody asked for, since its reason is their own words.
 */
export function isHostGone({
  stopCode,
  stoppedReason,
}: Pick<EcsStop, 'stopCode' | 'stoppedReason'>): boolean {
  return stopCode !== 'UserInitiated' && (stoppedReason?.startsWith(HOST_GONE_PREFIX) ?? false);
}

/**
 * Our code for a RunTask that was answered with `failed-invocations` and no task: nothing was started. All of them are about
 * what machines there are just now, so that the same may succeed later; the deadline of the start decides.
 */
export function toRunRefusal(
  failures: readonly { readonly reason?: string | undefined; readonly detail?: string | undefined }[],
): Extract<RunOutcome, { kind: 'refused' }> {
  const reasons = [...new Set(failures.map(({ reason }) => reason ?? 'no reason'))].join(', ');
  const known = REASON_PREFIXES.find(([beginning]) =>
    failures.some(({ reason }) => reason?.startsWith(beginning)),
  );
  const message = truncate(`No machine could take it (${reasons || 'no reason'}).`);
  return { kind: 'refused', code: known?.[1] ?? 'no_capacity', message, retryable: true };
}

/** What ECS would say of a task that has stopped so, where it has words for it. */
export function toEcsStop({ code, message }: StopReason): EcsStop {
  const container = (reason: string): EcsStop => ({
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'Task failed to start',
    containers: [{ reason }],
  });
  switch (code) {
    case 'image_pull_failed':
      return container(`CannotPullContainerError: ${message}`);
    case 'storage_failed':
      return container(`CannotCreateVolumeError: ${message}`);
    case 'out_of_memory':
      return { ...container(`OutOfMemoryError: ${message}`), stopCode: 'EssentialContainerExited' };
    case 'requested':
      return { stopCode: 'UserInitiated', stoppedReason: message, containers: [] };
    case 'exited':
      return { stopCode: 'EssentialContainerExited', stoppedReason: message, containers: [] };
    case 'instance_lost':
      return { stopCode: 'InfrastructureHealth', stoppedReason: message, containers: [] };
    case 'start_refused':
      return { stopCode: 'TaskFailedToStart', stoppedReason: message, containers: [] };
    default:
      return { stoppedReason: message, containers: [] };
  }
}

/** `CannotPullContainerError: pull access denied` → `pull access denied`. Only names of errors go, never other words. */
function withoutErrorName(text: string): string {
  return text.replace(/^[A-Za-z]+Error: /, '');
}

function truncate(text: string): string {
  return text.slice(0, MESSAGE_MAX_CHARS);
}
