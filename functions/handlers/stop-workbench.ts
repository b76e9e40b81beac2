import { build } from '../api/stop-workbench.ts';
import { recordPorts } from '../wiring/change.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

export { build };

export const handler = createApiHandler('stop-workbench', (wiring) =>
  build(recordPorts(wiring), wiring.settings),
);
