import fc from 'fast-check';
import type { Meter } from '#core/cost/meter.ts';
import type { TaskInput } from '#core/ports/task-runner.ts';
import type { Files } from '#core/workbench/files-schema.ts';
import { HISTORY_ENTRY_TYPES, type HistoryEntry, STATUSES } from '#core/workbench/history.ts';
import { EVIDENCE_KINDS, type Idle } from '#core/workbench/idle-schema.ts';
import type { Interruption } from '#core/workbench/interruption.ts';
import { REASON_CODES } from '#core/workbench/reasons.ts';
import type { Retention } from '#core/workbench/retention-schema.ts';
import { SCHEDULE_STATES, type Schedule } from '#core/workbench/schedule-schema.ts';
import type { WorkbenchSpec } from '#core/workbench/spec.ts';
import {
  type AcceptedRun,
  type Base,
  type Deleting,
  HOST_STATES,
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
import { idAt, T0 } from './workbench.ts';

/** Arbitrary valid values of the domain, for property tests: every status, with and without each optional field. */

export const anyTime = () => fc.integer({ min: T0, max: T0 + 10 * 365 * 86_400_000 });

export const anyWorkbenchId = () => fc.tuple(anyTime(), fc.maxSafeNat()).map(([time, n]) => idAt(time, n));

/** A user id: 1-96 bytes of UTF-8 without control characters; `#`, `/` and emoji are frequent. */
export const anyUserId = () =>
  fc
    .oneof(
      fc.string({ unit: 'grapheme-composite', minLength: 1, maxLength: 40 }),
      fc.string({ unit: fc.constantFrom('#', '/', '%', '😀', 'é', 'a', ' '), minLength: 1, maxLength: 24 }),
    )
    .filter((text) => Buffer.byteLength(text) <= 96 && !/\p{Cc}/u.test(text));

const count = () => fc.nat({ max: 1_000_000 });
const rate = () => fc.nat({ max: 100_000_000 });
const word = () => fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 });
const runId = () => anyWorkbenchId().map((id) => id.slice(0, 16));
const attempt = () => fc.integer({ min: 1, max: 20 });
const reason = () => fc.record({ code: fc.constantFrom(...REASON_CODES), message: word() });
/** Schemas drop a member called `__proto__`, which no object has of its own. */
const mountName = () => word().filter((name) => name !== '__proto__');
const mount = () => fc.dictionary(mountName(), word(), { maxKeys: 3, noNullPrototype: true });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

type Exact<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Removes undefined members: with exact optional properties, absent is not undefined. */
function exact<T extends object>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<Exact<T>> {
  return arbitrary.map(
    (value) =>
      Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Exact<T>,
  );
}

/** An arbitrary for every field of T, the optional ones included. A field that is missing does not compile. */
type Fields<T> = { [K in keyof Required<T>]: fc.Arbitrary<T[K] | undefined> };

const spec = () =>
  exact(
    fc.record({
      cpuUnits: count(),
      memoryMib: count(),
      gpuCount: count(),
      dedicatedInstanceType: maybe(word()),
      onInterruption: maybe(fc.constantFrom('stop' as const, 'restart' as const)),
      idleStopMinutes: maybe(fc.constantFrom(0, 15, 60, 1440)),
      maxRunHours: maybe(fc.constantFrom(0, 1, 8760)),
    } satisfies Fields<WorkbenchSpec>),
  );

export const anyHistoryEntry = (seq = 1): fc.Arbitrary<HistoryEntry> =>
  exact(
    fc.record({
      seq: fc.constant(seq),
      at: anyTime(),
      type: fc.constantFrom(...HISTORY_ENTRY_TYPES),
      by: maybe(word()),
      from: maybe(fc.constantFrom(...STATUSES)),
      to: maybe(fc.constantFrom(...STATUSES)),
      code: maybe(fc.constantFrom(...REASON_CODES)),
    } satisfies Fields<HistoryEntry>),
  );

const outbox = (): fc.Arbitrary<HistoryEntry[]> =>
  fc
    .nat({ max: OUTBOX_MAX })
    .chain((length) => fc.tuple(...Array.from({ length }, (_, index) => anyHistoryEntry(index + 1))));

const taskInput = (): fc.Arbitrary<TaskInput> =>
  fc.record({
    userId: anyUserId(),
    workbenchId: anyWorkbenchId(),
    runId: runId(),
    attempt: attempt(),
    name: word(),
    cpuUnits: count(),
    memoryMib: count(),
    gpuCount: count(),
    placement: fc.oneof(
      fc.record({ kind: fc.constant('provider' as const), provider: word() }),
      fc.record({ kind: fc.constant('host' as const), instanceId: word() }),
    ),
    mount: mount(),
  } satisfies Fields<TaskInput>);

const preparing = (): fc.Arbitrary<PreparingRun> =>
  exact(
    fc.record({
      phase: fc.constant('preparing' as const),
      runId: runId(),
      attempt: attempt(),
      rate: maybe(rate()),
      goneAfter: maybe(anyTime()),
    } satisfies Fields<PreparingRun>),
  );

const issued = (): fc.Arbitrary<IssuedRun> =>
  exact(
    fc.record({
      phase: fc.constant('issued' as const),
      runId: runId(),
      attempt: attempt(),
      rate: maybe(rate()),
      input: taskInput(),
    } satisfies Fields<IssuedRun>),
  );
const interruption = () =>
  exact(
    fc.record({
      kind: fc.constantFrom('spot' as const, 'draining' as const, 'drain' as const),
      stopAt: maybe(anyTime()),
      until: maybe(anyTime()),
    } satisfies Fields<Interruption>),
  );

const accepted = (): fc.Arbitrary<AcceptedRun> =>
  exact(
    fc.record({
      phase: fc.constant('accepted' as const),
      runId: runId(),
      attempt: attempt(),
      rate: maybe(rate()),
      taskId: word(),
      taskVersion: count(),
      acceptedAt: anyTime(),
      endpoint: maybe(word()),
      containerInstance: maybe(word()),
      stopRequestedAt: maybe(anyTime()),
      goneAfter: maybe(anyTime()),
      agentSilentSince: maybe(anyTime()),
      missingSince: maybe(anyTime()),
      interruption: maybe(interruption()),
    } satisfies Fields<AcceptedRun>),
  );

const host = (): fc.Arbitrary<Host> =>
  exact(
    fc.record({
      instanceType: word(),
      generation: attempt(),
      state: fc.constantFrom(...HOST_STATES),
      instanceId: maybe(word()),
      agentConnected: fc.boolean(),
      replacing: maybe(fc.boolean()),
      drained: maybe(fc.boolean()),
      cpuUnits: maybe(count()),
      memoryMib: maybe(count()),
      failedLaunches: maybe(fc.integer({ min: 1, max: 9 })),
      launchAfter: maybe(anyTime()),
      rate: maybe(rate()),
      diskRate: maybe(rate()),
    } satisfies Fields<Host>),
  );

const unexpectedTask = () =>
  exact(
    fc.record({
      taskId: word(),
      stopRequestedAt: maybe(anyTime()),
      goneAfter: maybe(anyTime()),
      agentSilentSince: maybe(anyTime()),
    } satisfies Fields<Workbench['unexpectedTasks'][number]>),
  );

const meter = () =>
  exact(
    fc.record({
      seq: attempt(),
      since: anyTime(),
      rate: rate(),
      on: maybe(fc.boolean()),
      micros: count(),
      ms: count(),
      earlier: maybe(count()),
    } satisfies Fields<Meter>),
  );

const files = () => exact(fc.record({ kib: count(), rate: rate(), at: anyTime() } satisfies Fields<Files>));

const schedule = (): fc.Arbitrary<Schedule> =>
  exact(
    fc.record({
      start: maybe(fc.constantFrom('0 8 * * 1-5', '30 7 1 * *')),
      stop: maybe(fc.constantFrom('0 18 * * *', '0 */6 * * *')),
      zone: fc.constantFrom('UTC', 'Europe/Berlin'),
      nextStartAt: maybe(anyTime()),
      nextStopAt: maybe(anyTime()),
      state: maybe(fc.constantFrom(...SCHEDULE_STATES)),
    } satisfies Fields<Schedule>),
  );

const base = () =>
  ({
    schemaVersion: fc.constant(SCHEMA_VERSION),
    minReader: fc.constant(undefined),
    userId: anyUserId(),
    workbenchId: anyWorkbenchId(),
    name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    spec: spec(),
    mount: maybe(mount()),
    host: maybe(host()),
    lastHostGeneration: maybe(attempt()),
    unexpectedTasks: fc.array(unexpectedTask(), { maxLength: UNEXPECTED_TASKS_MAX }),
    lastTaskId: maybe(word()),
    createdAt: anyTime(),
    startedAt: maybe(anyTime()),
    readyAt: maybe(anyTime()),
    stoppedAt: maybe(anyTime()),
    labels: maybe(fc.dictionary(mountName(), word(), { maxKeys: 3, noNullPrototype: true })),
    lastStartMs: maybe(fc.nat()),
    updatedAt: anyTime(),
    revision: fc.integer({ min: 1, max: 1_000_000 }),
    nextDriveAt: maybe(anyTime()),
    failures: fc.nat({ max: 50 }),
    historySeq: count(),
    outbox: outbox(),
    gapAt: maybe(anyTime()),
    idempotencyKey: maybe(word()),
    offer: maybe(fc.record({ to: anyUserId(), expiresAt: anyTime() })),
    files: maybe(files()),
    meter: maybe(meter()),
    plannedStopAt: maybe(anyTime()),
    schedule: maybe(schedule()),
    restorable: maybe(fc.record({ deletedAt: anyTime(), until: anyTime() })),
  }) satisfies Fields<Base>;

const idle = (): fc.Arbitrary<Idle> =>
  exact(
    fc.record({
      minutes: fc.integer({ min: 15, max: 1440 }),
      since: anyTime(),
      because: fc.constantFrom(...EVIDENCE_KINDS),
      checkAt: anyTime(),
      idleStopAt: maybe(anyTime()),
      keepUntil: maybe(anyTime()),
      unknownSince: maybe(anyTime()),
      unknown: maybe(fc.boolean()),
    } satisfies Fields<Idle>),
  );

const retention = (): fc.Arbitrary<Retention> =>
  exact(
    fc.record({
      since: anyTime(),
      deletesAt: anyTime(),
      warned: maybe(fc.boolean()),
    } satisfies Fields<Retention>),
  );

const transition = () => ({ deadlineAt: anyTime(), overdue: maybe(fc.boolean()) });
const only = <const T>(value: T) => fc.constant<T>(value);
const nextRun = () =>
  exact(
    fc.record({
      runId: runId(),
      requestedAt: anyTime(),
      retry: maybe(
        fc.record({ attempt: attempt(), failedStarts: attempt() } satisfies Fields<
          NonNullable<NonNullable<Stopping['nextRun']>['retry']>
        >),
      ),
    } satisfies Fields<NonNullable<Stopping['nextRun']>>),
  );
const anyRun = () => fc.oneof(preparing(), issued(), accepted());

/** A valid record of any status. Each field is valid by itself; together they need not make sense. */
export const anyWorkbench = (): fc.Arbitrary<Workbench> =>
  fc.oneof(
    exact(
      fc.record({
        ...base(),
        status: only('stopped'),
        desired: only('stopped'),
        reason: maybe(reason()),
        retention: maybe(retention()),
      } satisfies Fields<Stopped>),
    ),
    exact(
      fc.record({
        ...base(),
        ...transition(),
        status: only('starting'),
        desired: only('running'),
        run: fc.oneof(preparing(), issued()),
        deadlinePausedAt: maybe(anyTime()),
        pausedForSpace: maybe(fc.boolean()),
        refusal: maybe(reason()),
        failedStarts: maybe(attempt()),
      } satisfies Fields<Starting>),
    ),
    exact(
      fc.record({
        ...base(),
        ...transition(),
        status: only('provisioning'),
        desired: only('running'),
        run: accepted(),
        detail: maybe(word()),
        failedStarts: maybe(attempt()),
      } satisfies Fields<Provisioning>),
    ),
    exact(
      fc.record({
        ...base(),
        ...transition(),
        status: only('pending'),
        desired: only('running'),
        run: accepted(),
        detail: maybe(word()),
        failedStarts: maybe(attempt()),
        gateSilentSince: maybe(anyTime()),
      } satisfies Fields<Pending>),
    ),
    exact(
      fc.record({
        ...base(),
        status: only('running'),
        desired: only('running'),
        run: accepted(),
        idle: maybe(idle()),
        lifeEndsAt: maybe(anyTime()),
        unhealthy: maybe(fc.boolean()),
        warnedStopAt: maybe(anyTime()),
      } satisfies Fields<Running>),
    ),
    exact(
      fc.record({
        ...base(),
        ...transition(),
        status: only('stopping'),
        desired: fc.constantFrom('stopped' as const, 'running' as const),
        nextRun: maybe(nextRun()),
        run: maybe(anyRun()),
        reason: maybe(reason()),
        unexplained: maybe(fc.boolean()),
        forced: maybe(fc.boolean()),
      } satisfies Fields<Stopping>),
    ),
    exact(
      fc.record({
        ...base(),
        ...transition(),
        status: only('deleting'),
        desired: only('deleted'),
        run: maybe(anyRun()),
        forced: maybe(fc.boolean()),
        volumeDeleted: maybe(fc.boolean()),
      } satisfies Fields<Deleting>),
    ),
  );
