import * as z from 'zod/mini';
import { openObject } from '../workbench/open-schema.ts';
import type { REASON_CODES } from '../workbench/reasons.ts';

/**
 * Runs tasks: one container (or process) with one volume and one address, started once. The statuses are those of ECS: a
 * task is accepted, PROVISIONING while it waits for capacity, PENDING while it is prepared, RUNNING once it
 * **responds to HTTP**, and finally STOPPED.
 */
export interface TaskRunner {
  /**
   * Does in advance what `run` needs and what does not depend on the run: on ECS it registers the task definition. `run`
   * does the same if this was not called. Starts nothing, and the volume need not be ready. Idempotent.
   *
   * @throws PortError `throttled` or `unavailable`
   */
  prepare(workbench: DefinedWorkbench): Promise<void>;

  /**
   * Starts a task, once for each client token.
   *
   * - Precondition: the caller has written `input` to the record (which determines the token) and knows of no other live
   *   task of the workbench.
   * - The same token again, with any input, returns the task of the first call, even if that task has stopped since. A
   *   retry therefore never starts a second task. Tokens are remembered for at least one hour after the task stopped.
   * - `refused`: no task was started and none will be; the token can be used again.
   * - The adapter does not send the request if the process was frozen before it: see EFFECT_ENDS_WITHIN_MS.
   *
   * @throws PortError `throttled` (no effect) or `unavailable` (the task may have been started)
   */
  run(input: TaskInput, token: string): Promise<RunOutcome>;

  /**
   * Requests that a task stops: SIGTERM, then SIGKILL after the implementation's stop timeout. Resolves once the request is
   * accepted, before the task has stopped; `describe` or an event reports that. No error if the task is stopped or
   * unknown.
   */
  stop(taskId: string, reason: string): Promise<void>;

  /**
   * Last resort for a task that does not stop: terminates its instance. On ECS this drains the container instance,
   * terminates the EC2 instance and deregisters it once it is terminated; **all other tasks on the instance end too**.
   * In local mode it kills the task's processes at once. Resolves once the request is accepted; `describe` later returns
   * `instance: 'gone'` or a stopped task. No error if the task is stopped or unknown.
   *
   * @param forced terminate the instance even if its agent is connected, because an authorized user requested it.
   *   Otherwise an instance with a connected agent is not terminated: its agent has reconnected and can stop the task
   */
  terminateInstance(taskId: string, forced: boolean): Promise<void>;

  /**
   * At most 100 tasks, returned in the order of the ids. A task that is unknown (never started, not visible yet, or
   * stopped more than an hour ago) is returned as `{ taskId, missing: true }`.
   */
  describe(taskIds: readonly string[]): Promise<readonly (TaskObservation | MissingTask)[]>;

  /** Every task of this installation that has not stopped, in pages of at most 100. Eventually consistent, by seconds. */
  list(cursor?: string): Promise<{ readonly tasks: readonly TaskObservation[]; readonly cursor?: string }>;

  /** Every task of this workbench that has not stopped. Eventually consistent, by seconds. */
  listOf(workbenchId: string): Promise<readonly TaskObservation[]>;
}

/** The task to run. The record stores it, so that a retry sends the same request. */
export const taskInputSchema = openObject({
  userId: z.string(),
  workbenchId: z.string(),
  runId: z.string(),
  attempt: z.int(),
  name: z.string(),
  /** 1,024 units = 1 vCPU. */
  cpuUnits: z.int(),
  memoryMib: z.int(),
  gpuCount: z.int(),
  /** A capacity provider, or the workbench's host. */
  placement: z.discriminatedUnion('kind', [
    openObject({ kind: z.literal('provider'), provider: z.string() }),
    openObject({ kind: z.literal('host'), instanceId: z.string() }),
  ]),
  /** The mount that VolumeStore.ensure returned; opaque to the core. */
  mount: z.record(z.string(), z.string()),
});
export type TaskInput = z.infer<typeof taskInputSchema>;

/** What the task definition of a workbench depends on, besides the settings. Known before its run is placed. */
export type DefinedWorkbench = Pick<TaskInput, 'workbenchId' | 'mount' | 'memoryMib'>;

export type RunOutcome =
  | { readonly kind: 'accepted'; readonly task: TaskObservation }
  | {
      readonly kind: 'refused';
      readonly code: (typeof REASON_CODES)[number];
      /** For the user: one sentence that says why the task was refused. */
      readonly message: string;
      /** Whether the unchanged request may succeed later (no capacity: true; invalid image name: false). */
      readonly retryable: boolean;
    };

export const TASK_STATUSES = ['provisioning', 'pending', 'running', 'stopping', 'stopped'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** Why a task ended. */
export interface StopReason {
  readonly code: (typeof REASON_CODES)[number] | 'requested';
  readonly message: string;
  /** True if the platform ended the task before it ran, so that another task may succeed. */
  readonly retryable?: boolean;
}

/** The state of a task at one time, as an AWS response or an event reports it. */
export interface TaskObservation {
  readonly taskId: string;
  readonly userId: string;
  readonly workbenchId: string;
  readonly runId: string;
  readonly attempt: number;
  /** When the task was accepted, milliseconds since 1970; absent if unknown. */
  readonly createdAt?: number;
  /** Increases with each change of this task, so that two observations can be ordered. */
  readonly version: number;
  readonly status: TaskStatus;
  /** What the task waits for or does, for the user; at most 200 characters. It may change without a new version. */
  readonly detail?: string;
  /** A RUNNING task no longer responds to its health check. @default false */
  readonly unhealthy?: boolean;
  /** Where the task responds to HTTP, once known: `http://address:port`, or in local mode also a Unix socket. */
  readonly endpoint?: string;
  /** The container instance that the task was placed on: its ARN or id. */
  readonly containerInstance?: string;
  readonly provider?: string;
  /** Absent if the task was never placed on an instance. */
  readonly instance?: TaskInstanceState;
  /**
   * Present if ECS has concluded the end of a STOPPED task whose instance is `connected`. So long after the first such
   * observation it proves nothing, because EC2 may report an instance as running although it ends. Milliseconds.
   */
  readonly settlesMs?: number;
  /**
   * Whether a process of the task may live on after its end, because the system does not show all of them. Only in local
   * mode without cgroups.
   */
  readonly mayLeaveProcesses?: boolean;
  /** Why it stopped; present if status is `stopped`. */
  readonly stop?: StopReason;
}

/**
 * What is known of the task's instance. Only EC2 says that an instance has ended: see docs/lifecycle.md#stop-settle-period.
 *
 * - `connected`: its agent is connected. A STOPPED task has ended, but its container may outlive the report by seconds.
 * - `disconnected`: its agent is disconnected, so the task's state may be stale.
 * - `ending`: EC2 is stopping or terminating it. Containers may run until the instance has ended.
 * - `unknown`: the task is STOPPED, but its agent has not said so, and EC2 was not asked. Only events and `run` report it;
 *   `describe` and `list` ask EC2.
 * - `gone`: EC2 has stopped or terminated it, so that nothing runs on it.
 */
export type TaskInstanceState = 'connected' | 'disconnected' | 'ending' | 'unknown' | 'gone';

/**
 * Whether the task may still run, or may run later: it is not STOPPED, or its STOPPED status does not prove that its
 * container has ended.
 */
export function mayRun({
  status,
  instance,
  settlesMs,
}: Pick<TaskObservation, 'status' | 'instance' | 'settlesMs'>): boolean {
  if (instance === 'gone') return false;
  if (status !== 'stopped' || settlesMs !== undefined) return true;
  return instance !== undefined && instance !== 'connected';
}

/**
 * The observation as it counts at `now`: until `settlesMs` have passed, the instance of a task whose end ECS has concluded
 * is `ending`. The time is measured from what the record says, because a clock that was set forward says nothing about
 * how long ago ECS stopped the task.
 * @param since when the task was first observed so, as the record says; undefined: this is the first time
 */
export function settleConclusion(
  task: TaskObservation,
  since: number | undefined,
  now: number,
): TaskObservation {
  const { settlesMs, ...settled } = task;
  if (settlesMs === undefined || task.instance !== 'connected') return task;
  return now - (since ?? now) < settlesMs ? { ...settled, instance: 'ending' } : settled;
}

/** Whether nothing is known of the container: its agent is disconnected, or its instance is ending. */
export function isAgentSilent({ instance }: Pick<TaskObservation, 'instance'>): boolean {
  return instance === 'disconnected' || instance === 'ending';
}

/** The part of a container instance's ARN that identifies it within its cluster: at most 64 characters. */
export function containerInstanceIdOf(arnOrId: string): string {
  return arnOrId.slice(arnOrId.lastIndexOf('/') + 1);
}

export interface MissingTask {
  readonly taskId: string;
  readonly missing: true;
}

export function isMissing(task: TaskObservation | MissingTask): task is MissingTask {
  return 'missing' in task;
}
