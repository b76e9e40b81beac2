import * as z from 'zod/mini';
import { meterSchema } from '../cost/meter.ts';
import { taskInputSchema } from '../ports/task-runner.ts';
import { filesSchema } from './files-schema.ts';
import { historyEntrySchema } from './history.ts';
import { hostSchema } from './host-schema.ts';
import { idleSchema } from './idle-schema.ts';
import { interruptionSchema } from './interruption.ts';
import { openObject, openObjectWithFallbacks } from './open-schema.ts';
import { REASON_CODES } from './reasons.ts';
import { retentionSchema } from './retention-schema.ts';
import { scheduleSchema } from './schedule-schema.ts';
import { specSchema } from './spec.ts';
import { fieldsByVariant, omitFields } from './variant-fields.ts';

/**
 * The record of a workbench: the desired state and what is known of the actual state. Pending effects are derived from
 * it. A discriminated union over `status`: a field exists only in the statuses in which it is valid. The stored item
 * has at most 4 KB, so that a poll costs one read unit. All times are milliseconds since 1970.
 *
 * Older and newer versions share the records; see record-codec.ts before you change a field.
 */

/** Schema version that this code writes. See record-codec.ts for when to raise it. */
export const SCHEMA_VERSION = 1;

/** Identifies a workbench. Only the store derives the item's key from it. */
export interface WorkbenchKey {
  readonly userId: string;
  readonly workbenchId: string;
}

const runBase = {
  runId: z.string(),
  /** Counts the RunTask attempts of this run from 1. An attempt begins only when the outcome of the last one is known. */
  attempt: z.int(),
  /** Price of the share of the instance that placement chose: millionths of a USD an hour. */
  rate: z.optional(z.int()),
};

/**
 * A run: one life of the workbench's task.
 * - `preparing`: no request has been sent. The run can be dropped at once.
 * - `issued`: RunTask may have been sent with this input, and its outcome is unknown. The same call with the same
 *   client token resolves it; nothing may be concluded before.
 * - `accepted`: ECS has accepted the task. It may have stopped since.
 */
export const preparingRunSchema = openObject({
  phase: z.literal('preparing'),
  ...runBase,
  /** After a refusal that may pass: until this time a delayed call of the attempt may start a task. A stop waits for it. */
  goneAfter: z.optional(z.int()),
});
export const issuedRunSchema = openObject({ phase: z.literal('issued'), ...runBase, input: taskInputSchema });
export const acceptedRunSchema = openObject({
  phase: z.literal('accepted'),
  ...runBase,
  taskId: z.string(),
  /** Version of the newest observation applied. Older observations are ignored. */
  taskVersion: z.int(),
  acceptedAt: z.int(),
  endpoint: z.optional(z.string()),
  /** The id of the container instance that the task was placed on; in local mode only of a host. */
  containerInstance: z.optional(z.string()),
  /** Time of the last StopTask request. */
  stopRequestedAt: z.optional(z.int()),
  /** The task is STOPPED. After this time (the stop settle period) it counts as gone. */
  goneAfter: z.optional(z.int()),
  /** Time since which the agent of the task's instance has been disconnected. */
  agentSilentSince: z.optional(z.int()),
  /** Time since which ECS has not found the task. */
  missingSince: z.optional(z.int()),
  /** AWS has announced the end of the task's instance. */
  interruption: z.optional(interruptionSchema),
});
const runSchema = z.discriminatedUnion('phase', [preparingRunSchema, issuedRunSchema, acceptedRunSchema]);

export type PreparingRun = z.infer<typeof preparingRunSchema>;
export type IssuedRun = z.infer<typeof issuedRunSchema>;
export type AcceptedRun = z.infer<typeof acceptedRunSchema>;
export type Run = z.infer<typeof runSchema>;

export const reasonSchema = openObjectWithFallbacks(
  { code: z.enum(REASON_CODES), message: z.string() },
  { code: 'other' },
);

const unexpectedTaskSchema = openObject({
  taskId: z.string(),
  stopRequestedAt: z.optional(z.int()),
  goneAfter: z.optional(z.int()),
  agentSilentSince: z.optional(z.int()),
});

const baseShape = {
  /** Schema version of the code that wrote the record; see record-codec.ts. */
  schemaVersion: z.int().check(z.minimum(1)),
  /** Lowest schema version whose code can read the record; absent: 1. */
  minReader: z.optional(z.int().check(z.minimum(1))),
  userId: z.string(),
  workbenchId: z.string(),
  name: z.string(),
  /** Absent without any. At most LABELS_MAX, LABELS_MAX_BYTES together. */
  labels: z.optional(z.record(z.string(), z.string())),
  spec: specSchema,
  /** Present once the volume is known to exist. */
  mount: z.optional(z.record(z.string(), z.string())),
  host: z.optional(hostSchema),
  /** Generation of the last terminated or failed host. The next launch uses this generation + 1, so that its client token differs. */
  lastHostGeneration: z.optional(z.int()),
  /** Live tasks that do not belong to the run. Until they are gone, no run starts and no file is deleted. At most UNEXPECTED_TASKS_MAX. */
  unexpectedTasks: z.array(unexpectedTaskSchema),
  /** Task id of the last finished run. Events of this task are ignored. */
  lastTaskId: z.optional(z.string()),
  createdAt: z.int(),
  /** When the current or last run was requested, became ready, and ended. */
  startedAt: z.optional(z.int()),
  readyAt: z.optional(z.int()),
  stoppedAt: z.optional(z.int()),
  /** How long the last start that succeeded took from its request until the workbench was ready, milliseconds. */
  lastStartMs: z.optional(z.int()),
  updatedAt: z.int(),
  /** Grows by one with each write. */
  revision: z.int(),
  /** When effects are next due; absent when the record is settled. */
  nextDriveAt: z.optional(z.int()),
  /** Consecutive failures of effects, for the backoff. */
  failures: z.int(),
  /** Number of the last history entry, and the entries not yet in the history (at most OUTBOX_MAX). */
  historySeq: z.int(),
  outbox: z.array(historyEntrySchema),
  /** The `updatedAt` of the last write that followed a gap and moved the times of waits. See `skipGap`. */
  gapAt: z.optional(z.int()),
  idempotencyKey: z.optional(z.string()),
  /** The owner offers the workbench to this user, who may accept before `expiresAt`. */
  offer: z.optional(openObject({ to: z.string(), expiresAt: z.int() })),
  /** Absent until the files are measured for the first time. */
  files: z.optional(filesSchema),
  /** Absent until the workbench costs money for the first time. */
  meter: z.optional(meterSchema),
  /** The user wants the workbench to be stopped at this time of day. Removed by the stop. */
  plannedStopAt: z.optional(z.int()),
  /** A user has deleted the workbench, and can restore it before `until`, a time of day. See `isDeleted`. */
  restorable: z.optional(openObject({ deletedAt: z.int(), until: z.int() })),
  schedule: z.optional(scheduleSchema),
};

const transition = {
  /** When the transition is overdue. */
  deadlineAt: z.int(),
  /** Whether the record was updated after the deadline had passed. */
  overdue: z.optional(z.boolean()),
};

export const stoppedSchema = openObject({
  ...baseShape,
  status: z.literal('stopped'),
  desired: z.literal('stopped'),
  reason: z.optional(reasonSchema),
  /** Absent if the workbench is not deleted for being stopped long, or was not driven since the setting was made. */
  retention: z.optional(retentionSchema),
});

/** Number of this start's tasks that failed before the workbench ran; absent: 0. */
const failedStarts = z.optional(z.int());

export const startingSchema = openObject({
  ...baseShape,
  ...transition,
  status: z.literal('starting'),
  desired: z.literal('running'),
  run: z.discriminatedUnion('phase', [preparingRunSchema, issuedRunSchema]),
  /** Time since which the start is throttled or has no space. The deadline is extended by the time that it lasts. */
  deadlinePausedAt: z.optional(z.int()),
  /** Whether the deadline is paused because the controller has no space; absent: because its calls are throttled. */
  pausedForSpace: z.optional(z.boolean()),
  /** The last refusal, or why the last task failed. It becomes the status reason if the deadline passes. */
  refusal: z.optional(reasonSchema),
  failedStarts,
});

const launched = {
  ...baseShape,
  ...transition,
  desired: z.literal('running'),
  run: acceptedRunSchema,
  /** What the task waits for, as reported by the task runner; at most DETAIL_MAX bytes. */
  detail: z.optional(z.string()),
};
export const provisioningSchema = openObject({
  ...launched,
  status: z.literal('provisioning'),
  failedStarts,
});
export const pendingSchema = openObject({
  ...launched,
  status: z.literal('pending'),
  failedStarts,
  /** Since when the gate has not said whether it reaches the ready task; after a response `detail` is why it does not. */
  gateSilentSince: z.optional(z.int()),
});

export const runningSchema = openObject({
  ...baseShape,
  status: z.literal('running'),
  desired: z.literal('running'),
  run: acceptedRunSchema,
  /** Absent if the workbench is not stopped for idleness, or was started by a version that did not do so. */
  idle: z.optional(idleSchema),
  /** When the run has lasted as long as it may. A time of day. */
  lifeEndsAt: z.optional(z.int()),
  /** The task no longer responds to its health check. */
  unhealthy: z.optional(z.boolean()),
  /** The owner is warned of the stop at this time, by `stop_at` or because the run has lasted as long as it may. */
  warnedStopAt: z.optional(z.int()),
});

export const stoppingSchema = openObject({
  ...baseShape,
  ...transition,
  status: z.literal('stopping'),
  /** `running`: a start or restart was accepted during the stop, or the start is retried; `nextRun` is its run. */
  desired: z.enum(['stopped', 'running']),
  nextRun: z.optional(
    openObject({
      runId: z.string(),
      requestedAt: z.int(),
      /** Present if the start is retried: its task failed before the workbench ran. */
      retry: z.optional(openObject({ attempt: z.int(), failedStarts: z.int() })),
    }),
  ),
  /** Absent once the task is gone and only the host is still stopping. */
  run: z.optional(runSchema),
  /** Why the workbench stops, if no user requested it. */
  reason: z.optional(reasonSchema),
  /** No user requested the stop, and the task has not reported a reason yet. */
  unexplained: z.optional(z.boolean()),
  /** The stop is forced: the instance is terminated as soon as the stop shows no effect. */
  forced: z.optional(z.boolean()),
});

export const deletingSchema = openObject({
  ...baseShape,
  ...transition,
  status: z.literal('deleting'),
  desired: z.literal('deleted'),
  run: z.optional(runSchema),
  forced: z.optional(z.boolean()),
  /** The volume is deleted. Only the record is left. */
  volumeDeleted: z.optional(z.boolean()),
});

export const workbenchSchema = z.discriminatedUnion('status', [
  stoppedSchema,
  startingSchema,
  provisioningSchema,
  pendingSchema,
  runningSchema,
  stoppingSchema,
  deletingSchema,
]);

export type Stopped = z.infer<typeof stoppedSchema>;
export type Starting = z.infer<typeof startingSchema>;
export type Provisioning = z.infer<typeof provisioningSchema>;
export type Pending = z.infer<typeof pendingSchema>;
export type Running = z.infer<typeof runningSchema>;
export type Stopping = z.infer<typeof stoppingSchema>;
export type Deleting = z.infer<typeof deletingSchema>;
export type Workbench = z.infer<typeof workbenchSchema>;

/** The fields that every status has. */
export type Base = z.infer<typeof baseSchema>;
const baseSchema = openObject(baseShape);

/** Fields of each status and of each phase of a run. */
const STATUS_FIELDS = fieldsByVariant('status', workbenchSchema.def.options);
const PHASE_FIELDS = fieldsByVariant('phase', runSchema.def.options);

/**
 * The record without the fields of its status. Unknown fields stay: a newer version may have written them for all.
 */
export function baseOf(workbench: Base): Base {
  return omitFields(workbench, STATUS_FIELDS.all, (name) => name in baseShape) as Base;
}

/** The run without the fields of its phase. Unknown fields stay. */
export function runBaseOf(run: Run): Pick<Run, 'runId' | 'attempt' | 'rate'> {
  return omitFields(run, PHASE_FIELDS.all, (name) => name in runBase);
}

/** The run, in the statuses that have one. */
export function runOf(workbench: Workbench): Run | undefined {
  return workbench.status === 'stopped' ? undefined : workbench.run;
}

/**
 * Removes fields of other statuses and phases. An older version keeps such a field when it changes the status, because
 * it does not know where the field belongs.
 */
export function dropFieldsOfOtherVariants(workbench: Workbench): Workbench {
  const own = STATUS_FIELDS.of(workbench.status);
  const kept = omitFields(workbench, STATUS_FIELDS.all, (name) => own.has(name));
  const run = runOf(kept);
  if (run === undefined) return kept;
  const ownOfRun = PHASE_FIELDS.of(run.phase);
  return { ...kept, run: omitFields(run, PHASE_FIELDS.all, (name) => ownOfRun.has(name)) } as Workbench;
}
