import { systemClock } from '#adapters/system-clock.ts';
import { build } from '../api/list-providers.ts';
import { clusterCatalog } from '../wiring/catalog.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable } from '../wiring/table.ts';

export { build };

export const handler = createApiHandler('list-providers', (wiring) => {
  const { settings, telemetry } = wiring;
  return build(
    { catalog: clusterCatalog(settings, openTable(wiring)), clock: systemClock, telemetry },
    settings,
  );
});
