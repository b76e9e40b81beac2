import { groupIdOf } from '#adapters/group-id.ts';
import { createTicketSecret, hashTicketSecret } from '#adapters/ticket-secret.ts';
import { openBodySchema } from '#contract/request-bodies.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { groupsOf } from '#core/access/principal.ts';
import { moveAfterCutoffs } from '#core/gate/cutoffs.ts';
import { entryUrlOf, type GateAddress, gateAddressOf, urlOfWorkbench } from '#core/gate/gate-host.ts';
import { SESSION_LIFETIME_MS, type SessionCutoffStore } from '#core/ports/session-cutoff-store.ts';
import { TICKET_LIFETIME_MS, type TicketStore } from '#core/ports/ticket-store.ts';
import {
  toWorkbenchApiHandler,
  type WorkbenchApiPorts,
  type WorkbenchApiSettings,
} from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';

/**
 * POST /workbenches/{wid}/open: the reads that find the right to open it, one of the cutoffs of the user, and one write of a ticket. It changes and starts
 * nothing.
 */
export function buildOpenWorkbench(
  ports: WorkbenchApiPorts & {
    readonly tickets: Pick<TicketStore, 'create'>;
    readonly cutoffs: Pick<SessionCutoffStore, 'read'>;
  },
  settings: WorkbenchApiSettings & SettingsFor<'BASE_URL' | 'WB_GATE'>,
): ApiHandler {
  const { clock, telemetry, tickets, cutoffs } = ports;
  const { WB_GATE: mode } = settings;
  const address = gateAddressOf(new URL(settings.BASE_URL), mode ?? 'prefix');
  const parsers = { body: jsonBodyOf(openBodySchema()) };
  return toWorkbenchApiHandler('openWorkbench', ports, settings, parsers, async (request) => {
    const { userId, principal, workbenchId, role, body, by } = request;
    const path = body.path ?? '/';
    if (mode === undefined) {
      return { status: 200, body: { success: true, url: `${urlOfWorkbench(address, workbenchId)}${path}` } };
    }
    const now = clock.now();
    // The clock of the gate at which the user has signed out may be ahead of this one.
    const { signedInAt } = await moveAfterCutoffs({ userId, signedInAt: now }, cutoffs);
    const secret = createTicketSecret();
    const groups = groupsOf(principal, userId).map(groupIdOf);
    const expiresAt = now + TICKET_LIFETIME_MS;
    await tickets.create({
      hash: hashTicketSecret(secret),
      workbenchId,
      userId,
      // The session is that of the acting user, even if an administrator asked for it in the name of the owner.
      admin: role === 'administrator',
      ...(groups.length === 0 ? {} : { groups }),
      signedInAt,
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
