import { REPORTS_SHOWN, type ReportStore } from '#core/ports/report-store.ts';
import type { ReconcileReport } from '#core/reconcile/report.ts';

/** Reports in memory. */
export class MemoryReportStore implements ReportStore {
  readonly #reports = new Map<string, ReconcileReport>();

  async add(report: ReconcileReport): Promise<void> {
    this.#reports.set(`${report.endedAt}#${report.sweep}`, structuredClone(report));
  }

  async list(): Promise<readonly ReconcileReport[]> {
    const newestFirst = [...this.#reports.values()].sort((a, b) => b.endedAt - a.endedAt);
    return structuredClone(newestFirst.slice(0, REPORTS_SHOWN));
  }
}
