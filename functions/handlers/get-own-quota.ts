import { buildGetOwnQuota } from '../api/quotas.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { apiPorts } from '../wiring/ports.ts';
import { openTable, quotaStore, usageStore, workbenchStore } from '../wiring/table.ts';

export { buildGetOwnQuota as build };

export const handler = createApiHandler('get-own-quota', (wiring) => {
  const table = openTable(wiring);
  const ports = {
    ...apiPorts(wiring, table),
    quotas: quotaStore(table),
    usage: usageStore(table),
    workbenches: workbenchStore(table),
  };
  return buildGetOwnQuota(ports, wiring.settings);
});
