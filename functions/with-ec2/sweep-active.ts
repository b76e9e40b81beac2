import { build } from '../schedules/sweep-active.ts';
import { auditPorts } from '../wiring/sweep.ts';
import { createHandler } from '../wiring/create-handler.ts';

export { build };

export const handler = createHandler('reconcile-active', (wiring) => build(auditPorts(wiring), wiring.settings));
