import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import {
  TASK_STATUSES,
  type TaskInput,
  type TaskObservation,
  type TaskStatus,
} from '#core/ports/task-runner.ts';
import { REASON_CODES } from '#core/workbench/reasons.ts';

/** What every task of this machine keeps on disk, whatever runs it. Times are milliseconds since 1970. */
export const TASK_FIELDS = {
  taskId: z.string(),
  token: z.string(),
  userId: z.string(),
  workbenchId: z.string(),
  runId: z.string(),
  attempt: z.int(),
  provider: z.optional(z.string()),
  containerInstance: z.optional(z.string()),
  version: z.int(),
  status: z.enum(TASK_STATUSES),
  detail: z.optional(z.string()),
  endpoint: z.optional(z.string()),
  /** What runs it does not answer: what was last seen may be old. */
  engineSilent: z.optional(z.boolean()),
  acceptedAt: z.int(),
  stoppedAt: z.optional(z.int()),
  stop: z.optional(z.object({ code: z.enum([...REASON_CODES, 'requested']), message: z.string() })),
};

const taskFieldsSchema = z.object(TASK_FIELDS);
export type TaskFields = z.infer<typeof taskFieldsSchema>;
export type StopReason = NonNullable<TaskObservation['stop']>;

/**
 * Made from the token, so that a token leads to its task, in memory and on disk, without an index.
 * @param kind begins the id: lower-case letters
 */
export function toTaskId(kind: string, token: string): string {
  return `${kind}-${createHash('sha256').update(token).digest('hex').slice(0, 32)}`;
}

export function newTaskFields(
  taskId: string,
  input: TaskInput,
  token: string,
  detail: string,
  now: number,
): TaskFields {
  const { userId, workbenchId, runId, attempt, placement } = input;
  return {
    taskId,
    token,
    userId,
    workbenchId,
    runId,
    attempt,
    ...(placement.kind === 'host'
      ? { containerInstance: placement.instanceId }
      : { provider: placement.provider }),
    version: 1,
    status: 'provisioning',
    detail,
    acceptedAt: now,
  };
}

export function toTaskObservation(record: TaskFields): TaskObservation {
  const { taskId, userId, workbenchId, runId, attempt, acceptedAt, version, status } = record;
  const { detail, endpoint, engineSilent, provider, containerInstance, stop } = record;
  return {
    taskId,
    userId,
    workbenchId,
    runId,
    attempt,
    createdAt: acceptedAt,
    version,
    status,
    ...(detail === undefined ? {} : { detail }),
    ...(endpoint === undefined ? {} : { endpoint, instance: engineSilent ? 'disconnected' : 'connected' }),
    ...(provider === undefined ? {} : { provider }),
    ...(containerInstance === undefined ? {} : { containerInstance }),
    ...(stop === undefined ? {} : { stop }),
  };
}

/** Whether a task may go from one status to the other: never back, never out of `stopped`. */
export function isAllowedTransition(from: TaskStatus, to: TaskStatus): boolean {
  return from !== 'stopped' && TASK_STATUSES.indexOf(to) >= TASK_STATUSES.indexOf(from);
}
