import { build } from '../schedules/sweep-active.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { sweepPorts } from '../wiring/sweep.ts';

export { build };

export const handler = createHandler('sweep-active', (wiring) => build(sweepPorts(wiring), wiring.settings));
