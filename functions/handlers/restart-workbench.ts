import { build } from '../api/restart-workbench.ts';
import { startPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

export { build };

export const handler = createApiHandler('restart-workbench', (wiring) =>
  build(startPorts(wiring), wiring.settings),
);
