import { build } from '../schedules/sweep-tasks-and-hosts.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { sweepPorts } from '../wiring/sweep.ts';

export { build };

export const handler = createHandler('sweep-tasks-and-hosts', (wiring) =>
  build(sweepPorts(wiring), wiring.settings),
);
