import {
  type ActivityReport,
  type ActivityStore,
  type Evidence,
  evidenceOf,
  mergeReport,
  type StoredReport,
} from '#core/ports/activity-store.ts';

/** An ActivityStore in memory. It keeps every time. */
export class MemoryActivityStore implements ActivityStore {
  /** Workbench id → milliseconds since 1970. */
  readonly #seen = new Map<string, number>();
  /** Workbench id and run id → what the run reported. */
  readonly #reports = new Map<string, StoredReport>();

  async record(workbenchId: string, at: number): Promise<void> {
    this.#seen.set(workbenchId, Math.max(at, this.#seen.get(workbenchId) ?? at));
  }

  async report(workbenchId: string, runId: string, report: ActivityReport, now: number): Promise<void> {
    const key = `${workbenchId}/${runId}`;
    const next = mergeReport(this.#reports.get(key), report, now);
    if (next !== undefined) this.#reports.set(key, next);
  }

  async readEvidence(workbenchId: string, runId: string): Promise<Evidence> {
    const browser = this.#seen.get(workbenchId);
    const stored = this.#reports.get(`${workbenchId}/${runId}`);
    return evidenceOf(browser, stored);
  }

  async read(workbenchIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return new Map(
      workbenchIds.flatMap((id) => {
        const at = this.#seen.get(id);
        return at === undefined ? [] : [[id, at] as const];
      }),
    );
  }

  async delete(workbenchId: string): Promise<void> {
    this.#seen.delete(workbenchId);
  }
}
