import type { QuotaStore } from '../ports/quota-store.ts';
import type { WorkbenchStore } from '../ports/workbench-store.ts';
import { countRecords } from '../quotas/count-records.ts';
import type { ReconcileReport, ReportDraft } from './report.ts';
import { forEachPage, runSweep, type SweepPorts } from './sweep.ts';

type Ports = SweepPorts & {
  readonly quotas: Pick<QuotaStore, 'listLedgers' | 'readLedger' | 'writeLedger'>;
  readonly workbenches: Pick<WorkbenchStore, 'listByUser' | 'read'>;
};

/** The function's timeout is 15 minutes. */
const PAGING = { withinMs: 10 * 60_000, resumable: true };

/**
 * Compares every ledger with the records of its user, and corrects it. A ledger differs after a request that ended between both
 * writes, and after a failure to give back. Requests are not affected: each counts again before it is refused.
 */
export async function sweepQuotas(ports: Ports): Promise<ReconcileReport> {
  return runSweep(ports, 'quotas', async (draft) => {
    const list = (cursor?: string) => ports.quotas.listLedgers(cursor);
    await forEachPage(ports, 'quotas', PAGING, draft, list, async ({ userIds }) => {
      for (const userId of userIds) {
        draft.checked += 1;
        await correctLedger(ports, userId, draft);
      }
    });
  });
}

async function correctLedger(
  { quotas, workbenches, clock }: Ports,
  userId: string,
  draft: ReportDraft,
): Promise<void> {
  const stored = await quotas.readLedger(userId);
  if (stored === undefined) return;
  const { ledger, changed } = await countRecords(workbenches, userId, stored.ledger, clock.now());
  if (ledger === stored.ledger) return;
  // With a conflict a request has changed it meanwhile. The next sweep compares again.
  if ((await quotas.writeLedger(userId, ledger, stored.revision)) === 'conflict') return;
  for (const workbenchId of changed)
    draft.add(workbenchId, 'repaired', 'The quota of its user did not match what it holds.', 'quota');
}
