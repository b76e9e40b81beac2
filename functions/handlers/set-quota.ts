import { buildSetQuota } from '../api/quotas.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { apiPorts } from '../wiring/ports.ts';
import { openTable, quotaStore } from '../wiring/table.ts';

export { buildSetQuota as build };

export const handler = createApiHandler('set-quota', (wiring) => {
  const table = openTable(wiring);
  return buildSetQuota({ ...apiPorts(wiring, table), quotas: quotaStore(table) }, wiring.settings);
});
