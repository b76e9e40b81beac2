import { systemClock } from '#adapters/system-clock.ts';
import { buildSweepQuotas } from '../schedules/sweeps.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { openTable, quotaStore, reportStore, workbenchStore } from '../wiring/table.ts';

export { buildSweepQuotas as build };

export const handler = createHandler('sweep-quotas', (wiring) => {
  const table = openTable(wiring);
  return buildSweepQuotas({
    quotas: quotaStore(table),
    workbenches: workbenchStore(table),
    reports: reportStore(table),
    clock: systemClock,
    telemetry: wiring.telemetry,
  });
});
