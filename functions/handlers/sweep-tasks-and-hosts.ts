import { buildSweepTasksAndHosts } from '../schedules/sweeps.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { sweepPorts } from '../wiring/sweep.ts';

export { buildSweepTasksAndHosts as build };

export const handler = createHandler('sweep-tasks-and-hosts', (wiring) =>
  buildSweepTasksAndHosts(sweepPorts(wiring), wiring.settings),
);
