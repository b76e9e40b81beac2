import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import type { ReconcileReport } from '#core/reconcile/report.ts';
import { sweepHosts } from '#core/reconcile/sweep-hosts.ts';
import { sweepTasks } from '#core/reconcile/sweep-tasks.ts';

/** Every ten minutes: compares the tasks and hosts of this installation with the records. */
export function build(
  ports: Parameters<typeof sweepTasks>[0] & Parameters<typeof sweepHosts>[0],
  settings: PolicySettings & SettingsFor<'WB_ORPHAN_GRACE_SECONDS'>,
): () => Promise<readonly ReconcileReport[]> {
  const policy = policyOf(settings);
  const grace = { graceMs: settings.WB_ORPHAN_GRACE_SECONDS * 1000 };
  return async () => [await sweepTasks(ports, policy, grace), await sweepHosts(ports, policy, grace)];
}
