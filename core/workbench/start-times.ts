import { PortError } from '../ports/port-error.ts';
import {
  START_TIMES_SPAN_MS,
  type StartGroup,
  type StartTimes,
  type StartTimesStore,
} from '../ports/start-times-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Workbench } from './workbench.ts';

/** The upper bound of the first bucket, milliseconds. Every further one is larger by GROWTH: the last is above two hours. */
const FIRST_BUCKET_MS = 250;
const GROWTH = 1.25;
export const BUCKETS_MAX = 48;

/** Starts of the last five weeks count, the present one included. */
const WEEKS = 5;

/** The bucket of a duration: 0 to BUCKETS_MAX - 1. Longer durations are in the last one. */
export function bucketOf(tookMs: number): number {
  const bucket = Math.ceil(Math.log(Math.max(tookMs, 1) / FIRST_BUCKET_MS) / Math.log(GROWTH));
  return Math.min(Math.max(bucket, 0), BUCKETS_MAX - 1);
}

/** A duration in a bucket, milliseconds. @param share of its starts that took less, 0-1 */
function durationIn(bucket: number, share: number): number {
  return FIRST_BUCKET_MS * GROWTH ** (bucket - 1 + share);
}

/** The duration that a share of the starts did not exceed, milliseconds, with an error of at most a quarter. */
export function percentileOf(counts: ReadonlyMap<number, number>, share: number): number {
  const total = totalOf(counts);
  const sorted = [...counts].sort(([a], [b]) => a - b);
  let below = 0;
  for (const [bucket, count] of sorted) {
    if (below + count >= share * total) return durationIn(bucket, (share * total - below) / count);
    below += count;
  }
  return 0;
}

export function totalOf(counts: ReadonlyMap<number, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

/** Adds the counts of each group. */
export function addCounts(entries: readonly StartTimes[]): readonly StartTimes[] {
  const groups = new Map<string, StartGroup & { readonly counts: Map<number, number> }>();
  for (const { kind, instanceType, counts } of entries) {
    const name = `${kind}#${instanceType ?? ''}`;
    const group = groups.get(name) ?? {
      kind,
      ...(instanceType === undefined ? {} : { instanceType }),
      counts: new Map<number, number>(),
    };
    for (const [bucket, count] of counts) group.counts.set(bucket, (group.counts.get(bucket) ?? 0) + count);
    groups.set(name, group);
  }
  return [...groups.values()];
}

export interface StartTimesSummary extends StartGroup {
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** Returns how long starts such as the present or next one of this workbench took; undefined if none was counted. */
export function findUsualStart(
  workbench: Workbench,
  summaries: readonly StartTimesSummary[],
): StartTimesSummary | undefined {
  const group = startGroupOf(workbench);
  return summaries.find(
    ({ kind, instanceType }) => kind === group.kind && instanceType === group.instanceType,
  );
}

/** The group of the present start, also when it has just completed; without one of the next start. */
function startGroupOf({ spec, lastTaskId }: Workbench): StartGroup {
  const instanceType = spec.dedicatedInstanceType;
  return {
    kind: lastTaskId === undefined ? 'first' : 'later',
    ...(instanceType === undefined ? {} : { instanceType }),
  };
}

/** Returns how long the starts of the last weeks took, by group. By one query. @param now milliseconds since 1970 */
export async function listStartTimes(
  { startTimes }: { readonly startTimes: Pick<StartTimesStore, 'list'> },
  now: number,
): Promise<readonly StartTimesSummary[]> {
  const groups = await startTimes.list(now - WEEKS * START_TIMES_SPAN_MS);
  return groups.map(({ counts, ...group }) => ({
    ...group,
    count: totalOf(counts),
    p50Ms: percentileOf(counts, 0.5),
    p95Ms: percentileOf(counts, 0.95),
  }));
}

/**
 * Counts the start that made this workbench ready, if its history says so. A start that cannot be counted is left out: the
 * workbench must not wait for it.
 */
export async function countCompletedStart(
  {
    startTimes,
    telemetry,
  }: { readonly startTimes: Pick<StartTimesStore, 'add'>; readonly telemetry: Telemetry },
  workbench: Workbench,
): Promise<void> {
  const { workbenchId, status, outbox, readyAt, lastStartMs } = workbench;
  const isReady = outbox.some(({ to, at }) => to === 'running' && at === readyAt);
  if (!isReady || status !== 'running' || readyAt === undefined || lastStartMs === undefined) return;
  const start = { ...startGroupOf(workbench), tookMs: lastStartMs, at: readyAt };
  try {
    await startTimes.add(start, bucketOf(lastStartMs));
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    telemetry.warn('the duration of a start could not be counted', { workbenchId, kind: error.kind });
  }
}
