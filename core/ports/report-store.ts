import type { ReconcileReport } from '../reconcile/report.ts';

/** How many reports are shown. */
export const REPORTS_LISTED_MAX = 50;

/** How long a report is kept: 7 days, in milliseconds. */
export const REPORTS_RETENTION_MS = 7 * 24 * 60 * 60 * 1000;

/** The last runs of the reconciler, for operators. */
export interface ReportStore {
  /** Keeps a report for REPORTS_RETENTION_MS from its end on. The same one again changes nothing. */
  add(report: ReconcileReport): Promise<void>;
  /** At most REPORTS_LISTED_MAX reports, newest first by their end. */
  list(): Promise<readonly ReconcileReport[]>;
}
