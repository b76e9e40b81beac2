import { build } from '../schedules/reconcile-active.ts';
import { auditPorts } from '../wiring/audit.ts';
import { createHandler } from '../wiring/wired.ts';

export { build };

export const handler = createHandler('reconcile-active', (wiring) => build(auditPorts(wiring), wiring.settings));
