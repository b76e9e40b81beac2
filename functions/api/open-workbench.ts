import { groupIdOf } from '#adapters/group-id.ts';
import { createTicketSecret, hashTicketSecret } from '#adapters/ticket-secret.ts';
import { openBodySchema } from '#contract/request-bodies.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { groupsOf } from '#core/access/principal.ts';
import { entryUrlOf } from '#core/gate/entry-url.ts';
import { type GateAddress, gateAddressOf, urlOfWorkbench } from '#core/gate/gate-host.ts';
import { SESSION_LIFETIME_MS } from '#core/ports/session-cutoff-store.ts';
import { TICKET_LIFETIME_MS, type TicketStore } from '#core/ports/ticket-store.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import { getWorkbench } from '#core/workbench/queries.ts';
import { type ApiPorts, type ApiSettings, toUserApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { parseWorkbenchId } from '../middleware/parse-request.ts';

/** POST /workbenches/{wid}/open: one read of the record and one write of a ticket. It changes and starts nothing. */
export function build(
  ports: ApiPorts & {
    readonly workbenches: Pick<WorkbenchStore, 'read'>;
    readonly tickets: Pick<TicketStore, 'create'>;
  },
  settings: ApiSettings & SettingsFor<'BASE_URL' | 'WB_GATE'>,
): ApiHandler {
  const { clock, telemetry, tickets } = ports;
  const { WB_GATE: mode } = settings;
  const address = gateAddressOf(new URL(settings.BASE_URL), mode ?? 'prefix');
  const parsers = { workbenchId: parseWorkbenchId, body: jsonBodyOf(openBodySchema()) };
  return toUserApiHandler(ports, settings, parsers, async ({ userId, principal, workbenchId, body, by }) => {
    await getWorkbench(ports, { userId, workbenchId });
    const path = body.path ?? '/';
    if (mode === undefined) {
      return { status: 200, body: { success: true, url: `${urlOfWorkbench(address, workbenchId)}${path}` } };
    }
    const now = clock.now();
    const secret = createTicketSecret();
    const groups = groupsOf(principal, userId).map(groupIdOf);
    const expiresAt = now + TICKET_LIFETIME_MS;
    await tickets.create({
      hash: hashTicketSecret(secret),
      workbenchId,
      userId,
      // The session acts as the owner, also if an administrator asked for it.
      admin: false,
      ...(groups.length === 0 ? {} : { groups }),
      signedInAt: now,
      sessionExpiresAt: now + SESSION_LIFETIME_MS,
      expiresAt,
    });
    telemetry.info('a ticket was created', { userId, workbenchId, by });
    const url = entryUrlOf(address, workbenchId, secret, `${pathOf(address, workbenchId)}${path}`);
    return {
      status: 200,
      body: { success: true, url, expires_at: new Date(expiresAt).toISOString() },
    };
  });
}

/** The path of the workbench in its public URL, without a slash at the end. */
function pathOf(address: GateAddress, workbenchId: string): string {
  const { pathname } = new URL(urlOfWorkbench(address, workbenchId));
  return pathname === '/' ? '' : pathname;
}
