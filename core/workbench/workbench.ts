import * as z from 'zod/mini';
import { INSTANCE_STATES } from '../ports/host-fleet.ts';
import { taskInputSchema } from '../ports/task-runner.ts';
import { historyEntrySchema } from './history.ts';
import { isHostReady } from './host-state.ts';
import { REASON_CODES } from './reasons.ts';

/**
 * The record of a workbench: what is wanted, what is known, and so what is owed. A discriminated union over
 * `status`: a field exists only where it is valid. At most 4 KB as stored, so that a poll costs one read unit.
 * All times are milliseconds since 1970.
 */

/** The version of the record's shape; one that says more was written by a newer controller. */
export const SCHEMA_VERSION = 1;

/** Where a record is found. Nothing outside the store may assume that a workbench's key never changes. */
export interface WorkbenchKey {
  readonly userId: string;
  readonly workbenchId: string;
}

/** What the user asked for. */
export const specSchema = z.object({
  /** 1,024 units = 1 vCPU. */
  cpuUnits: z.int(),
  memoryMib: z.int(),
  gpuCount: z.int(),
  /** An instance type of its own; absent on shared machines. */
  dedicatedInstanceType: z.optional(z.string()),
});
export type WorkbenchSpec = z.infer<typeof specSchema>;

const runBase = {
  runId: z.string(),
  /** Counts RunTask attempts of this run from 1; a new one begins only when the last one's outcome is known. */
  attempt: z.int(),
};

/**
 * A run: one life of the workbench's task.
 * - `preparing`: nothing has been sent; it may be dropped at once.
 * - `issued`: RunTask may have been sent with this input, its outcome is not known: it must be resolved, by
 *   the same call with the same token, before anything may be concluded.
 * - `accepted`: the task exists, or existed.
 */
export const preparingRunSchema = z.object({ phase: z.literal('preparing'), ...runBase });
export const issuedRunSchema = z.object({ phase: z.literal('issued'), ...runBase, input: taskInputSchema });
export const acceptedRunSchema = z.object({
  phase: z.literal('accepted'),
  ...runBase,
  taskId: z.string(),
  /** The newest observation taken in; older ones never move the workbench. */
  taskVersion: z.int(),
  acceptedAt: z.int(),
  endpoint: z.optional(z.string()),
  containerInstance: z.optional(z.string()),
  provider: z.optional(z.string()),
  /** When the task was last asked to stop. */
  stopRequestedAt: z.optional(z.int()),
  /** Its task is STOPPED, and counts as gone from this time on. */
  goneAfter: z.optional(z.int()),
  /** Since when its machine's agent has been silent. */
  agentSilentSince: z.optional(z.int()),
  /** Since when its task has not been found. */
  missingSince: z.optional(z.int()),
});
const runSchema = z.discriminatedUnion('phase', [preparingRunSchema, issuedRunSchema, acceptedRunSchema]);

export type PreparingRun = z.infer<typeof preparingRunSchema>;
export type IssuedRun = z.infer<typeof issuedRunSchema>;
export type AcceptedRun = z.infer<typeof acceptedRunSchema>;
export type Run = z.infer<typeof runSchema>;

/** The dedicated machine. `requested` = launch may have been sent with the token of this generation. */
export const hostSchema = z.object({
  instanceType: z.string(),
  /** Counts launches from 1: the launch token is workbench id / `host` / generation. */
  generation: z.int(),
  state: z.enum(['requested', ...INSTANCE_STATES]),
  instanceId: z.optional(z.string()),
  agentConnected: z.boolean(),
  /** It could not be started as it is: it is to be terminated and another launched. */
  replacing: z.optional(z.boolean()),
  cpuUnits: z.optional(z.int()),
  memoryMib: z.optional(z.int()),
});
export type Host = z.infer<typeof hostSchema>;

export const reasonSchema = z.object({ code: z.enum(REASON_CODES), message: z.string() });

const baseShape = {
  schemaVersion: z.literal(SCHEMA_VERSION),
  userId: z.string(),
  workbenchId: z.string(),
  name: z.string(),
  spec: specSchema,
  /** Present once the volume is known to exist. */
  mount: z.optional(z.record(z.string(), z.string())),
  host: z.optional(hostSchema),
  /** Of the last machine that is no more, or was never to be had: the next launch counts on, under another token. */
  lastHostGeneration: z.optional(z.int()),
  /** Live tasks of other runs, to be stopped; nothing is started and nothing wiped while there are any. At most UNEXPECTED_TASKS_MAX. */
  unexpectedTasks: z.array(
    z.object({
      taskId: z.string(),
      stopRequestedAt: z.optional(z.int()),
      goneAfter: z.optional(z.int()),
      agentSilentSince: z.optional(z.int()),
    }),
  ),
  /** The task of the last run that is gone: what still comes of it is no news. */
  lastTaskId: z.optional(z.string()),
  createdAt: z.int(),
  /** When the current or last run was asked for, became ready, and ended. */
  startedAt: z.optional(z.int()),
  readyAt: z.optional(z.int()),
  stoppedAt: z.optional(z.int()),
  updatedAt: z.int(),
  /** Grows by one with each write. */
  revision: z.int(),
  /** When something is next to be done or looked at; absent when settled. */
  nextDriveAt: z.optional(z.int()),
  /** Effects that failed one after another, for the back-off. */
  failures: z.int(),
  /** Entries written so far, and those not yet in the history (at most OUTBOX_MAX). */
  historySeq: z.int(),
  outbox: z.array(historyEntrySchema),
  idempotencyKey: z.optional(z.string()),
};

/** For a transition: until when it may take, what it waits for. */
const transition = {
  deadlineAt: z.int(),
  /** Its deadline has passed and this has been said; it is not said again. */
  overdue: z.optional(z.boolean()),
};

export const stoppedSchema = z.object({
  ...baseShape,
  status: z.literal('stopped'),
  desired: z.literal('stopped'),
  reason: z.optional(reasonSchema),
});

export const startingSchema = z.object({
  ...baseShape,
  ...transition,
  status: z.literal('starting'),
  desired: z.literal('running'),
  run: z.discriminatedUnion('phase', [preparingRunSchema, issuedRunSchema]),
  /** Since when our own queueing (a throttle) holds it up; its deadline stands still meanwhile. */
  deadlinePausedAt: z.optional(z.int()),
  /** The last refusal: why it is still not there, should the deadline pass. */
  refusal: z.optional(reasonSchema),
});

const launched = {
  ...baseShape,
  ...transition,
  desired: z.literal('running'),
  run: acceptedRunSchema,
  /** What the task itself says it waits for or does; at most DETAIL_MAX bytes. */
  detail: z.optional(z.string()),
};
export const provisioningSchema = z.object({ ...launched, status: z.literal('provisioning') });
export const pendingSchema = z.object({ ...launched, status: z.literal('pending') });

export const runningSchema = z.object({
  ...baseShape,
  status: z.literal('running'),
  desired: z.literal('running'),
  run: acceptedRunSchema,
});

export const stoppingSchema = z.object({
  ...baseShape,
  ...transition,
  status: z.literal('stopping'),
  /** `running`: a start or restart was accepted meanwhile; `next` is its run. */
  desired: z.enum(['stopped', 'running']),
  nextRun: z.optional(z.object({ runId: z.string(), requestedAt: z.int() })),
  /** Absent once the task is gone and only the dedicated host is still stopping. */
  run: z.optional(runSchema),
  /** Why, when nobody asked for it. */
  reason: z.optional(reasonSchema),
  /** Nobody asked for it and its task has not told why yet. */
  unexplained: z.optional(z.boolean()),
  /** Somebody asked for the last means: its machine is ended as soon as the stop shows no effect. */
  forced: z.optional(z.boolean()),
});

export const deletingSchema = z.object({
  ...baseShape,
  ...transition,
  status: z.literal('deleting'),
  desired: z.literal('deleted'),
  run: z.optional(runSchema),
  forced: z.optional(z.boolean()),
  /** The volume is gone: only the record is left. */
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

/** What every state has. */
export type Base = z.infer<typeof baseSchema>;
const baseSchema = z.object(baseShape);
const BASE_KEYS = Object.keys(baseShape) as (keyof Base)[];

/** The part of a record that every state has, without what belongs to its state. */
export function baseOf(workbench: Base): Base {
  const entries = BASE_KEYS.filter((key) => workbench[key] !== undefined).map((key) => [key, workbench[key]]);
  return Object.fromEntries(entries) as Base;
}

/** The most unexpected tasks a record remembers; what is beyond is found by the audit. */
export const UNEXPECTED_TASKS_MAX = 2;

/** The longest task detail kept, in bytes of UTF-8. */
export const DETAIL_MAX = 200;

/** The most entries the record holds back for the history; a writer that would exceed it writes the history first. */
export const OUTBOX_MAX = 4;

export function keyOf(workbench: WorkbenchKey): WorkbenchKey {
  return { userId: workbench.userId, workbenchId: workbench.workbenchId };
}

/** The run, in the states that have one. */
export function runOf(workbench: Workbench): Run | undefined {
  return workbench.status === 'stopped' ? undefined : workbench.run;
}

/** Whether it holds, or may hold, anything that costs money: what an audit must look at. */
export function isActive(workbench: Workbench): boolean {
  return (
    workbench.status !== 'stopped' || workbench.unexpectedTasks.length > 0 || workbench.host !== undefined
  );
}

/**
 * When somebody should next look at it; undefined when it is settled. A deadline counts until it has been
 * noted as passed; history waiting to be written is due at once.
 */
export function dueAt(workbench: Workbench): number | undefined {
  const times: number[] = [];
  if (workbench.outbox.length > 0) times.push(workbench.updatedAt);
  if (workbench.nextDriveAt !== undefined) times.push(workbench.nextDriveAt);
  if (
    'deadlineAt' in workbench &&
    !workbench.overdue &&
    !('deadlinePausedAt' in workbench && workbench.deadlinePausedAt !== undefined)
  ) {
    times.push(workbench.deadlineAt);
  }
  const run = runOf(workbench);
  if (run?.phase === 'accepted' && run.goneAfter !== undefined) times.push(run.goneAfter);
  for (const unexpectedTask of workbench.unexpectedTasks)
    if (unexpectedTask.goneAfter !== undefined) times.push(unexpectedTask.goneAfter);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** What is wanted is what is: nothing need be done or looked at until something is asked or seen. */
export function isSettled(workbench: Workbench): boolean {
  if (workbench.unexpectedTasks.length > 0) return false;
  const { host } = workbench;
  if (workbench.status === 'stopped') return host === undefined || host.state === 'stopped';
  if (workbench.status !== 'running') return false;
  return !isInDoubt(workbench.run) && (host === undefined || isHostReady(host));
}

/** Its task is not found, or its machine is silent. */
function isInDoubt({ missingSince, agentSilentSince }: AcceptedRun): boolean {
  return missingSince !== undefined || agentSilentSince !== undefined;
}
