import { build } from '../api/update-workbench.ts';
import { changePorts } from '../wiring/api-ports.ts';
import { sizeCatalog } from '../wiring/catalog.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

export { build };

export const handler = createApiHandler('update-workbench', (wiring) =>
  build({ ...changePorts(wiring), catalog: sizeCatalog(wiring.settings) }, wiring.settings),
);
