import { invalidRequest, notRunning } from '../errors.ts';
import type { ActivityReport, ActivityStore } from '../ports/activity-store.ts';
import type { Clock } from '../ports/clock.ts';
import { EXTENSION_MINUTES_MAX } from './idle-schema.ts';
import type { Workbench } from './workbench.ts';

/** The latest keepalive, milliseconds from now. */
const KEEPALIVE_MAX_MS = EXTENSION_MINUTES_MAX * 60_000;

/**
 * Notes what a program reports of the use of a running workbench, by one write beside the record. Times in the future count as
 * now, a longer keepalive as the longest one.
 * @throws WorkbenchError `not_running`, `invalid_request` if the report has no time, or a reason without a keepalive; PortError
 */
export async function reportActivity(
  ports: { readonly activity: Pick<ActivityStore, 'report'>; readonly clock: Clock },
  workbench: Workbench,
  { ide, busy, keepaliveUntil, keepaliveReason }: ActivityReport,
): Promise<void> {
  if (ide === undefined && busy === undefined && keepaliveUntil === undefined)
    throw invalidRequest({ last_activity: 'a time, unless there is a keepalive_until' });
  if (keepaliveReason !== undefined && keepaliveUntil === undefined)
    throw invalidRequest({ reason: 'only with keepalive_until' });
  if (workbench.status !== 'running') throw notRunning();
  const now = ports.clock.now();
  const report = {
    ...(ide === undefined ? {} : { ide: Math.min(ide, now) }),
    ...(busy === undefined ? {} : { busy: Math.min(busy, now) }),
    ...(keepaliveUntil === undefined
      ? {}
      : { keepaliveUntil: Math.min(keepaliveUntil, now + KEEPALIVE_MAX_MS) }),
    ...(keepaliveReason === undefined ? {} : { keepaliveReason }),
  };
  await ports.activity.report(workbench.workbenchId, workbench.run.runId, report, now);
}
