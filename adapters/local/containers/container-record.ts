import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { type TaskInput, taskInputSchema } from '#core/ports/task-runner.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { newTaskFields, TASK_FIELDS, toTaskId } from '../tasks/task-record.ts';
import { openTaskRecords, type TaskRecords } from '../tasks/task-registry.ts';

/** A task in a container as it is kept on disk: enough to go on with it from wherever an earlier server got. */
export const containerRecordSchema = z.object({
  ...TASK_FIELDS,
  /** As decided: a task that still waits for its place when the server ends goes on waiting under the next. */
  input: taskInputSchema,
  /** As the setting was when it was accepted. */
  image: z.string(),
  /** The engine's id of its container, once it is made. */
  containerId: z.optional(z.string()),
  /** When its container had been started, milliseconds since 1970. */
  startedAt: z.optional(z.int()),
  /** Why it is being ended. */
  ending: TASK_FIELDS.stop,
});

export type ContainerRecord = z.infer<typeof containerRecordSchema>;

export function toContainerTaskId(token: string): string {
  return toTaskId('cont', token);
}

export function newContainerRecord(
  input: TaskInput,
  token: string,
  image: string,
  detail: string,
  now: number,
): ContainerRecord {
  return { ...newTaskFields(toContainerTaskId(token), input, token, detail, now), input, image };
}

const FOLDER = 'containers';

/** Records of container tasks, in `<dataDir>/containers/tasks`: apart from those of processes. */
export function containerRecords(dataDir: string, telemetry?: Telemetry): TaskRecords<ContainerRecord> {
  const parse = (value: unknown) => containerRecordSchema.parse(value);
  return openTaskRecords(join(dataDir, FOLDER), parse, telemetry);
}

/** How many tasks there are whose container may still be there, with no server to know of them. */
export async function countUnstoppedContainerTasks(dataDir: string): Promise<number> {
  if (!existsSync(join(dataDir, FOLDER))) return 0;
  const records = await containerRecords(dataDir).open();
  return records.filter(({ status }) => status !== 'stopped').length;
}
