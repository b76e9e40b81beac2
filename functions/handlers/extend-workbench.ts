import { build } from '../api/extend-workbench.ts';
import { changePorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

export { build };

export const handler = createApiHandler('extend-workbench', (wiring) =>
  build(changePorts(wiring), wiring.settings),
);
