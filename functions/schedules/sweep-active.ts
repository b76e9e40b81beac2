import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import type { ReconcileReport } from '#core/reconcile/report.ts';
import { sweepActive } from '#core/reconcile/sweep-active.ts';

/** Each few minutes: holds every active record against the tasks and machines that are really there. */
export function build(
  ports: Parameters<typeof sweepActive>[0],
  settings: PolicySettings,
): () => Promise<ReconcileReport> {
  const policy = policyOf(settings);
  return () => sweepActive(ports, policy);
}
