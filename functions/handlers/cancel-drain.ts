import { build } from '../api/cancel-drain.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { drainPorts } from '../wiring/drain.ts';

export { build };

export const handler = createApiHandler('cancel-drain', (wiring) =>
  build(drainPorts(wiring), wiring.settings),
);
