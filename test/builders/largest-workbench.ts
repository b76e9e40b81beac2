import type { Meter } from '#core/cost/meter.ts';
import type { TaskInput } from '#core/ports/task-runner.ts';
import { CRON_MAX } from '#core/workbench/cron.ts';
import type { Files } from '#core/workbench/files-schema.ts';
import type { HistoryEntry } from '#core/workbench/history.ts';
import type { Idle } from '#core/workbench/idle-schema.ts';
import type { Interruption } from '#core/workbench/interruption.ts';
import { LABELS_MAX, LABELS_MAX_BYTES } from '#core/workbench/labels.ts';
import { REASON_MESSAGE_MAX } from '#core/workbench/reasons.ts';
import type { Retention } from '#core/workbench/retention-schema.ts';
import type { Schedule } from '#core/workbench/schedule-schema.ts';
import type { WorkbenchSpec } from '#core/workbench/spec.ts';
import {
  type AcceptedRun,
  type Base,
  DETAIL_MAX,
  type Deleting,
  FORMER_NAME_MAX,
  type Host,
  type IssuedRun,
  OUTBOX_MAX,
  type Pending,
  type PreparingRun,
  type Provisioning,
  type Running,
  SCHEMA_VERSION,
  type Starting,
  type Stopped,
  type Stopping,
  UNEXPECTED_TASKS_MAX,
  type Workbench,
} from '#core/workbench/workbench.ts';
import { ID, RUN_ID } from './workbench.ts';

/**
 * The largest record of each variant: every field is present and as long as it can be. `satisfies Required<…>` makes a
 * new field that is missing here a compile error. Limits: docs/api.yaml for what users send, AWS for what AWS names.
 */

/** The largest time: 13 digits. */
const TIME = Date.UTC(2099, 11, 31, 23, 59, 59, 999);
/** 96 bytes, the most of a user id. */
const USER_ID = '😀'.repeat(24);
/** 128 characters of 4 bytes, the most of a name. */
const NAME = '😀'.repeat(128);
const LABEL_BYTES = Math.floor(LABELS_MAX_BYTES / LABELS_MAX);
const LABELS = Object.fromEntries(
  Array.from({ length: LABELS_MAX }, (_, n) => [
    `key-${n}`,
    'v'.repeat(LABEL_BYTES - 'key-0'.length + (n === 0 ? LABELS_MAX_BYTES % LABELS_MAX : 0)),
  ]),
);
/** The user has renamed the workbench since its run was issued. */
const FORMER_NAME = '🙂'.repeat(FORMER_NAME_MAX / 4);
/** A task id of local mode: longer than the 32 digits of ECS. */
const TASK_ID = `cont-${'f'.repeat(32)}`;
const INSTANCE_ID = 'i-0123456789abcdef0';
const INSTANCE_TYPE = 'u7inh-32tb.480xlarge';
const COUNT = 1_234_567;
/** 10,000 USD an hour. */
const RATE = 10_000_000_000;
/** A million USD a month. */
const MONTH_MICROS = 999_999_999_999;
const AMOUNTS = { cpuUnits: 196_608, memoryMib: 1_572_864, gpuCount: 16 };
const MOUNT = { fileSystemId: 'fs-0123456789abcdef0', accessPointId: 'fsap-0123456789abcdef0' };
const REASON = { code: 'image_pull_failed' as const, message: 'm'.repeat(REASON_MESSAGE_MAX) };

const host: Host = {
  instanceType: INSTANCE_TYPE,
  generation: 1_234,
  state: 'shutting-down',
  instanceId: INSTANCE_ID,
  agentConnected: false,
  replacing: true,
  drained: true,
  cpuUnits: AMOUNTS.cpuUnits,
  memoryMib: AMOUNTS.memoryMib,
  failedLaunches: 9,
  launchAfter: TIME,
  rate: RATE,
  diskRate: RATE,
} satisfies Required<Host>;

const entry = (n: number): HistoryEntry =>
  ({
    seq: COUNT + n,
    at: TIME,
    type: 'unexpected_task_stopped',
    by: USER_ID,
    from: 'provisioning',
    to: 'provisioning',
    code: 'stopped_externally',
  }) satisfies Required<HistoryEntry>;

const unexpectedTask = (n: number) =>
  ({
    taskId: TASK_ID.slice(0, -1) + String(n),
    stopRequestedAt: TIME,
    goneAfter: TIME,
    agentSilentSince: TIME,
  }) satisfies Required<Workbench['unexpectedTasks'][number]>;

const base = {
  schemaVersion: SCHEMA_VERSION,
  minReader: SCHEMA_VERSION,
  userId: USER_ID,
  workbenchId: ID,
  name: NAME,
  labels: LABELS,
  spec: {
    ...AMOUNTS,
    dedicatedInstanceType: INSTANCE_TYPE,
    onInterruption: 'restart',
    idleStopMinutes: 1440,
    maxRunHours: 8760,
  } satisfies Required<WorkbenchSpec>,
  mount: MOUNT,
  host,
  lastHostGeneration: 1_234,
  unexpectedTasks: Array.from({ length: UNEXPECTED_TASKS_MAX }, (_, n) => unexpectedTask(n)),
  lastTaskId: TASK_ID,
  createdAt: TIME,
  startedAt: TIME,
  readyAt: TIME,
  stoppedAt: TIME,
  lastStartMs: 999_999_999_999,
  updatedAt: TIME,
  revision: COUNT,
  nextDriveAt: TIME,
  failures: 123,
  historySeq: COUNT,
  outbox: Array.from({ length: OUTBOX_MAX }, (_, n) => entry(n)),
  gapAt: TIME,
  idempotencyKey: 'k'.repeat(128),
  offer: { to: USER_ID, expiresAt: TIME },
  files: { kib: 999_999_999_999, rate: RATE, at: TIME } satisfies Required<Files>,
  meter: {
    seq: COUNT,
    since: TIME,
    rate: RATE,
    on: true,
    micros: MONTH_MICROS,
    ms: 31 * 86_400_000,
    earlier: MONTH_MICROS,
  } satisfies Required<Meter>,
  plannedStopAt: TIME,
  restorable: { deletedAt: TIME, until: TIME },
  schedule: {
    start: '*'.padEnd(CRON_MAX, '*'),
    stop: '*'.padEnd(CRON_MAX, '*'),
    zone: 'America/Argentina/ComodRivadavia',
    nextStartAt: TIME,
    nextStopAt: TIME,
    state: 'refused',
  } satisfies Required<Schedule>,
} satisfies Required<Base>;

const runBase = { runId: RUN_ID, attempt: 1_234, rate: RATE };

const preparing: PreparingRun = {
  ...runBase,
  phase: 'preparing',
  goneAfter: TIME,
} satisfies Required<PreparingRun>;

const issued: IssuedRun = {
  ...runBase,
  phase: 'issued',
  input: {
    runId: RUN_ID,
    attempt: 1_234,
    ...AMOUNTS,
    userId: USER_ID,
    workbenchId: ID,
    name: FORMER_NAME,
    // The longest name of a capacity provider; that of an instance is shorter.
    placement: { kind: 'provider', provider: 'p'.repeat(64) },
    mount: MOUNT,
  } satisfies Required<TaskInput>,
} satisfies Required<IssuedRun>;

const accepted: AcceptedRun = {
  ...runBase,
  phase: 'accepted',
  taskId: TASK_ID,
  taskVersion: COUNT,
  acceptedAt: TIME,
  endpoint: 'http://100.100.100.100:10000',
  containerInstance: 'f'.repeat(32),
  stopRequestedAt: TIME,
  goneAfter: TIME,
  agentSilentSince: TIME,
  missingSince: TIME,
  interruption: { kind: 'draining', stopAt: TIME, until: TIME } satisfies Required<Interruption>,
} satisfies Required<AcceptedRun>;

const transition = { deadlineAt: TIME, overdue: true };

const stoppingFields = {
  ...base,
  ...transition,
  status: 'stopping' as const,
  desired: 'running' as const,
  nextRun: {
    runId: RUN_ID,
    requestedAt: TIME,
    retry: { attempt: 1_234, failedStarts: 9 },
  } satisfies Required<NonNullable<Stopping['nextRun']>>,
  reason: REASON,
  unexplained: true,
  forced: true,
};

const deletingFields = {
  ...base,
  ...transition,
  status: 'deleting' as const,
  desired: 'deleted' as const,
  forced: true,
  volumeDeleted: true,
};

/** By status and, where there are several, by the phase of the run. */
export const LARGEST_WORKBENCHES = {
  stopped: {
    ...base,
    status: 'stopped',
    desired: 'stopped',
    reason: REASON,
    retention: { since: TIME, deletesAt: TIME, warned: true } satisfies Required<Retention>,
  } satisfies Required<Stopped>,
  'starting-preparing': {
    ...base,
    ...transition,
    status: 'starting',
    desired: 'running',
    run: preparing,
    deadlinePausedAt: TIME,
    pausedForSpace: true,
    refusal: REASON,
    failedStarts: 9,
  } satisfies Required<Starting>,
  'starting-issued': {
    ...base,
    ...transition,
    status: 'starting',
    desired: 'running',
    run: issued,
    deadlinePausedAt: TIME,
    pausedForSpace: true,
    refusal: REASON,
    failedStarts: 9,
  } satisfies Required<Starting>,
  provisioning: {
    ...base,
    ...transition,
    status: 'provisioning',
    desired: 'running',
    run: accepted,
    detail: 'd'.repeat(DETAIL_MAX),
    failedStarts: 9,
  } satisfies Required<Provisioning>,
  pending: {
    ...base,
    ...transition,
    status: 'pending',
    desired: 'running',
    run: accepted,
    detail: 'd'.repeat(DETAIL_MAX),
    failedStarts: 9,
    gateSilentSince: TIME,
  } satisfies Required<Pending>,
  running: {
    ...base,
    status: 'running',
    desired: 'running',
    run: accepted,
    idle: {
      minutes: 1440,
      since: TIME,
      because: 'keepalive',
      checkAt: TIME,
      idleStopAt: TIME,
      keepUntil: TIME,
      unknownSince: TIME,
      unknown: true,
    } satisfies Required<Idle>,
    lifeEndsAt: TIME,
    unhealthy: false,
    warnedStopAt: TIME,
  } satisfies Required<Running>,
  'stopping-issued': { ...stoppingFields, run: issued } satisfies Required<Stopping>,
  'stopping-accepted': { ...stoppingFields, run: accepted } satisfies Required<Stopping>,
  'deleting-issued': { ...deletingFields, run: issued } satisfies Required<Deleting>,
  'deleting-accepted': { ...deletingFields, run: accepted } satisfies Required<Deleting>,
} as const satisfies Record<string, Workbench>;
