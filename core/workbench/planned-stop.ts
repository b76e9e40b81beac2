import type { ReasonCode } from './reasons.ts';
import type { Workbench } from './workbench.ts';

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
  const { run, lifeEndsAt, plannedStopAt, idle } = workbench;
  const code = run.interruption?.kind === 'drain' ? 'machine_drained' : 'spot_interrupted';
  const stops: readonly { readonly at: number | undefined; readonly code: ReasonCode }[] = [
    { at: interruptionStopAtOf(workbench), code },
    { at: lifeEndsAt, code: 'max_life' },
    { at: plannedStopAt, code: 'stop_at' },
    { at: idle?.idleStopAt, code: 'idle' },
  ];
  let first: PlannedStop | undefined;
  for (const { at, code } of stops)
    if (at !== undefined && (first === undefined || at < first.at)) first = { at, code };
  return first;
}
