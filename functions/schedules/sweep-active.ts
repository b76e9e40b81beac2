import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import type { ReconcileReport } from '#core/reconcile/report.ts';
import { sweepActive } from '#core/reconcile/sweep-active.ts';

/** Every ten minutes: compares every active record with its task and its host. */
export function build(
  ports: Parameters<typeof sweepActive>[0],
  settings: PolicySettings,
): () => Promise<ReconcileReport> {
  const policy = policyOf(settings);
  return () => sweepActive(ports, policy);
}
