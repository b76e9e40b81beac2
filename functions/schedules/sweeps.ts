import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import type { ReconcileReport } from '#core/reconcile/report.ts';
import { sweepActive } from '#core/reconcile/sweep-active.ts';
import { sweepDue } from '#core/reconcile/sweep-due.ts';
import { sweepHosts } from '#core/reconcile/sweep-hosts.ts';
import { sweepQuotas } from '#core/reconcile/sweep-quotas.ts';
import { sweepTasks } from '#core/reconcile/sweep-tasks.ts';

/** The maximum number of workbenches that one sweep enqueues. With a sweep every minute this is 60,000 an hour. */
const ENQUEUED_MAX = 1000;

const MINUTE = 60_000;
/** Clocks of Lambda are hardly ever set back, so that the second query need not be made every minute. */
const FAR_AHEAD_EVERY_MINUTES = 10;

/**
 * Every minute: enqueues the workbenches that are due. It reads nothing else, and writes only to the queue.
 * @param farAheadEveryMinutes how often it also enqueues those whose due time is too far ahead
 */
export function buildSweepDue(
  ports: Parameters<typeof sweepDue>[0],
  farAheadEveryMinutes = FAR_AHEAD_EVERY_MINUTES,
): () => Promise<{ readonly enqueued: number }> {
  return () => {
    const minute = Math.floor(ports.clock.now() / MINUTE);
    return sweepDue(ports, { limit: ENQUEUED_MAX, farAhead: minute % farAheadEveryMinutes === 0 });
  };
}

/** Every ten minutes: compares every active record with its task and its host. */
export function buildSweepActive(
  ports: Parameters<typeof sweepActive>[0],
  settings: PolicySettings,
): () => Promise<ReconcileReport> {
  const policy = policyOf(settings);
  return () => sweepActive(ports, policy);
}

/** Every ten minutes: compares the tasks and hosts of this installation with the records. */
export function buildSweepTasksAndHosts(
  ports: Parameters<typeof sweepTasks>[0] & Parameters<typeof sweepHosts>[0],
  settings: PolicySettings & SettingsFor<'WB_ORPHAN_GRACE_SECONDS'>,
): () => Promise<readonly ReconcileReport[]> {
  const policy = policyOf(settings);
  const grace = { graceMs: settings.WB_ORPHAN_GRACE_SECONDS * 1000 };
  return async () => [await sweepTasks(ports, policy, grace), await sweepHosts(ports, policy, grace)];
}

/** Every hour: compares what each user holds with the quotas. */
export function buildSweepQuotas(ports: Parameters<typeof sweepQuotas>[0]): () => Promise<ReconcileReport> {
  return () => sweepQuotas(ports);
}
