import { build } from '../schedules/sweep-tasks-and-hosts.ts';
import { auditPorts } from '../wiring/sweep.ts';
import { createHandler } from '../wiring/create-handler.ts';

export { build };

export const handler = createHandler('sweep-cloud', (wiring) => build(auditPorts(wiring), wiring.settings));
