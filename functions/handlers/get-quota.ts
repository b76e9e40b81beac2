import { buildGetQuota } from '../api/quotas.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { apiPorts } from '../wiring/ports.ts';
import { openTable, quotaStore } from '../wiring/table.ts';

export { buildGetQuota as build };

export const handler = createApiHandler('get-quota', (wiring) => {
  const table = openTable(wiring);
  return buildGetQuota({ ...apiPorts(wiring, table), quotas: quotaStore(table) }, wiring.settings);
});
