import { build } from '../schedules/sweep-cloud.ts';
import { auditPorts } from '../wiring/audit.ts';
import { createHandler } from '../wiring/wired.ts';

export { build };

export const handler = createHandler('sweep-cloud', (wiring) => build(auditPorts(wiring), wiring.settings));
