import type { ActingRole } from '../access/rights.ts';
import { mayDo } from '../access/rights.ts';
import type { Evidence } from '../ports/activity-store.ts';
import { plannedStopOf } from '../workbench/planned-stop.ts';
import type { ReasonCode } from '../workbench/reasons.ts';
import type { Running } from '../workbench/workbench.ts';

/** From this long before a planned stop the page of the workbench shows a notice, milliseconds: as long as the warning before an idle stop. */
export const STOP_NOTICE_MS = 10 * 60_000;

/** What a visitor of a running workbench learns about its next stop. */
export interface StopNotice {
  /** When it stops, milliseconds since 1970. */
  readonly at: number;
  readonly code: ReasonCode;
  /** Whether the visitor may extend the workbench, and an extension moves this stop. */
  readonly canExtend: boolean;
}

/** The stops that an extension moves. */
const EXTENDABLE: ReadonlySet<ReasonCode> = new Set(['idle', 'schedule']);

/**
 * Returns the notice of the next stop for a visitor; undefined if none is near.
 * An idle stop is planned only when the owner is warned, so that it is near by the clock of the controller, even if that of the gate is late.
 */
export function stopNoticeOf(workbench: Running, role: ActingRole, now: number): StopNotice | undefined {
  const stop = plannedStopOf(workbench);
  if (stop === undefined) return undefined;
  const { at, code } = stop;
  if (code !== 'idle' && at - now > STOP_NOTICE_MS) return undefined;
  return { at, code, canExtend: EXTENDABLE.has(code) && mayDo(role, 'extend') };
}

/**
 * Whether the workbench was used after its owner was warned, or a program keeps it beyond the stop. The controller reads the evidence only at the time of
 * the stop, and moves it then.
 */
export function isUsedSinceWarning(
  { idle }: Running,
  { browser = 0, ide = 0, keepaliveUntil = 0 }: Evidence,
): boolean {
  if (idle?.idleStopAt === undefined) return false;
  return Math.max(browser, ide) > idle.since || keepaliveUntil > idle.idleStopAt;
}
