import type { IncomingMessage } from 'node:http';
import { outsideRequest } from '#adapters/http-server/request-faults.ts';
import { mayDo } from '#core/access/rights.ts';
import type { GateDecision } from '#core/gate/decide-request.ts';
import { commandUnavailablePage, refusedPage } from './pages/command-pages.ts';
import type { GatePage } from './pages/gate-page.ts';
import { startRequestedPage } from './pages/workbench-pages.ts';
import type { GatePorts } from './ports.ts';

type RequestHead = Pick<IncomingMessage, 'method' | 'headers'>;
type NotRunning = Extract<GateDecision, { kind: 'not_running' }>;

/** Starts a stopped workbench when a person visits it: WB_GATE_AUTO_START. */
export class VisitStart {
  readonly #commands: Pick<GatePorts['commands'], 'start'>;

  constructor(commands: Pick<GatePorts['commands'], 'start'>) {
    this.#commands = commands;
  }

  /**
   * Returns the response if the visit has requested a start; undefined if it starts nothing.
   * @param back the path that the visitor asked for
   */
  async startFor(
    request: RequestHead,
    { workbench, role }: NotRunning,
    back: string,
  ): Promise<GatePage | undefined> {
    if (workbench.status !== 'stopped' || !mayDo(role, 'start') || !isPersonsVisit(request)) return undefined;
    const { userId, workbenchId } = workbench;
    const result = await outsideRequest(() => this.#commands.start(userId, workbenchId));
    switch (result.kind) {
      case 'accepted':
        return startRequestedPage(workbench);
      case 'refused':
        return refusedPage('start', back, result);
      case 'unavailable':
        return commandUnavailablePage('start', back);
    }
  }
}

/**
 * Whether a person has come to this address from elsewhere: by a link, a bookmark or the address bar. A reload by the
 * page itself does not count, and comes from the same origin: soon after a click browsers count it as the user's. Prefetches,
 * frames, scripts and programs do not count either. Browsers without `Sec-Fetch-User` are not recognized.
 */
function isPersonsVisit({ method, headers }: RequestHead): boolean {
  return (
    method === 'GET' &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-user'] === '?1' &&
    headers['sec-fetch-dest'] === 'document' &&
    headers['sec-fetch-site'] !== undefined &&
    headers['sec-fetch-site'] !== 'same-origin' &&
    headers['sec-purpose'] === undefined &&
    headers.purpose === undefined &&
    headers.upgrade === undefined
  );
}
