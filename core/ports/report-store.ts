import type { ReconcileReport } from '../reconcile/report.ts';

/** The maximum number of reports in a list. */
export const REPORTS_LISTED_MAX = 50;

/** The retention of a report: 7 days, in milliseconds. */
export const REPORTS_RETENTION_MS = 7 * 24 * 60 * 60 * 1000;

/** The reports of recent sweeps, for operators. */
export interface ReportStore {
  /** Stores a report for REPORTS_RETENTION_MS after its end. Idempotent. */
  add(report: ReconcileReport): Promise<void>;
  /** At most REPORTS_LISTED_MAX reports, newest first by their end. */
  list(): Promise<readonly ReconcileReport[]>;
}
