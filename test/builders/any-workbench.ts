import fc from 'fast-check';
import { INSTANCE_STATES } from '#core/ports/host-fleet.ts';
import type { TaskInput } from '#core/ports/task-runner.ts';
import { HISTORY_ENTRY_TYPES, type HistoryEntry, STATUSES } from '#core/workbench/history.ts';
import { REASON_CODES } from '#core/workbench/reasons.ts';
import {
  type AcceptedRun,
  type Host,
  type IssuedRun,
  OUTBOX_MAX,
  type PreparingRun,
  SCHEMA_VERSION,
  UNEXPECTED_TASKS_MAX,
  type Workbench,
} from '#core/workbench/workbench.ts';
import { idAt, T0 } from './workbench.ts';

/** Arbitrary valid values of the domain, for property tests: every status, every optional field there or not. */

export const anyTime = () => fc.integer({ min: T0, max: T0 + 10 * 365 * 86_400_000 });

export const anyWorkbenchId = () => fc.tuple(anyTime(), fc.maxSafeNat()).map(([time, n]) => idAt(time, n));

/** 1-96 bytes of UTF-8 without control characters, `#`, `/` and emoji among them. */
export const anyUserId = () =>
  fc
    .oneof(
      fc.string({ unit: 'grapheme-composite', minLength: 1, maxLength: 40 }),
      fc.string({ unit: fc.constantFrom('#', '/', '%', '😀', 'é', 'a', ' '), minLength: 1, maxLength: 24 }),
    )
    .filter((text) => Buffer.byteLength(text) <= 96 && !/\p{Cc}/u.test(text));

const count = () => fc.nat({ max: 1_000_000 });
const word = () => fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 });
const runId = () => anyWorkbenchId().map((id) => id.slice(0, 16));
const attempt = () => fc.integer({ min: 1, max: 20 });
const reason = () => fc.record({ code: fc.constantFrom(...REASON_CODES), message: word() });
/** Schemas drop `__proto__`, which no object has of its own in any case. */
const mountName = () => word().filter((name) => name !== '__proto__');
const mount = () => fc.dictionary(mountName(), word(), { maxKeys: 3, noNullPrototype: true });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

type Exact<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Takes the members that are undefined away: with exact optional properties, absent is not undefined. */
function exact<T extends object>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<Exact<T>> {
  return arbitrary.map(
    (value) =>
      Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Exact<T>,
  );
}

const spec = () =>
  exact(
    fc.record({
      cpuUnits: count(),
      memoryMib: count(),
      gpuCount: count(),
      dedicatedInstanceType: maybe(word()),
    }),
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
    }),
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
  });

const preparing = (): fc.Arbitrary<PreparingRun> =>
  fc.record({ phase: fc.constant('preparing' as const), runId: runId(), attempt: attempt() });
const issued = (): fc.Arbitrary<IssuedRun> =>
  fc.record({
    phase: fc.constant('issued' as const),
    runId: runId(),
    attempt: attempt(),
    input: taskInput(),
  });
const accepted = (): fc.Arbitrary<AcceptedRun> =>
  exact(
    fc.record({
      phase: fc.constant('accepted' as const),
      runId: runId(),
      attempt: attempt(),
      taskId: word(),
      taskVersion: count(),
      acceptedAt: anyTime(),
      endpoint: maybe(word()),
      containerInstance: maybe(word()),
      provider: maybe(word()),
      stopRequestedAt: maybe(anyTime()),
      goneAfter: maybe(anyTime()),
      missingSince: maybe(anyTime()),
    }),
  );

const host = (): fc.Arbitrary<Host> =>
  exact(
    fc.record({
      instanceType: word(),
      generation: attempt(),
      state: fc.constantFrom('requested' as const, ...INSTANCE_STATES),
      instanceId: maybe(word()),
      agentConnected: fc.boolean(),
      replacing: maybe(fc.boolean()),
      cpuUnits: maybe(count()),
      memoryMib: maybe(count()),
    }),
  );

const base = () => ({
  schemaVersion: fc.constant(SCHEMA_VERSION as typeof SCHEMA_VERSION),
  userId: anyUserId(),
  workbenchId: anyWorkbenchId(),
  name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  spec: spec(),
  mount: maybe(mount()),
  host: maybe(host()),
  lastHostGeneration: maybe(attempt()),
  unexpectedTasks: fc.array(
    exact(
      fc.record({
        taskId: word(),
        stopRequestedAt: maybe(anyTime()),
        goneAfter: maybe(anyTime()),
        agentSilentSince: maybe(anyTime()),
      }),
    ),
    { maxLength: UNEXPECTED_TASKS_MAX },
  ),
  lastTaskId: maybe(word()),
  createdAt: anyTime(),
  startedAt: maybe(anyTime()),
  readyAt: maybe(anyTime()),
  stoppedAt: maybe(anyTime()),
  updatedAt: anyTime(),
  revision: fc.integer({ min: 1, max: 1_000_000 }),
  nextDriveAt: maybe(anyTime()),
  failures: fc.nat({ max: 50 }),
  historySeq: count(),
  outbox: outbox(),
  idempotencyKey: maybe(word()),
});

const transition = () => ({ deadlineAt: anyTime(), overdue: maybe(fc.boolean()) });
const only = <const T>(value: T) => fc.constant<T>(value);
const anyRun = () => fc.oneof(preparing(), issued(), accepted());

/** A valid record of any status. Its fields need not make sense together, only each by itself. */
export const anyWorkbench = (): fc.Arbitrary<Workbench> =>
  fc.oneof(
    exact(
      fc.record({ ...base(), status: only('stopped'), desired: only('stopped'), reason: maybe(reason()) }),
    ),
    exact(
      fc.record({
        ...base(),
        ...transition(),
        status: only('starting'),
        desired: only('running'),
        run: fc.oneof(preparing(), issued()),
        deadlinePausedAt: maybe(anyTime()),
        refusal: maybe(reason()),
      }),
    ),
    exact(
      fc.record({
        ...base(),
        ...transition(),
        status: fc.constantFrom('provisioning' as const, 'pending' as const),
        desired: only('running'),
        run: accepted(),
        detail: maybe(word()),
      }),
    ),
    exact(fc.record({ ...base(), status: only('running'), desired: only('running'), run: accepted() })),
    exact(
      fc.record({
        ...base(),
        ...transition(),
        status: only('stopping'),
        desired: fc.constantFrom('stopped' as const, 'running' as const),
        nextRun: maybe(fc.record({ runId: runId(), requestedAt: anyTime() })),
        run: maybe(anyRun()),
        reason: maybe(reason()),
        unexplained: maybe(fc.boolean()),
      }),
    ),
    exact(
      fc.record({
        ...base(),
        ...transition(),
        status: only('deleting'),
        desired: only('deleted'),
        run: maybe(anyRun()),
        volumeDeleted: maybe(fc.boolean()),
      }),
    ),
  );
