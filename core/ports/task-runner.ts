import * as z from 'zod/mini';
import type { REASON_CODES } from '../workbench/reasons.ts';

/**
 * Runs tasks: one container (or process) with one volume, one address and one life. After ECS, whose words
 * it uses: a task is accepted, PROVISIONING while it waits for capacity, PENDING while it is prepared,
 * RUNNING once it **answers HTTP**, and STOPPED for ever after.
 */
export interface TaskRunner {
  /**
   * Starts a task, once for each token.
   *
   * - Before: the caller has written `input` and `token` in its record, and has no other live task.
   * - The same token again, with whatever input: answers the task of the first call, even when that has
   *   stopped since (a retry can never start a second one). Tokens are remembered for at least an hour
   *   after the task has stopped.
   * - `refused`: nothing was started and nothing will be; the token is not used up.
   * - A call that is late, since this process stood still, is not made: see EFFECT_ENDS_WITHIN_MS.
   *
   * @throws PortError `throttled` (nothing happened) or `unavailable` (it may have been started)
   */
  run(input: TaskInput, token: string): Promise<RunOutcome>;

  /**
   * Asks a task to stop: SIGTERM, then SIGKILL after the implementation's grace. Resolves when the wish is
   * taken, not when the task is gone: describe, or an event, tells that. A stopped or unknown task is no error.
   */
  stop(taskId: string, reason: string): Promise<void>;

  /**
   * The last means, for a task whose stop shows no effect: makes sure that the machine under it can run nothing
   * any more. On ECS it drains the container instance, terminates its EC2 instance and takes it off the cluster
   * once it is terminated: **whatever else runs on it ends too**. Where the machine is the runner's own it kills
   * the task's processes at once. Resolves when the wish is taken; describe then comes to answer
   * `instance: 'gone'`, or that the task has stopped. A stopped or unknown task is no error.
   *
   * @param forced also while the machine's agent answers, since somebody who may has said so; else such a machine is
   *   left alone: its agent has come back, and can end the task itself
   */
  terminateInstance(taskId: string, forced: boolean): Promise<void>;

  /**
   * What is known of each task, in the order asked; at most 100 at once. A task that is not known (never
   * started, not visible yet, or stopped more than an hour ago) is answered as `{ taskId, missing: true }`.
   */
  describe(taskIds: readonly string[]): Promise<readonly (TaskObservation | MissingTask)[]>;

  /** Every task of this installation that has not stopped, in pages of at most 100. May lag by seconds. */
  list(cursor?: string): Promise<{ readonly tasks: readonly TaskObservation[]; readonly cursor?: string }>;
}

/** What is to be run. Kept in the record as decided, so that a retry sends the same again. */
export const taskInputSchema = z.object({
  userId: z.string(),
  workbenchId: z.string(),
  runId: z.string(),
  attempt: z.int(),
  name: z.string(),
  /** 1,024 units = 1 vCPU. */
  cpuUnits: z.int(),
  memoryMib: z.int(),
  gpuCount: z.int(),
  /** Where: on a capacity provider, or on the workbench's own dedicated instance. */
  placement: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('provider'), provider: z.string() }),
    z.object({ kind: z.literal('host'), instanceId: z.string() }),
  ]),
  /** The volume's mount specification, from VolumeStore.ensure; opaque to the core. */
  mount: z.record(z.string(), z.string()),
});
export type TaskInput = z.infer<typeof taskInputSchema>;

export type RunOutcome =
  | { readonly kind: 'accepted'; readonly task: TaskObservation }
  | {
      readonly kind: 'refused';
      readonly code: (typeof REASON_CODES)[number];
      /** For the user: what could not be had, in one sentence. */
      readonly message: string;
      /** Whether the same request may succeed later without anybody changing it (no capacity: yes; bad image name: no). */
      readonly retryable: boolean;
    };

export const TASK_STATUSES = ['provisioning', 'pending', 'running', 'stopping', 'stopped'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** A task as seen at one moment, by an answer or an event. */
export interface TaskObservation {
  readonly taskId: string;
  readonly userId: string;
  readonly workbenchId: string;
  readonly runId: string;
  readonly attempt: number;
  /** When it was accepted, milliseconds since 1970, where the runner knows. */
  readonly createdAt?: number;
  /** Grows with each change of this task; of two observations the one with the larger version is the newer. */
  readonly version: number;
  readonly status: TaskStatus;
  /** What it waits for or does just now, for people; at most 200 characters. */
  readonly detail?: string;
  /** `http://address:port`, once known. */
  readonly endpoint?: string;
  readonly containerInstance?: string;
  readonly provider?: string;
  /**
   * The machine under it: `connected` (its agent speaks to us), `disconnected` (silent: what it last said may
   * be old), `gone` (stopped or terminated: nothing can be running on it). Absent: never placed on one.
   */
  readonly instance?: 'connected' | 'disconnected' | 'gone';
  /** Why it stopped; present when status is `stopped`. */
  readonly stop?: { readonly code: (typeof REASON_CODES)[number] | 'requested'; readonly message: string };
}

export interface MissingTask {
  readonly taskId: string;
  readonly missing: true;
}

export function isMissing(answer: TaskObservation | MissingTask): answer is MissingTask {
  return 'missing' in answer;
}
