import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import * as z from 'zod/mini';
import { type HistoryStore, UnreadableRecord } from '#core/ports/workbench-store.ts';
import { historyEntrySchema } from '#core/workbench/history.ts';
import {
  decodeRecord,
  encodeRecord,
  type RecordFormat,
  type StoredRecord,
} from '#core/workbench/record-codec.ts';
import { SCHEMA_VERSION, type WorkbenchKey } from '#core/workbench/workbench.ts';
import type { MemoryHistoryStore } from '../../memory/memory-stores.ts';
import {
  CURRENT_CODEC,
  type MemoryWorkbenchStore,
  type RecordCodec,
} from '../../memory/memory-workbench-store.ts';
import type { Kernel } from '../kernel.ts';
import type { Tape } from '../tape.ts';
import { RuleViolation } from './rule-violation.ts';

/**
 * Two versions of the controller on one table: the present one, and a newer one that adds fields to every object of a
 * record, knows further reason codes and types of history entries, and has raised the schema version. During a rollout
 * each invocation runs either version. The rules: no version loses what the newer one wrote, and both can read every
 * record.
 */

/** Times in milliseconds since the start of the schedule. */
export interface Rollout {
  /** From this time on each invocation runs either version. */
  readonly startsAt: number;
  /** From this time on all invocations run the newer version. */
  readonly endsAt: number;
  /** From this time on all invocations run the present version again; undefined: never. */
  readonly rollsBackAt?: number | undefined;
}

export const anyRollout: fc.Arbitrary<Rollout> = fc
  .tuple(
    fc.nat(10 * 60_000),
    fc.nat(20 * 60_000),
    fc.option(fc.nat(10 * 60_000), { nil: undefined, freq: 2 }),
  )
  .map(([startsAt, lasts, until]) => {
    const endsAt = startsAt + lasts;
    return { startsAt, endsAt, rollsBackAt: until === undefined ? undefined : endsAt + until };
  });

export type Version = 'present' | 'newer';

export interface MixedFleetOptions {
  readonly kernel: Kernel;
  readonly tape: Tape;
  readonly rollout: Rollout | undefined;
  readonly onViolation: (violation: RuleViolation) => void;
}

export class MixedFleet {
  readonly #options: MixedFleetOptions;
  readonly #startedAt: number;

  constructor(options: MixedFleetOptions) {
    this.#options = options;
    this.#startedAt = options.kernel.now();
  }

  /** Draws the version of an invocation that starts now. */
  drawVersion(): Version {
    const { kernel, tape, rollout } = this.#options;
    const at = kernel.now() - this.#startedAt;
    if (rollout === undefined || at < rollout.startsAt) return 'present';
    if (rollout.rollsBackAt !== undefined && at >= rollout.rollsBackAt) return 'present';
    return at >= rollout.endsAt || tape.chance(0.5) ? 'newer' : 'present';
  }

  /** The records as each version reads and writes them. */
  storesOf(
    records: MemoryWorkbenchStore,
    history: MemoryHistoryStore,
  ): Readonly<Record<Version, MemoryWorkbenchStore>> {
    const storeOf = (version: Version, codec: RecordCodec) =>
      records.withCodec(codec, (key, before, after) =>
        this.#check(() => {
          for (const reader of Object.values(stores)) checkReadable(version, key, after, reader);
          checkWrite(version, key, before as StoredRecord | undefined, after, history);
        }),
      );
    const stores = { present: storeOf('present', CURRENT_CODEC), newer: storeOf('newer', NEWER_CODEC) };
    return stores;
  }

  #check(check: () => void): void {
    if (this.#options.rollout === undefined) return;
    try {
      check();
    } catch (error) {
      if (!(error instanceof RuleViolation)) throw error;
      this.#options.onViolation(error);
    }
  }
}

const NEWER_FORMAT: RecordFormat = {
  schemaVersion: SCHEMA_VERSION + 1,
  minReader: 1,
  upgrades: new Map([[SCHEMA_VERSION, (record) => ({ ...record, newer: record.newer ?? { writes: 0 } })]]),
};

/** Codes that the newer version writes instead of those of the present one. */
const NEWER_CODES: Readonly<Record<string, string>> = {
  exited: 'process_exited',
  no_capacity: 'capacity_exhausted',
  start_timeout: 'not_ready',
};

const NEWER_CODEC: RecordCodec = {
  decode: (stored) => decodeRecord(markPresentEntries(stored), NEWER_FORMAT),
  encode: (workbench) => withNewerFields(encodeRecord(workbench, NEWER_FORMAT)),
};

type Fields = Readonly<Record<string, unknown>>;

function withNewerFields(record: StoredRecord): StoredRecord {
  const { writes = 0 } = (record.newer ?? {}) as { readonly writes?: number };
  const present = (name: string, add: (value: Fields) => Fields) =>
    record[name] === undefined ? {} : { [name]: add(record[name] as Fields) };
  const each = (name: string, add: (value: Fields) => Fields) => ({
    [name]: (record[name] as readonly Fields[]).map(add),
  });
  return {
    ...record,
    newer: { writes: writes + 1 },
    ...present('spec', (spec) => ({ tier: 'gold', ...spec })),
    ...present('run', (run) => ({ template: `template of ${run.runId}`, ...run })),
    ...present('host', (host) => ({ zone: 'a', ...host })),
    ...present('reason', withNewerCode),
    ...present('refusal', withNewerCode),
    ...each('unexpectedTasks', (task) => ({ foundBy: 'newer', ...task })),
    ...each('outbox', withNewerEntryFields),
  };
}

/** Marks the entries that the present version created: entries are immutable, so the newer one must not extend them. */
function markPresentEntries(stored: unknown): unknown {
  const record = stored as StoredRecord;
  const outbox = (record.outbox as readonly Fields[]).map((entry) => ({ source: 'present', ...entry }));
  return { ...record, outbox };
}

function withNewerEntryFields({ source, ...entry }: Fields): Fields {
  if (source !== undefined) return source === 'present' ? entry : { ...entry, source };
  const type = entry.type === 'status_changed' ? 'status_moved' : entry.type;
  return { ...withNewerCode(entry), source: 'newer', type };
}

/** The history as a version writes it. An invocation appends the entries that it has in memory. */
export function historyOf(version: Version, history: HistoryStore): HistoryStore {
  if (version === 'present') return history;
  return {
    append: (workbenchId, entries, events) =>
      history.append(
        workbenchId,
        entries.map((entry) =>
          historyEntrySchema.parse(withNewerEntryFields(z.encode(historyEntrySchema, entry) as Fields)),
        ),
        events,
      ),
    list: (workbenchId) => history.list(workbenchId),
    expire: (workbenchId, at) => history.expire(workbenchId, at),
  };
}

function withNewerCode(holder: Fields): Fields {
  const code = NEWER_CODES[String(holder.code)];
  return code === undefined ? holder : { ...holder, code, hint: `hint for ${code}` };
}

function checkReadable(
  version: Version,
  key: WorkbenchKey,
  after: StoredRecord,
  reader: MemoryWorkbenchStore,
): void {
  try {
    reader.decode(key, after);
  } catch (error) {
    throw new RuleViolation(
      `the ${version} version made the record of workbench ${key.workbenchId} unreadable: ${error instanceof UnreadableRecord ? error.cause : error}`,
    );
  }
}

function checkWrite(
  version: Version,
  { workbenchId }: WorkbenchKey,
  before: StoredRecord | undefined,
  after: StoredRecord,
  history: MemoryHistoryStore,
): void {
  if (before === undefined) return;
  const lost = (part: string) =>
    new RuleViolation(
      `the ${version} version lost ${part} of workbench ${workbenchId}, which the newer version had written`,
    );
  const mayChange = version === 'newer' && after.newer !== undefined;
  if (!mayChange && !isDeepStrictEqual(after.newer, before.newer)) throw lost('newer');
  for (const { name, field, identity } of OWNED_FIELDS) {
    const [was, is] = [before[name], after[name]] as (Fields | undefined)[];
    if (was?.[field] === undefined || is === undefined) continue;
    if (identity !== undefined && was[identity] !== is[identity]) continue;
    // A retry keeps the id of the run and nothing else of it: what was known concerned the task that has ended. One write may both
    // accept a task and retry, if it has ended by then.
    if (name === 'run' && was.phase !== 'preparing' && is.phase === 'preparing') continue;
    if (was[field] !== is[field]) throw lost(`${name}.${field}`);
  }
  for (const task of before.unexpectedTasks as readonly Fields[]) {
    const same = (after.unexpectedTasks as readonly Fields[]).find(({ taskId }) => taskId === task.taskId);
    if (same !== undefined && same.foundBy !== task.foundBy && task.foundBy !== undefined)
      throw lost('unexpectedTasks.foundBy');
  }
  if (isEnded(before) && isEnded(after)) {
    const [was, is] = [before.reason, after.reason] as (Fields | undefined)[];
    // The retention says why it deletes a workbench that has stopped for another reason.
    const isReplaced = was?.code !== is?.code && is?.code === 'retention';
    if (was?.hint !== undefined && !isReplaced && !isDeepStrictEqual(is, was)) throw lost('the reason');
  }
  for (const entry of before.outbox as readonly Fields[]) {
    if (entry.source === undefined) continue;
    const same = (after.outbox as readonly Fields[]).find(({ seq }) => seq === entry.seq);
    const stored = same ?? history.storedEntry(workbenchId, Number(entry.seq));
    if (!isDeepStrictEqual(stored, JSON.parse(JSON.stringify(entry))))
      throw lost(`the history entry ${entry.seq}`);
  }
}

/** Fields that the newer version adds to objects. A field ends with its object, which `identity` identifies. */
const OWNED_FIELDS: readonly { name: string; field: string; identity?: string }[] = [
  { name: 'spec', field: 'tier' },
  { name: 'run', field: 'template', identity: 'runId' },
  { name: 'host', field: 'zone', identity: 'generation' },
];

function isEnded({ status }: StoredRecord): boolean {
  return status === 'stopping' || status === 'stopped';
}
