import { DAY_MS } from '../../ports/audit-store.ts';
import { retentionDueAt, retentionWarningMs } from '../planned-stop.ts';
import { isDeleted, type Workbench } from '../workbench.ts';
import type { Context } from './context.ts';
import type { Policy } from './policy.ts';

/**
 * Deletes workbenches that were stopped for long, as a user would: their files are kept until the window of deleted workbenches
 * ends. See docs/lifecycle.md#retention.
 */

/**
 * A deletion that comes later than this after its announced time needs another warning, milliseconds: the controller did not
 * work, or its clock was set forward, so that less time than the warning promises may have passed.
 */
const LATE_AFTER_MS = 60 * 60_000;

/** A stopped workbench that a user has just stopped or changed: the retention begins anew. */
export function withRetention<W extends Workbench>(workbench: W, { now, policy }: Context): W {
  if (workbench.status !== 'stopped') return workbench;
  const { retention: _before, ...rest } = workbench;
  if (!isRetentionOn(policy) || isDeleted(workbench)) return rest as W;
  return { ...rest, retention: { since: now, deletesAt: now + policy.retentionMs } } as W;
}

export type RetentionPolicy = Pick<Policy, 'retentionMs' | 'deleteAfterMs'>;

/** Without a time in which it can be restored, no workbench is deleted without a request. */
function isRetentionOn({ retentionMs, deleteAfterMs }: RetentionPolicy): boolean {
  return retentionMs > 0 && deleteAfterMs > 0;
}

/** Whether the workbench has stopped before the setting was made. Its retention begins when it is driven. */
export function lacksRetention(workbench: Workbench, policy: RetentionPolicy): boolean {
  return (
    workbench.status === 'stopped' &&
    workbench.retention === undefined &&
    isRetentionOn(policy) &&
    !isDeleted(workbench)
  );
}

/**
 * Warns the owner, then deletes the workbench, when the time has come. A setting that is longer by then, or off, counts.
 * @param hide deletes the workbench, as its user would
 */
export function followRetention(
  workbench: Workbench,
  hide: (workbench: Workbench) => Workbench,
  context: Context,
): Workbench {
  const { now, policy } = context;
  if (lacksRetention(workbench, policy)) return withRetention(workbench, context);
  if (workbench.status !== 'stopped' || isDeleted(workbench)) return workbench;
  const { retention, ...rest } = workbench;
  if (retention === undefined || now < retentionDueAt(retention)) return workbench;
  if (!isRetentionOn(policy)) return rest;
  const { warned = false, ...unwarned } = retention;
  const deletesAt = Math.max(retention.deletesAt, retention.since + policy.retentionMs);
  const warningMs = retentionWarningMs({ ...retention, deletesAt });
  if (now < deletesAt - warningMs) return { ...rest, retention: { ...unwarned, deletesAt } };
  const isLate = now - retention.deletesAt >= LATE_AFTER_MS;
  if (!warned || isLate || deletesAt > now) {
    const announced = Math.max(deletesAt, now + warningMs);
    return { ...rest, retention: { ...unwarned, deletesAt: announced, warned: true } };
  }
  const days = Math.round(policy.retentionMs / DAY_MS);
  const message = `The workbench was deleted because it was stopped for ${days} days. Restore it to keep its files.`;
  return hide({ ...rest, reason: { code: 'retention', message } });
}

/** What the retention has done, for the history; undefined if nothing. Only for inputs that are no requests. */
export function findRetentionEvent(
  before: Workbench,
  after: Workbench,
): 'retention_warned' | 'delete_requested' | undefined {
  if (before.status !== 'stopped' || after.status !== 'stopped') return undefined;
  if (isDeleted(after)) return isDeleted(before) ? undefined : 'delete_requested';
  const { retention } = after;
  if (!retention?.warned) return undefined;
  const isKnown = before.retention?.warned && before.retention.deletesAt === retention.deletesAt;
  return isKnown ? undefined : 'retention_warned';
}
