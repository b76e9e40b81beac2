import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { TASK_FIELDS } from '../tasks/task-record.ts';
import { openTaskRecords, type TaskRecords } from '../tasks/task-registry.ts';

export const processRecordSchema = z.object({
  ...TASK_FIELDS,
  /** Set once the process is known. All three fields together identify it. */
  process: z.optional(z.object({ pid: z.int(), startTime: z.string(), bootId: z.string() })),
  /** The folder of its cgroup, if this server may create one. */
  cgroup: z.optional(z.string()),
});

export type ProcessRecord = z.infer<typeof processRecordSchema>;

/** Records of tasks that run as processes: files in `<dataDir>/tasks`. */
export function processRecords(dataDir: string, telemetry?: Telemetry): TaskRecords<ProcessRecord> {
  const parse = (value: unknown) => processRecordSchema.parse(value);
  return openTaskRecords(join(dataDir, 'tasks'), parse, telemetry);
}
