import { build } from '../schedules/reconcile-active.ts';
import { auditPorts } from '../wiring/audit.ts';
import { wired } from '../wiring/wired.ts';

export { build };

export const handler = wired('reconcile-active', (wiring) => build(auditPorts(wiring), wiring.settings));
