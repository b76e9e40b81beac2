import { buildDrainMachine } from '../api/machines.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { drainPorts } from '../wiring/drain.ts';

export { buildDrainMachine as build };

export const handler = createApiHandler('drain-machine', (wiring) =>
  buildDrainMachine(drainPorts(wiring), wiring.settings),
);
