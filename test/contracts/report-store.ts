import { afterEach, describe, expect, it } from 'vitest';
import { REPORTS_LISTED_MAX, type ReportStore } from '#core/ports/report-store.ts';
import type { ReconcileReport } from '#core/reconcile/report.ts';

export function aReport(fields: Partial<ReconcileReport> = {}): ReconcileReport {
  return {
    sweep: 'tasks',
    startedAt: 1_900_000_000_000,
    endedAt: 1_900_000_001_000,
    checked: 3,
    repaired: 0,
    deleted: 1,
    quarantined: 0,
    waiting: 0,
    failed: 0,
    alarm: false,
    findings: [{ id: 'task-1', what: 'deleted', why: 'Its workbench does not exist.' }],
    ...fields,
  };
}

export interface ReportStoreSubject {
  readonly store: ReportStore;
  readonly dispose: () => Promise<void>;
}

/** The contract of ReportStore. `make` returns an empty store. */
export function describeReportStoreContract(name: string, make: () => Promise<ReportStoreSubject>): void {
  describe(`${name} fulfils the contract of ReportStore`, () => {
    let dispose: (() => Promise<void>) | undefined;
    const open = async () => {
      const subject = await make();
      dispose = subject.dispose;
      return subject.store;
    };
    afterEach(() => dispose?.());

    it('returns reports as they were added, newest first', async () => {
      const store = await open();
      expect(await store.list()).toEqual([]);
      const older = aReport();
      const newer = aReport({
        sweep: 'hosts',
        endedAt: older.endedAt + 1,
        alarm: true,
        findings: [],
        resumeCursor: 'page 2',
        definitions: { settings: 'digest', done: false, cursor: 'page 3' },
      });
      await store.add(newer);
      await store.add(older);
      expect(await store.list()).toEqual([newer, older]);
    });

    it('keeps both reports of two sweeps that ended at the same time, and one report that is added twice only once', async () => {
      const store = await open();
      await store.add(aReport());
      await store.add(aReport());
      await store.add(aReport({ sweep: 'volumes' }));
      expect(await store.list()).toHaveLength(2);
    });

    it('returns at most REPORTS_LISTED_MAX reports', async () => {
      const store = await open();
      for (let i = 0; i < REPORTS_LISTED_MAX + 5; i += 1)
        await store.add(aReport({ endedAt: 1_900_000_000_000 + i }));
      const shown = await store.list();
      expect(shown).toHaveLength(REPORTS_LISTED_MAX);
      expect(shown[0]?.endedAt).toBe(1_900_000_000_000 + REPORTS_LISTED_MAX + 4);
    });
  });
}
