import { buildCancelDrain } from '../api/machines.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { drainPorts } from '../wiring/drain.ts';

export { buildCancelDrain as build };

export const handler = createApiHandler('cancel-drain', (wiring) =>
  buildCancelDrain(drainPorts(wiring), wiring.settings),
);
