import { buildUpdateWorkbench } from '../api/workbench-commands.ts';
import { sizeCatalog } from '../wiring/catalog.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { changePorts } from '../wiring/ports.ts';

export { buildUpdateWorkbench as build };

export const handler = createApiHandler('update-workbench', (wiring) =>
  buildUpdateWorkbench({ ...changePorts(wiring), catalog: sizeCatalog(wiring.settings) }, wiring.settings),
);
