import { buildSweepActive } from '../schedules/sweeps.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { sweepPorts } from '../wiring/sweep.ts';

export { buildSweepActive as build };

export const handler = createHandler('sweep-active', (wiring) =>
  buildSweepActive(sweepPorts(wiring), wiring.settings),
);
