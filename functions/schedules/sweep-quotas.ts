import type { ReconcileReport } from '#core/reconcile/report.ts';
import { sweepQuotas } from '#core/reconcile/sweep-quotas.ts';

/** Every hour: compares what each user holds with the quotas. */
export function build(ports: Parameters<typeof sweepQuotas>[0]): () => Promise<ReconcileReport> {
  return () => sweepQuotas(ports);
}
