import { build } from '../api/update-workbench.ts';
import { sizeCatalog } from '../wiring/catalog.ts';
import { recordPorts } from '../wiring/change.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

export { build };

export const handler = createApiHandler('update-workbench', (wiring) =>
  build({ ...recordPorts(wiring), catalog: sizeCatalog(wiring.settings) }, wiring.settings),
);
