import { build } from '../schedules/sweep-active.ts';
import { sweepPorts } from '../wiring/sweep.ts';
import { createHandler } from '../wiring/create-handler.ts';

export { build };

export const handler = createHandler('sweep-active', (wiring) => build(sweepPorts(wiring), wiring.settings));
