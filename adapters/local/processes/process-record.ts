import * as z from 'zod/mini';
import type { TaskInput } from '#core/ports/task-runner.ts';
import { newTaskFields, TASK_FIELDS, toTaskId as taskIdOfKind } from '../tasks/task-record.ts';

/** A task as it is kept on disk. */
export const processRecordSchema = z.object({
  ...TASK_FIELDS,
  /** Present once its process is known: by these three, and no fewer, it is recognized. */
  process: z.optional(z.object({ pid: z.int(), startTime: z.string(), bootId: z.string() })),
});

export type ProcessRecord = z.infer<typeof processRecordSchema>;

export function toProcessTaskId(token: string): string {
  return taskIdOfKind('proc', token);
}

export function newProcessRecord(
  input: TaskInput,
  token: string,
  detail: string,
  now: number,
): ProcessRecord {
  return newTaskFields(toProcessTaskId(token), input, token, detail, now);
}
