import { REPORTS_KEPT, type ReportStore } from '#core/ports/report-store.ts';
import type { ReconcileReport } from '#core/reconcile/report.ts';

/** Reports in memory, newest first. */
export class MemoryReportStore implements ReportStore {
  #reports: readonly ReconcileReport[] = [];

  async add(report: ReconcileReport): Promise<void> {
    this.#reports = [structuredClone(report), ...this.#reports].slice(0, REPORTS_KEPT);
  }

  async list(): Promise<readonly ReconcileReport[]> {
    return structuredClone(this.#reports);
  }
}
