import { buildListTemplates } from '../api/list-templates.ts';
import { apiPorts } from '../wiring/api-ports.ts';
import { sizeCatalog } from '../wiring/catalog.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { openTable } from '../wiring/table.ts';

export { buildListTemplates as build };

export const handler = createApiHandler('list-templates', (wiring) => {
  const ports = { ...apiPorts(wiring, openTable(wiring)), catalog: sizeCatalog(wiring.settings) };
  return buildListTemplates(ports, wiring.settings);
});
