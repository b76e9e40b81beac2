import type { UsageEntry } from '../ports/usage-store.ts';
import { isHostOn } from '../workbench/host-state.ts';
import { type AcceptedRun, runOf, type Workbench } from '../workbench/workbench.ts';
import {
  inDayOf,
  type Meter,
  type MeteredState,
  type MonthSum,
  meterStateOf,
  monthSums,
  newMeter,
  nextMeter,
  withState,
} from './meter.ts';

/**
 * At what rate the workbench costs money, as far as its record says: its files, and its host or the share of the instance
 * that its task is on. A task that waits for an instance costs nothing.
 */
export function meteredStateOf(workbench: Workbench): MeteredState {
  const { on, rate } = machineStateOf(workbench);
  return { on, rate: rate + (workbench.files?.rate ?? 0) };
}

function machineStateOf(workbench: Workbench): MeteredState {
  const run = runOf(workbench);
  const { host } = workbench;
  if (host?.instanceId !== undefined) {
    const on = isHostOn(host);
    return { on, rate: (on ? host.rate : host.diskRate) ?? 0 };
  }
  if (run?.phase === 'accepted' && isOnInstance(workbench, run)) return { on: true, rate: run.rate ?? 0 };
  return { on: false, rate: 0 };
}

/** Whether the task has been placed on an instance, and is not known to have stopped. */
function isOnInstance({ status }: Workbench, { containerInstance, goneAfter }: AcceptedRun): boolean {
  if (goneAfter !== undefined) return false;
  return status === 'pending' || status === 'running' || containerInstance !== undefined;
}

/** The meter of a record that is about to be written, and what ended meters have counted. */
interface MeterStep {
  readonly meter: Meter | undefined;
  readonly closed: readonly CountedSum[];
}

interface CountedSum extends MonthSum {
  /** Number of the meter. */
  readonly seq: number;
}

/**
 * Continues the meter of a record.
 * @param after the record that follows `before`; its meter is not read
 */
function continueMeter(before: Workbench, after: Workbench, now: number): MeterStep {
  const state = meteredStateOf(after);
  const known = attended(before);
  if (known === undefined) {
    // A clock that was set back must not let the workbench cost money before it was created.
    const since = Math.max(now, before.createdAt);
    return { meter: isFree(state) ? undefined : newMeter(1, since, state), closed: [] };
  }
  const current = inDayOf(known, now);
  const ended = current === known ? [] : sumsOf(known, current.since);
  const next = isSame(meterStateOf(current), state) ? current : withState(current, now, state);
  return before.userId === after.userId
    ? { meter: next, closed: ended }
    : { meter: ofNextOwner(current, now, state), closed: [...ended, ...sumsOf(current, now)] };
}

/** Each owner has a meter of its own. */
function ofNextOwner(current: Meter, now: number, state: MeteredState): Meter {
  const own = withState(current, now, state);
  return nextMeter(own, own.micros + (own.earlier ?? 0));
}

function sumsOf(meter: Meter, until: number): readonly CountedSum[] {
  return monthSums(meter, until).map((sum) => ({ ...sum, seq: meter.seq }));
}

/**
 * The meter of the record. A version that does not know the meter may have changed the record since: then the rate has
 * changed at its last write.
 */
function attended(workbench: Workbench): Meter | undefined {
  const { meter, updatedAt } = workbench;
  const state = meteredStateOf(workbench);
  if (meter === undefined || isSame(meterStateOf(meter), state)) return meter;
  return withState(meter, updatedAt, state);
}

/** The meter of the record `after`, which is about to replace `before`. */
export function meterAfter(before: Workbench, after: Workbench, now: number): Meter | undefined {
  return continueMeter(before, after, now).meter;
}

/**
 * What the meters that end with this write have counted. To be stored in one transaction with the record: another call that
 * read the same revision may end them at another time or not at all, and only one of the two writes the record.
 */
export function closedUsage(before: Workbench, after: Workbench, now: number): readonly UsageEntry[] {
  if (before.meter === undefined || before.meter.seq === after.meter?.seq) return [];
  return continueMeter(before, after, now).closed.map((sum) => toEntry(before, sum));
}

/** What the meter of the record has counted until now, for each month. */
export function openUsage(workbench: Workbench, now: number): readonly UsageEntry[] {
  const meter = attended(workbench);
  return meter === undefined ? [] : sumsOf(meter, now).map((sum) => toEntry(workbench, sum));
}

/** Millionths of a USD that the workbench has cost in the month of `now`, all owners together. */
export function monthToDate(workbench: Workbench, now: number): number {
  const meter = attended(workbench);
  if (meter === undefined) return 0;
  const current = inDayOf(meter, now);
  return withState(current, now, meterStateOf(current)).micros + (current.earlier ?? 0);
}

function toEntry({ userId, workbenchId, name, revision }: Workbench, sum: CountedSum): UsageEntry {
  return { userId, workbenchId, name, revision, ...sum };
}

function isFree({ rate, on }: MeteredState): boolean {
  return rate === 0 && !on;
}

function isSame(one: MeteredState, other: MeteredState): boolean {
  return one.rate === other.rate && one.on === other.on;
}
