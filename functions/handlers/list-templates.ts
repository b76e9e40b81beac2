import { buildListTemplates } from '../api/list-templates.ts';
import { sizeCatalog } from '../wiring/catalog.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { apiPorts } from '../wiring/ports.ts';
import { openTable } from '../wiring/table.ts';

export { buildListTemplates as build };

export const handler = createApiHandler('list-templates', (wiring) => {
  const ports = { ...apiPorts(wiring, openTable(wiring)), catalog: sizeCatalog(wiring.settings) };
  return buildListTemplates(ports, wiring.settings);
});
