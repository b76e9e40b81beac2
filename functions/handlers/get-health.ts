import { systemClock } from '#adapters/system-clock.ts';
import { buildGetHealth } from '../api/get-health.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { openTable, workbenchStore } from '../wiring/table.ts';

export { buildGetHealth as build };

export const handler = createApiHandler('get-health', (wiring) => {
  const { telemetry } = wiring;
  return buildGetHealth({ workbenches: workbenchStore(openTable(wiring)), clock: systemClock, telemetry });
});
