import { build } from '../api/delete-workbench.ts';
import { changePorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

export { build };

export const handler = createApiHandler('delete-workbench', (wiring) =>
  build(changePorts(wiring), wiring.settings),
);
