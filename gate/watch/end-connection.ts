import type { EndReason } from '#core/gate/decide-request.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { OpenRequest, WebSocketEnd } from '../open-requests.ts';

/** A browser may connect again after `going_away`. */
const WEB_SOCKET_ENDS: Readonly<Record<EndReason, WebSocketEnd>> = {
  signed_out: 'policy_violation',
  no_right: 'policy_violation',
  not_running: 'going_away',
  unreadable: 'going_away',
  stopping: 'going_away',
};

/** Ends a connection and counts it. */
export function endConnection(opened: OpenRequest, reason: EndReason, telemetry: Telemetry): void {
  const { workbenchId } = opened.forwarded;
  if (reason !== 'stopping') telemetry.info('a connection was ended', { workbenchId, reason });
  telemetry.count('gate_connection_ended', 1, { reason });
  opened.close(WEB_SOCKET_ENDS[reason]);
}
