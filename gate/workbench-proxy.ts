import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { respondToClientErrors } from '#adapters/http-server/client-errors.ts';
import { closeServer } from '#adapters/http-server/listen.ts';
import { checkRequest, type OriginGuard } from '#adapters/http-server/origin-guard.ts';
import { attributeExceptions, outsideRequest } from '#adapters/http-server/request-faults.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { deferContinue, Forwarder, type ForwardTarget, isRepeatable } from '#gate/forward/forwarder.ts';
import {
  type ApiAddress,
  indexPage,
  invalidResponsePage,
  otherHostPage,
  tooLargePage,
  unknownPage,
  unreadablePage,
  unresponsivePage,
  waitingPage,
} from '#gate/pages/pages.ts';
import { type ProxyResponse, presentState, refuseUpgrade, respond } from '#gate/pages/responses.ts';
import type { WorkbenchAddresses, WorkbenchTarget } from './workbench-addresses.ts';
import type { WorkbenchRoute, WorkbenchRoutes } from './workbench-routes.ts';

export interface WorkbenchProxyOptions {
  readonly routes: WorkbenchRoutes;
  readonly guard: OriginGuard;
  readonly telemetry: Telemetry;
  /** Returns the address of the API for the pages. */
  readonly api: () => ApiAddress;
  /** Returns the public URL of this origin. A proxy in front of this server removes the path of the URL. */
  readonly baseUrl: () => URL;
  readonly addresses: WorkbenchAddresses;
}

/** Browsers send the cookies of all ports of a host. Node.js accepts 16 KiB by default. */
const MAX_HEAD_BYTES = 65_536;

const UNKNOWN_WORKBENCH: ProxyResponse = {
  page: unknownPage(),
  json: { message: 'The workbench does not exist.' },
};
const UNRESPONSIVE_WORKBENCH: ProxyResponse = {
  page: unresponsivePage(),
  json: { message: 'The workbench does not respond.' },
};
const INVALID_RESPONSE: ProxyResponse = {
  page: invalidResponsePage(),
  json: { message: 'The workbench sent an invalid response.' },
};
const UNREADABLE: ProxyResponse = {
  page: unreadablePage(),
  json: { message: 'The records cannot be read.' },
};
/** The responses to requests that are for no workbench. */
const OWN_RESPONSES: Readonly<Record<'index' | 'unknown' | 'other_host', ProxyResponse>> = {
  index: { page: indexPage(), json: { message: 'Workbenches are at /project/<workbench id>/.' } },
  unknown: UNKNOWN_WORKBENCH,
  other_host: {
    page: otherHostPage(),
    json: { message: 'Each workbench has a host name of its own, to which pages are redirected.' },
  },
};

/**
 * The server of the workbenches' addresses. Forwards `/project/<id>/…`, or the host of a workbench, to the server of the
 * workbench as `/…`, and streams requests, responses and WebSockets. It protects this computer from web pages of other
 * origins. Workbenches that share an origin are not separated from each other.
 */
export class WorkbenchProxy {
  readonly server: Server;
  readonly #options: WorkbenchProxyOptions;
  readonly #forwarder: Forwarder;
  readonly #upgraded = new Set<Duplex>();
  #closing = false;

  constructor(options: WorkbenchProxyOptions) {
    this.#options = options;
    const { telemetry, baseUrl } = options;
    this.#forwarder = new Forwarder({ telemetry, baseUrl });
    this.server = createServer(
      {
        maxHeaderSize: MAX_HEAD_BYTES,
        // Uploads and long polling have no time limit. Headers have one.
        headersTimeout: 15_000,
        requestTimeout: 0,
        connectionsCheckingInterval: 2_000,
        // A client that offers another protocol, as `curl --http2` does, accepts a response in HTTP/1.1.
        shouldUpgradeCallback: isWebSocket,
      },
      (request, response) => {
        this.#serve(request, response).catch((error: unknown) => this.#logFailure(request, error));
      },
    );
    attributeExceptions(this.server);
    deferContinue(this.server);
    this.server.on('upgrade', (request, socket, head) => {
      this.#upgrade(request, socket as Socket, head).catch((error: unknown) =>
        this.#logFailure(request, error),
      );
    });
    respondToClientErrors(this.server, tooLargePage());
  }

  /** Closes WebSockets at once and waits at most `graceMs` for responses in progress. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    for (const socket of this.#upgraded) socket.destroy();
    await closeServer(this.server, graceMs);
    this.#forwarder.close();
  }

  #logFailure(request: IncomingMessage, error: unknown): void {
    this.#options.telemetry.error('a proxied request failed', {}, error);
    request.socket.destroy();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {});
    const refusal = checkRequest(request, this.#options.guard);
    if (refusal !== undefined) {
      response.writeHead(refusal.status, { 'content-type': 'text/plain', connection: 'close' });
      response.end(`${refusal.message}\n`);
      return;
    }
    const located = this.#options.addresses.locate(request);
    if (located.kind === 'moved') {
      // Temporary, because browsers cache permanent redirects beyond the deletion of the workbench.
      response.writeHead(307, { location: located.location, 'cache-control': 'no-store' }).end();
      return;
    }
    if (located.kind !== 'workbench') {
      respond(request, response, OWN_RESPONSES[located.kind]);
      return;
    }
    const substitute = await this.#forward(request, response, located);
    if (substitute !== undefined && !response.headersSent) respond(request, response, substitute);
  }

  /**
   * Forwards a request. Returns undefined when the workbench has responded or the client has disconnected, otherwise
   * the response of the proxy.
   */
  async #forward(
    request: IncomingMessage,
    response: ServerResponse,
    target: WorkbenchTarget,
  ): Promise<ProxyResponse | undefined> {
    // Only safe methods without a body are retried. A body cannot be sent a second time.
    const attempts = isRepeatable(request) ? 2 : 1;
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const route = await this.#find(target.workbenchId);
      if (route?.kind !== 'running') return this.#presentUnavailable(route);
      // The client may have closed its connection while the record was read.
      if (response.destroyed || request.socket.destroyed) return undefined;
      const result = await this.#forwarder.forward(request, response, toForwardTarget(target, route));
      if (result === 'done') return undefined;
      if (result === 'invalid_response') return INVALID_RESPONSE;
      this.#options.routes.invalidate(target.workbenchId);
    }
    const current = await this.#find(target.workbenchId);
    return current?.kind === 'running' ? UNRESPONSIVE_WORKBENCH : this.#presentUnavailable(current);
  }

  async #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    socket.on('error', () => {});
    this.#upgraded.add(socket);
    socket.once('close', () => this.#upgraded.delete(socket));
    const refusal = checkRequest(request, this.#options.guard);
    if (refusal !== undefined) return refuseUpgrade(socket, refusal.status);
    const path = this.#options.addresses.locate(request);
    if (path.kind !== 'workbench') return refuseUpgrade(socket, path.kind === 'other_host' ? 403 : 404);
    const route = await this.#find(path.workbenchId);
    if (route?.kind !== 'running' || this.#closing) {
      return refuseUpgrade(socket, route?.kind === 'unknown' ? 404 : 503);
    }
    if (socket.destroyed) return;
    const result = await this.#forwarder.upgrade(request, socket, head, toForwardTarget(path, route));
    if (result === 'done') return;
    if (result === 'unreachable') this.#options.routes.invalidate(path.workbenchId);
    refuseUpgrade(socket, 502);
  }

  /** Returns the route, or undefined when the records cannot be read. */
  async #find(workbenchId: string): Promise<WorkbenchRoute | undefined> {
    try {
      return await outsideRequest(() => this.#options.routes.find(workbenchId));
    } catch (error) {
      this.#options.telemetry.error('a workbench could not be looked up', { workbenchId }, error);
      return undefined;
    }
  }

  #presentUnavailable(route: WorkbenchRoute | undefined): ProxyResponse {
    if (route?.kind !== 'waiting') return route === undefined ? UNREADABLE : UNKNOWN_WORKBENCH;
    return { page: waitingPage(route.workbench, this.#options.api()), json: presentState(route.workbench) };
  }
}

function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

function toForwardTarget(
  { workbenchId, prefix, rest }: WorkbenchTarget,
  { runId, target }: Extract<WorkbenchRoute, { kind: 'running' }>,
): ForwardTarget {
  return { workbenchId, runId, prefix, rest, endpoint: target };
}
