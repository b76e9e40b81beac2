import { systemClock } from '#adapters/system-clock.ts';
import { buildListAudit } from '../api/list-audit.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { auditStore, openTable } from '../wiring/table.ts';

export { buildListAudit as build };

export const handler = createApiHandler('list-audit', (wiring) => {
  const { settings, telemetry } = wiring;
  const audit = auditStore(openTable(wiring), settings);
  return buildListAudit({ clock: systemClock, telemetry, audit }, settings);
});
