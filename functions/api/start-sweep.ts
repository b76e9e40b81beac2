import { sweepBodySchema } from '#contract/sweep-bodies.ts';
import { actorOf } from '#core/access/principal.ts';
import { type StartSweepPorts, startSweep } from '#core/reconcile/start-sweep.ts';
import { type ApiPorts, type ApiSettings, toAdminApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { parseValues } from '../middleware/parse-request.ts';
import { toIsoTime } from './present-workbench.ts';

const PARSERS = { body: jsonBodyOf(sweepBodySchema()) };

/** POST /sweeps */
export function build(ports: ApiPorts & StartSweepPorts, settings: ApiSettings): ApiHandler {
  return toAdminApiHandler(ports, settings, async ({ event, principal, audit }) => {
    const { body } = await parseValues(event, PARSERS);
    audit.note({ subject: { kind: 'sweep', id: body.sweep } });
    const { sweep, at, by } = await startSweep(ports, body.sweep, actorOf(principal));
    ports.telemetry.info('an operator starts a sweep', { sweep, by });
    return { status: 202, body: { success: true, item: { sweep, requested_at: toIsoTime(at) } } };
  });
}
