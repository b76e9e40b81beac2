import type { Sweep } from '#core/reconcile/report.ts';
import { LocalSweepStarter } from '#local/schedules.ts';
import { describeSweepStarterContract } from '#test/contracts/sweep-starter.ts';

describeSweepStarterContract('LocalSweepStarter', async () => {
  const starter = new LocalSweepStarter();
  const started: Sweep[] = [];
  const of = (sweep: Sweep) => ({ runAfterCurrent: () => void started.push(sweep) });
  starter.use({ tasks: of('tasks'), quotas: of('quotas') });
  return { starter, started: () => started, dispose: async () => {} };
});
