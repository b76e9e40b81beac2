import { WorkbenchError } from '../../errors.ts';
import { isDeleted, type Workbench } from '../workbench.ts';
import type { Context } from './context.ts';
import { withoutOffer } from './owner.ts';
import { withNextTime } from './schedule.ts';
import { beginDelete } from './transitions.ts';

/**
 * What a request to delete does, and its end. With a window (`deleteAfterMs`) the workbench is stopped and hidden, and its files
 * are kept until the window ends. Then it is deleted as one without a window. See docs/lifecycle.md#deleted-workbenches.
 */

/**
 * Deletes the workbench, or hides it until it is deleted. Changes nothing if it is deleted already.
 * @param stop requests that the workbench stops, as its user would
 */
export function deleteOrHide(
  workbench: Workbench,
  immediately: boolean,
  stop: (workbench: Workbench) => Workbench,
  context: Context,
): Workbench {
  if (workbench.status === 'deleting') return workbench;
  if (immediately) return beginDelete(workbench, context);
  if (isDeleted(workbench)) return workbench;
  const { now, policy } = context;
  if (policy.deleteAfterMs === 0) return beginDelete(workbench, context);
  // Not before the last start, since `isDeleted` compares the two: the clock may have been set back.
  const deletedAt = Math.max(now, workbench.startedAt ?? now);
  const restorable = { deletedAt, until: now + policy.deleteAfterMs };
  return { ...withoutOffer(stop(workbench)), restorable };
}

/**
 * Takes the deletion back. The workbench stays stopped.
 * @throws WorkbenchError `not_deleted`; `deleting` if it is too late
 */
export function restore(workbench: Workbench, { now }: Context): Workbench {
  const { restorable, ...rest } = workbench;
  if (restorable === undefined || !isDeleted(workbench)) {
    if (workbench.status !== 'deleting')
      throw new WorkbenchError(
        'not_deleted',
        'The workbench is not deleted, so that there is nothing to restore.',
      );
  } else if (workbench.status !== 'deleting' && now < restorable.until)
    return withNextTime(withoutReasonOfRetention(rest as Workbench), now);
  throw new WorkbenchError(
    'deleting',
    'It is too late to restore the workbench: its files are being deleted.',
    { reason: 'too_late_to_restore' },
  );
}

/** The reason says that it was deleted, which it is no longer. */
function withoutReasonOfRetention(workbench: Workbench): Workbench {
  if (workbench.status !== 'stopped' || workbench.reason?.code !== 'retention') return workbench;
  const { reason: _deleted, ...rest } = workbench;
  return rest;
}

/** Deletes the workbench when it can no longer be restored. */
export function endWindow(workbench: Workbench, context: Context): Workbench {
  if (workbench.status === 'deleting' || !isDeleted(workbench)) return workbench;
  const { until = Infinity } = workbench.restorable ?? {};
  return context.now < until ? workbench : beginDelete(workbench, context);
}
