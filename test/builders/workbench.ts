import type { TaskInput } from '#core/ports/task-runner.ts';
import type { HistoryEntry, Status } from '#core/workbench/history.ts';
import {
  type AcceptedRun,
  type Deleting,
  type Host,
  type IssuedRun,
  type Pending,
  type PreparingRun,
  type Provisioning,
  type Running,
  SCHEMA_VERSION,
  type Starting,
  type Stopped,
  type Stopping,
  type Workbench,
} from '#core/workbench/workbench.ts';

/** 1 March 2026, 12:00 UTC: the creation time of every built record, unless an option sets another. */
export const T0 = Date.UTC(2026, 2, 1, 12);
export const MINUTE = 60_000;

export const USER = 'ada';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** A well-formed workbench id of that time; `n` (below 2^53) takes the place of the random characters. */
export function idAt(time: number, n = 0): string {
  return base32(time, 10) + base32(n, 16);
}

export const ID = idAt(T0, 1);
export const RUN_ID = base32(1, 16);

const base = {
  schemaVersion: SCHEMA_VERSION,
  userId: USER,
  workbenchId: ID,
  name: 'AutoCyber',
  spec: { cpuUnits: 1024, memoryMib: 2048, gpuCount: 0 },
  unexpectedTasks: [],
  createdAt: T0,
  updatedAt: T0,
  revision: 1,
  failures: 0,
  historySeq: 1,
  outbox: [],
} satisfies Partial<Workbench>;

const MOUNT = { path: 'volumes/ada' };

export function aHistoryEntry(entry: Partial<HistoryEntry> = {}): HistoryEntry {
  return { seq: 1, at: T0, type: 'created', by: USER, to: 'starting', ...entry };
}

export function aTaskInput(input: Partial<TaskInput> = {}): TaskInput {
  return {
    userId: USER,
    workbenchId: ID,
    runId: RUN_ID,
    attempt: 1,
    name: base.name,
    ...base.spec,
    placement: { kind: 'provider', provider: 'small' },
    mount: MOUNT,
    ...input,
  };
}

export function preparingRun(run: Partial<PreparingRun> = {}): PreparingRun {
  return { phase: 'preparing', runId: RUN_ID, attempt: 1, ...run };
}

export function issuedRun(run: Partial<IssuedRun> = {}): IssuedRun {
  return { phase: 'issued', runId: RUN_ID, attempt: 1, input: aTaskInput(), ...run };
}

export function acceptedRun(run: Partial<AcceptedRun> = {}): AcceptedRun {
  return {
    phase: 'accepted',
    runId: RUN_ID,
    attempt: 1,
    taskId: 'task-1',
    taskVersion: 1,
    acceptedAt: T0,
    ...run,
  };
}

export function aHost(host: Partial<Host> = {}): Host {
  return {
    instanceType: 'm7i.large',
    generation: 1,
    state: 'running',
    instanceId: 'i-0123456789abcdef0',
    agentConnected: true,
    ...host,
  };
}

/** Settled and stopped. */
export function stopped(fields: Partial<Stopped> = {}): Stopped {
  return { ...base, status: 'stopped', desired: 'stopped', ...fields };
}

/** Just requested: nothing done yet, due at once. */
export function starting(fields: Partial<Starting> = {}): Starting {
  return {
    ...base,
    status: 'starting',
    desired: 'running',
    run: preparingRun(),
    startedAt: T0,
    deadlineAt: T0 + 15 * MINUTE,
    nextDriveAt: T0,
    ...fields,
  };
}

export function provisioning(fields: Partial<Provisioning> = {}): Provisioning {
  return {
    ...base,
    status: 'provisioning',
    desired: 'running',
    run: acceptedRun(),
    mount: MOUNT,
    startedAt: T0,
    deadlineAt: T0 + 30 * MINUTE,
    nextDriveAt: T0 + MINUTE,
    ...fields,
  };
}

export function pending(fields: Partial<Pending> = {}): Pending {
  return {
    ...base,
    status: 'pending',
    desired: 'running',
    run: acceptedRun({ taskVersion: 2 }),
    mount: MOUNT,
    startedAt: T0,
    deadlineAt: T0 + 15 * MINUTE,
    nextDriveAt: T0 + MINUTE,
    ...fields,
  };
}

/** Settled, responds at its endpoint. */
export function running(fields: Partial<Running> = {}): Running {
  return {
    ...base,
    status: 'running',
    desired: 'running',
    run: acceptedRun({ taskVersion: 3, endpoint: 'http://127.0.0.1:40001' }),
    mount: MOUNT,
    startedAt: T0,
    readyAt: T0 + MINUTE,
    ...fields,
  };
}

export function stopping(fields: Partial<Stopping> = {}): Stopping {
  return {
    ...base,
    status: 'stopping',
    desired: 'stopped',
    run: acceptedRun({ taskVersion: 3, endpoint: 'http://127.0.0.1:40001' }),
    mount: MOUNT,
    startedAt: T0,
    readyAt: T0 + MINUTE,
    deadlineAt: T0 + 10 * MINUTE,
    nextDriveAt: T0,
    ...fields,
  };
}

/** Deletion was requested; its task, if it had one, is gone. */
export function deleting(fields: Partial<Deleting> = {}): Deleting {
  return {
    ...base,
    status: 'deleting',
    desired: 'deleted',
    mount: MOUNT,
    deadlineAt: T0 + 60 * MINUTE,
    nextDriveAt: T0,
    ...fields,
  };
}

const BUILDERS: { readonly [S in Status]: () => Workbench } = {
  stopped,
  starting,
  provisioning,
  pending,
  running,
  stopping,
  deleting,
};

/** A valid record of that status with the given identity and counters. */
export function aWorkbench(status: Status, fields: CommonFields = {}): Workbench {
  return { ...BUILDERS[status](), ...fields };
}

/** The fields that every status has, except the status itself. */
export type CommonFields = Partial<
  Pick<
    Workbench,
    | 'userId'
    | 'workbenchId'
    | 'name'
    | 'spec'
    | 'mount'
    | 'host'
    | 'unexpectedTasks'
    | 'lastTaskId'
    | 'createdAt'
    | 'updatedAt'
    | 'revision'
    | 'nextDriveAt'
    | 'failures'
    | 'historySeq'
    | 'outbox'
    | 'idempotencyKey'
  >
>;

function base32(value: number, length: number): string {
  let rest = BigInt(value);
  let text = '';
  for (let place = 0; place < length; place++) {
    text = ALPHABET.charAt(Number(rest % 32n)) + text;
    rest /= 32n;
  }
  return text;
}
