import { CLOCK_SKEW_MAX_MS } from '../ports/clock.ts';
import { isDeleted } from './is-deleted.ts';
import type { ReasonCode } from './reasons.ts';
import type { Running, Workbench } from './record-schema.ts';
import type { Retention } from './retention-schema.ts';

/**
 * When a running workbench is stopped because AWS takes its instance back, or an operator empties it. A start is not stopped: it is not known to
 * have files to save, and the end of its instance is a reason to try again.
 */
export function interruptionStopAtOf(workbench: Workbench): number | undefined {
  if (workbench.status !== 'running') return undefined;
  const { interruption } = workbench.run;
  return interruption?.kind === 'drain' ? interruption.until : interruption?.stopAt;
}

/** A stop whose time is known. */
export interface PlannedStop {
  readonly at: number;
  /** The code of the status reason that the stop will have. */
  readonly code: ReasonCode;
}

/** The earliest planned stop of a running workbench. An idle stop is planned once its owner has been warned. */
export function plannedStopOf(workbench: Workbench): PlannedStop | undefined {
  if (workbench.status !== 'running') return undefined;
  const { run, lifeEndsAt, plannedStopAt, idle, schedule } = workbench;
  const code = run.interruption?.kind === 'drain' ? 'machine_drained' : 'spot_interrupted';
  const stops: readonly { readonly at: number | undefined; readonly code: ReasonCode }[] = [
    { at: interruptionStopAtOf(workbench), code },
    { at: lifeEndsAt, code: 'max_life' },
    { at: plannedStopAt, code: 'stop_at' },
    { at: schedule?.nextStopAt, code: 'schedule' },
    { at: idle?.idleStopAt, code: 'idle' },
  ];
  let first: PlannedStop | undefined;
  for (const { at, code } of stops)
    if (at !== undefined && (first === undefined || at < first.at)) first = { at, code };
  return first;
}

/** The owner is warned at least this long before a stop by the schedule, milliseconds. */
export const SCHEDULE_WARNING_MS = 10 * 60_000;

/** The owner is warned this long before a stop at a fixed time, milliseconds. */
export const FIXED_STOP_WARNING_MS = 10 * 60_000;

/** The earliest stop of a running workbench that nothing postpones: at the time that its user has set, or the longest life of a run. */
export function fixedStopOf({ lifeEndsAt, plannedStopAt }: Running): PlannedStop | undefined {
  if (plannedStopAt !== undefined && plannedStopAt <= (lifeEndsAt ?? plannedStopAt))
    return { at: plannedStopAt, code: 'stop_at' };
  return lifeEndsAt === undefined ? undefined : { at: lifeEndsAt, code: 'max_life' };
}

/** When the owner must be warned of this stop; undefined if there is none, or the owner is warned of it. */
export function fixedStopWarningAtOf(running: Running): number | undefined {
  const stop = fixedStopOf(running);
  return stop === undefined || stop.at === running.warnedStopAt ? undefined : stop.at - FIXED_STOP_WARNING_MS;
}

/** The owner is warned at least this long before a stopped workbench is deleted by the retention, milliseconds: a week. */
export const RETENTION_WARNING_MS = 7 * 86_400_000;

/** How long before its deletion the owner is warned: half of a time that is shorter than settings allow, as in the simulation. */
export function retentionWarningMs({ since, deletesAt }: Retention): number {
  return Math.min(RETENTION_WARNING_MS, Math.floor((deletesAt - since) / 2));
}

/** When the owner must be warned, or the workbench deleted: for all clocks of the controller after the time that the owner knows. */
export function retentionDueAt(retention: Retention): number {
  const { deletesAt, warned } = retention;
  return warned ? deletesAt + CLOCK_SKEW_MAX_MS : deletesAt - retentionWarningMs(retention);
}

/** The times at which something is planned: a stop, a warning or a check before it, a start, the end of a deleted workbench, or the retention of a stopped one. */
export function plannedTimesOf(workbench: Workbench): readonly number[] {
  if (workbench.status === 'deleting') return [];
  const { restorable, schedule } = workbench;
  if (restorable !== undefined && isDeleted(workbench)) return [restorable.until];
  if (workbench.status === 'stopped' || workbench.status === 'stopping') {
    const retention = workbench.status === 'stopped' ? workbench.retention : undefined;
    return [
      ...(schedule?.nextStartAt === undefined ? [] : [schedule.nextStartAt]),
      ...(retention === undefined ? [] : [retentionDueAt(retention)]),
    ];
  }
  if (workbench.status !== 'running') return [];
  const times: number[] = [];
  const planned = plannedStopOf(workbench);
  if (planned !== undefined) times.push(planned.at);
  if (workbench.idle !== undefined) times.push(workbench.idle.checkAt);
  const warningAt = fixedStopWarningAtOf(workbench);
  if (warningAt !== undefined) times.push(warningAt);
  if (schedule?.nextStopAt !== undefined && schedule.state !== 'warned')
    times.push(schedule.nextStopAt - SCHEDULE_WARNING_MS);
  return times;
}
