import { systemClock } from '#adapters/system-clock.ts';
import { build } from '../schedules/sweep-quotas.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { openTable, quotaStore, reportStore, workbenchStore } from '../wiring/table.ts';

export { build };

export const handler = createHandler('sweep-quotas', (wiring) => {
  const table = openTable(wiring);
  return build({
    quotas: quotaStore(table),
    workbenches: workbenchStore(table),
    reports: reportStore(table),
    clock: systemClock,
    telemetry: wiring.telemetry,
  });
});
