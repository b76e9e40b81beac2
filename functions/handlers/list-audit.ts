import { systemClock } from '#adapters/system-clock.ts';
import { build } from '../api/list-audit.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { auditStore, openTable } from '../wiring/table.ts';

export { build };

export const handler = createApiHandler('list-audit', (wiring) => {
  const { settings, telemetry } = wiring;
  const audit = auditStore(openTable(wiring), settings);
  return build({ clock: systemClock, telemetry, audit }, settings);
});
