import { systemClock } from '#adapters/system-clock.ts';
import { build } from '../api/list-reports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable, reportStore } from '../wiring/table.ts';

export { build };

export const handler = createApiHandler('list-reports', (wiring) => {
  const { settings, telemetry } = wiring;
  return build({ reports: reportStore(openTable(wiring)), clock: systemClock, telemetry }, settings);
});
