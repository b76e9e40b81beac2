import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { TASK_FIELDS } from '../tasks/task-record.ts';
import { openTaskRecords, type TaskRecords } from '../tasks/task-registry.ts';

/** The record of a task that runs as a container. It is enough to resume the task from every step of its start. */
export const containerRecordSchema = z.object({
  ...TASK_FIELDS,
  /** The image that was configured when the task was accepted. */
  image: z.string(),
  /** The engine's id of the container, once it was created. */
  containerId: z.optional(z.string()),
  /** When the container was started, milliseconds since 1970. */
  startedAt: z.optional(z.int()),
});

export type ContainerRecord = z.infer<typeof containerRecordSchema>;

const FOLDER = 'containers';

/** Records of tasks that run as containers: files in `<dataDir>/containers/tasks`. */
export function containerRecords(dataDir: string, telemetry?: Telemetry): TaskRecords<ContainerRecord> {
  const parse = (value: unknown) => containerRecordSchema.parse(value);
  return openTaskRecords(join(dataDir, FOLDER, 'tasks'), parse, telemetry);
}

/** Counts the tasks whose container may still exist although no server watches it. */
export async function countUnstoppedContainerTasks(dataDir: string): Promise<number> {
  if (!existsSync(join(dataDir, FOLDER))) return 0;
  const records = await containerRecords(dataDir).open();
  return records.filter(({ status }) => status !== 'stopped').length;
}
