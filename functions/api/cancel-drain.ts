import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { actorOf } from '#core/access/principal.ts';
import { cancelDrain, type DrainPorts } from '#core/machines/drain-machine.ts';
import { type ApiPorts, type ApiSettings, toAdminApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { parseMachineId, parseValues } from '../middleware/parse-request.ts';

/** DELETE /machines/{machine_id}/drain */
export function build(ports: ApiPorts & DrainPorts, settings: ApiSettings & PolicySettings): ApiHandler {
  const policy = policyOf(settings);
  return toAdminApiHandler(ports, settings, async ({ event, principal, audit }) => {
    const { machineId } = await parseValues(event, { machineId: parseMachineId });
    audit.note({ subject: { kind: 'machine', id: machineId } });
    await cancelDrain(ports, policy, machineId);
    ports.telemetry.info('a drain was taken back', { machineId, by: actorOf(principal) });
    return { status: 200, body: { success: true } };
  });
}
