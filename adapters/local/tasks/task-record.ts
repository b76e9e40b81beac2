import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import {
  TASK_STATUSES,
  type TaskInput,
  type TaskObservation,
  type TaskStatus,
  taskInputSchema,
} from '#core/ports/task-runner.ts';
import { REASON_CODES } from '#core/workbench/reasons.ts';

const stopReasonSchema = z.object({
  code: z.enum([...REASON_CODES, 'requested']),
  message: z.string(),
  retryable: z.exactOptional(z.boolean()),
});

/** What the record of a task contains in every runtime. Times are milliseconds since 1970. */
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
  /** The container engine does not respond, so that the record may be stale. */
  engineSilent: z.optional(z.boolean()),
  /** The operating system does not show every process of the task, so some may outlive it. */
  mayLeaveProcesses: z.optional(z.boolean()),
  acceptedAt: z.int(),
  stoppedAt: z.optional(z.int()),
  /** The request of the task. A task that waits when the server ends waits again under the next server. */
  input: taskInputSchema,
  /** Why the task is being ended, while it is `stopping`. */
  ending: z.optional(stopReasonSchema),
  stop: z.optional(stopReasonSchema),
};

const taskFieldsSchema = z.object(TASK_FIELDS);
export type TaskFields = z.infer<typeof taskFieldsSchema>;

/**
 * Derives the id from the token, so that the task of a token is found in memory and on disk without an index.
 * @param prefix first part of the id: lower-case letters
 */
export function toTaskId(prefix: string, token: string): string {
  return `${prefix}-${createHash('sha256').update(token).digest('hex').slice(0, 32)}`;
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
    input,
  };
}

export function toTaskObservation(record: TaskFields): TaskObservation {
  const { taskId, userId, workbenchId, runId, attempt, acceptedAt, version, status } = record;
  const { detail, endpoint, engineSilent, provider, containerInstance, mayLeaveProcesses, stop } = record;
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
    ...(mayLeaveProcesses === undefined ? {} : { mayLeaveProcesses }),
    ...(stop === undefined ? {} : { stop }),
  };
}

/** Whether a task may change from one status to the other: never to an earlier one, and never from `stopped`. */
export function isAllowedTransition(from: TaskStatus, to: TaskStatus): boolean {
  return from !== 'stopped' && TASK_STATUSES.indexOf(to) >= TASK_STATUSES.indexOf(from);
}
