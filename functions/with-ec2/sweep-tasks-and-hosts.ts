import { build } from '../schedules/sweep-tasks-and-hosts.ts';
import { sweepPorts } from '../wiring/sweep.ts';
import { createHandler } from '../wiring/create-handler.ts';

export { build };

export const handler = createHandler('sweep-tasks-and-hosts', (wiring) => build(sweepPorts(wiring), wiring.settings));
