import * as z from 'zod/mini';
import { CLOCK_SKEW_MAX_MS } from '../ports/clock.ts';
import { openObject } from '../workbench/open-schema.ts';
import type { Workbench } from '../workbench/workbench.ts';
import { type Held, heldBy } from './held.ts';
import {
  HELD_NAMES,
  type HeldName,
  type LimitsInForce,
  QUOTA_UNITS,
  type QuotaName,
  type QuotaUnit,
} from './limits.ts';

/**
 * What a workbench holds. `revision` is that of the record: of the record that was written with it, or, before the write,
 * of the record that a request is about to write. So an entry whose revision is higher than the record's is one of a request
 * in progress, or of one that ended before its write.
 */
const entrySchema = openObject({
  revision: z.int(),
  /** When the entry was written, milliseconds since 1970. */
  at: z.int(),
  held: z.record(z.string(), z.int()),
});
export type LedgerEntry = z.infer<typeof entrySchema>;

/** What the workbenches of a user hold. */
export const ledgerSchema = openObject({
  /** The groups that the user's own token last proved. Requests of others for this user prove none. */
  groups: z.array(z.string()),
  /** Workbench id → what it holds. */
  entries: z.record(z.string(), entrySchema),
});
export type Ledger = z.infer<typeof ledgerSchema>;

export const EMPTY_LEDGER: Ledger = { groups: [], entries: {} };

/**
 * An entry of a request that has written no record after this time is removed, milliseconds. A request ends within
 * HOLD_VALID_MS; the rest allows for its last call and for clocks that differ.
 */
export const INTENT_GRACE_MS = 5 * 60_000;

/**
 * A request that has not written its entry within this time after it began to read the ledger writes no record, and after it no
 * entry either. Milliseconds.
 */
export const HOLD_VALID_MS = 30_000;

/** What all entries hold together. */
export function sumOf({ entries }: Ledger): Readonly<Record<HeldName, number>> {
  const sum = { workbenches: 0, hosts: 0, running: 0, cpu: 0, memory: 0, gpus: 0 };
  for (const { held } of Object.values(entries)) for (const name of HELD_NAMES) sum[name] += held[name] ?? 0;
  return sum;
}

/** The first limit that a request would exceed. */
export interface QuotaRefusal {
  readonly name: QuotaName;
  readonly limit: number;
  readonly used: number;
  /** How much more the request needs. 0 of `usd`: a start costs as much as it will run. */
  readonly requested: number;
  /** The scope that sets the limit: `user:…`, `group:…` or `installation`. */
  readonly scope: string;
  readonly unit: QuotaUnit;
  /** When nothing is used of it again, milliseconds since 1970. Absent: it does not reset with time. */
  readonly resetsAt?: number;
}

/**
 * Returns the first limit that would be exceeded if the workbench held this; undefined if it may. Only what the request adds
 * counts: with more than a lowered limit allows, a user may still do what adds nothing to it.
 */
export function findExceeded(
  ledger: Ledger,
  workbenchId: string,
  held: Held,
  limits: LimitsInForce,
): QuotaRefusal | undefined {
  const sum = sumOf(ledger);
  const before = ledger.entries[workbenchId]?.held ?? {};
  for (const name of HELD_NAMES) {
    const { max, source } = limits[name];
    const requested = (held[name] ?? 0) - (before[name] ?? 0);
    if (max === null || requested <= 0 || sum[name] + requested <= max) continue;
    const scope = source ?? 'installation';
    return { name, limit: max, used: sum[name], requested, scope, unit: QUOTA_UNITS[name] };
  }
  return undefined;
}

export interface Hold {
  readonly workbenchId: string;
  /** The revision of the record that is about to be written with it. */
  readonly revision: number;
  readonly held: Held;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * Adds an entry before its record is written. An entry with a higher revision stays: then the record has changed since it was
 * read, and the write of this request will be a conflict. An entry with the same revision, of another attempt, begins again,
 * so that its grace period covers this attempt too.
 */
export function addHold(ledger: Ledger, { workbenchId, revision, held, at }: Hold): Ledger {
  const found = ledger.entries[workbenchId];
  if (found !== undefined && found.revision > revision) return ledger;
  return withEntry(ledger, workbenchId, { revision, at, held });
}

/**
 * Sets the entry of a workbench to what its record holds that was written with this revision; without a record, removes it. An
 * entry with a higher revision stays: it is of a later change. Without an entry none is added: each record has one before it is
 * written, so that the workbench was deleted or got another owner while this request was frozen.
 * @param held undefined: the record was deleted
 */
export function settle(
  ledger: Ledger,
  { workbenchId, revision, held, at }: Omit<Hold, 'held'> & { readonly held: Held | undefined },
): Ledger {
  const found = ledger.entries[workbenchId];
  if (found === undefined || found.revision > revision) return ledger;
  if (held === undefined) return withoutEntry(ledger, workbenchId);
  if (holdsSame(found.held, held)) return ledger;
  return withEntry(ledger, workbenchId, { revision, at, held });
}

export interface Recount {
  readonly ledger: Ledger;
  /** The workbenches whose entry was wrong. */
  readonly changed: readonly string[];
  /** The workbenches without a record in the list, whose entry is old enough to be removed if there really is none. */
  readonly missing: readonly string[];
}

/**
 * Compares the ledger with the records of the user. Entries of requests in progress stay. The grace period of an entry from the
 * future begins again; that alone is no change of the entry, but of the ledger.
 * @param records all of the user, read after the ledger
 * @param now milliseconds since 1970
 */
export function recount(ledger: Ledger, records: readonly Workbench[], now: number): Recount {
  let counted = withoutFutureTimes(ledger, now);
  const changed: string[] = [];
  const listed = new Set<string>();
  for (const record of records) {
    const { workbenchId, revision } = record;
    listed.add(workbenchId);
    const found = counted.entries[workbenchId];
    const held = heldBy(record);
    if (found !== undefined && holdsSame(found.held, held)) continue;
    if (found !== undefined && found.revision > revision && now - found.at <= INTENT_GRACE_MS) continue;
    counted = withEntry(counted, workbenchId, { revision, at: now, held });
    changed.push(workbenchId);
  }
  const missing = Object.entries(ledger.entries).flatMap(([workbenchId, { at }]) =>
    listed.has(workbenchId) || now - at <= INTENT_GRACE_MS ? [] : [workbenchId],
  );
  return { ledger: counted, changed, missing };
}

/**
 * Returns the ledger with the entries from the future as if they were written now. The clock was set back since, so that their
 * age is not known: they may be of requests in progress, but must not count until the clock has come so far again.
 */
function withoutFutureTimes(ledger: Ledger, now: number): Ledger {
  let result = ledger;
  for (const [workbenchId, entry] of Object.entries(ledger.entries))
    if (entry.at - now > CLOCK_SKEW_MAX_MS) result = withEntry(result, workbenchId, { ...entry, at: now });
  return result;
}

/** Returns the ledger without the entry of a workbench. */
export function withoutEntry(ledger: Ledger, workbenchId: string): Ledger {
  const { [workbenchId]: _removed, ...entries } = ledger.entries;
  return { ...ledger, entries };
}

function withEntry(ledger: Ledger, workbenchId: string, { held, ...entry }: LedgerEntry & { held: Held }) {
  const amounts = Object.entries(held).filter(([, amount]) => amount !== 0);
  return {
    ...ledger,
    entries: { ...ledger.entries, [workbenchId]: { ...entry, held: Object.fromEntries(amounts) } },
  };
}

function holdsSame(a: Held, b: Held): boolean {
  return HELD_NAMES.every((name) => (a[name] ?? 0) === (b[name] ?? 0));
}
