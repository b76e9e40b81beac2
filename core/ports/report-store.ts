import type { ReconcileReport } from '../reconcile/report.ts';

/** How many reports are kept. */
export const REPORTS_KEPT = 50;

/** The last runs of the reconciler, for operators. */
export interface ReportStore {
  /** Keeps a report; the oldest beyond REPORTS_KEPT go. */
  add(report: ReconcileReport): Promise<void>;
  /** At most REPORTS_KEPT reports, newest first. */
  list(): Promise<readonly ReconcileReport[]>;
}
