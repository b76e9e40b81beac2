import { build } from '../schedules/sweep-tasks-and-hosts.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { sweepPorts } from '../wiring/sweep.ts';

export { build };

/** Not in schedules/sweep-tasks-and-hosts.ts, from which local mode imports `build`: it would load the EC2 client, the slowest of all. */
export const handler = createHandler('sweep-tasks-and-hosts', (wiring) =>
  build(sweepPorts(wiring), wiring.settings),
);
