import { build } from '../api/start-workbench.ts';
import { startPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

export { build };

export const handler = createApiHandler('start-workbench', (wiring) =>
  build(startPorts(wiring), wiring.settings),
);
