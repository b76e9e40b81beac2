import { pause, type Timers } from '#adapters/local/timers.ts';
import type { EndReason } from '#core/gate/decide-request.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { OpenRequest, OpenRequests, WebSocketEnd } from '../open-requests.ts';

export interface DrainOptions {
  readonly openRequests: OpenRequests;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  /** How long the gate continues after its health check fails, milliseconds: until the load balancer sends it nothing more. */
  readonly delayMs: number;
  /** Time in which the WebSockets are closed, milliseconds. If all were closed at once, all would reconnect to another task at once. */
  readonly spreadMs: number;
}

/** The WebSockets are closed in steps of this length, milliseconds. */
const STEP_MS = 1_000;

/** Drains the gate after SIGTERM: fails the health check, then closes the WebSockets in steps. */
export class Drain {
  readonly #options: DrainOptions;
  #isDraining = false;

  constructor(options: DrainOptions) {
    this.#options = options;
  }

  /** The health check fails from then on. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /**
   * Waits for the load balancer and then ends the WebSockets, some in each second. Requests are served meanwhile. Resolves
   * after `delayMs` + `spreadMs` at most.
   */
  async run(): Promise<void> {
    const { timers, delayMs, spreadMs } = this.#options;
    this.#isDraining = true;
    await pause(timers, delayMs);
    const steps = Math.max(1, Math.ceil(spreadMs / STEP_MS));
    for (let left = steps; left > 0; left -= 1) {
      const open = this.#webSockets();
      if (open.length === 0) return;
      for (const opened of open.slice(0, Math.ceil(open.length / left)))
        endConnection(opened, 'stopping', this.#options.telemetry);
      if (left > 1) await pause(timers, spreadMs / steps);
    }
  }

  #webSockets() {
    return this.#options.openRequests.list().filter(({ request }) => request.webSocket);
  }
}

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
