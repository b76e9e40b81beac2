import { buildGetQuota } from '../api/quotas.ts';
import { apiPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable, quotaStore } from '../wiring/table.ts';

export { buildGetQuota as build };

export const handler = createApiHandler('get-quota', (wiring) => {
  const table = openTable(wiring);
  return buildGetQuota({ ...apiPorts(wiring, table), quotas: quotaStore(table) }, wiring.settings);
});
