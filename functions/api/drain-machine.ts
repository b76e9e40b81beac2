import type { DrainItem } from '#contract/machine-bodies.ts';
import { drainBodySchema } from '#contract/request-bodies.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { actorOf } from '#core/access/principal.ts';
import { type DrainPorts, drainMachine } from '#core/machines/drain-machine.ts';
import type { MachineDrain } from '#core/ports/drain-store.ts';
import { type ApiPorts, type ApiSettings, toAdminApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { parseMachineId, parseValues } from '../middleware/parse-request.ts';
import { toIsoTime } from './present-workbench.ts';

const PARSERS = { machineId: parseMachineId, body: jsonBodyOf(drainBodySchema()) };

/** POST /machines/{machine_id}/drain */
export function build(ports: ApiPorts & DrainPorts, settings: ApiSettings & PolicySettings): ApiHandler {
  const policy = policyOf(settings);
  return toAdminApiHandler(ports, settings, async ({ event, principal, audit }) => {
    const { machineId, body } = await parseValues(event, PARSERS);
    audit.note({
      subject: { kind: 'machine', id: machineId },
      ...(body.by === undefined ? {} : { detail: { until: body.by } }),
    });
    const request = {
      ...(body.by === undefined ? {} : { until: Date.parse(body.by) }),
      by: actorOf(principal),
    };
    const drain = await drainMachine(ports, policy, machineId, request);
    ports.telemetry.info('an operator empties a machine', { machineId, by: drain.requestedBy });
    return { status: 200, body: { success: true, item: { machine_id: machineId, ...presentDrain(drain) } } };
  });
}

/** A drain as the API shows it. */
export function presentDrain({ since, until, requestedBy }: MachineDrain): DrainItem {
  return {
    since: toIsoTime(since),
    ...(until === undefined ? {} : { until: toIsoTime(until) }),
    requested_by: requestedBy,
  };
}
