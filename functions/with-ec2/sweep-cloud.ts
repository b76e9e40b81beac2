import { build } from '../schedules/sweep-cloud.ts';
import { auditPorts } from '../wiring/audit.ts';
import { wired } from '../wiring/wired.ts';

export { build };

export const handler = wired('sweep-cloud', (wiring) => build(auditPorts(wiring), wiring.settings));
