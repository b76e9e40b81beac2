import { build } from '../api/drain-machine.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { drainPorts } from '../wiring/drain.ts';

export { build };

export const handler = createApiHandler('drain-machine', (wiring) =>
  build(drainPorts(wiring), wiring.settings),
);
