import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { respondToClientErrors } from '#adapters/http-server/client-errors.ts';
import { closeServer } from '#adapters/http-server/listen.ts';
import { checkRequest, type OriginGuard } from '#adapters/http-server/origin-guard.ts';
import { attributeExceptions, outsideRequest } from '#adapters/http-server/request-faults.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { deferContinue, Forwarder, type ForwardTarget, isRepeatable } from '#gate/forward/forwarder.ts';
import {
  indexPage,
  otherHostPage,
  tooLargePage,
  unknownPage,
  unreadablePage,
} from '#gate/pages/fault-pages.ts';
import type { GatePage } from '#gate/pages/gate-page.ts';
import type { PageRenderer } from '#gate/pages/page-renderer.ts';
import { refuseUpgrade, respond } from '#gate/pages/responses.ts';
import { type ApiAddress, startCommand } from '#gate/pages/start-command.ts';
import { invalidResponsePage, notRunningPage, unresponsivePage } from '#gate/pages/workbench-pages.ts';
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
  readonly pages: PageRenderer;
  readonly clock: Clock;
}

/** Browsers send the cookies of all ports of a host. Node.js accepts 16 KiB by default. */
const MAX_HEAD_BYTES = 65_536;

/** The responses to requests that are for no workbench. */
const OWN_RESPONSES: Readonly<Record<'index' | 'unknown' | 'other_host', GatePage>> = {
  index: indexPage(),
  unknown: unknownPage(),
  other_host: otherHostPage(),
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
    const tooLarge = tooLargePage();
    const { pages } = options;
    respondToClientErrors(this.server, { html: pages.render(tooLarge), headers: pages.headersOf(tooLarge) });
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
      this.#respond(request, response, OWN_RESPONSES[located.kind]);
      return;
    }
    const substitute = await this.#forward(request, response, located);
    if (substitute !== undefined && !response.headersSent) this.#respond(request, response, substitute);
  }

  /**
   * Forwards a request. Returns undefined when the workbench has responded or the client has disconnected, otherwise
   * the response of the proxy.
   */
  async #forward(
    request: IncomingMessage,
    response: ServerResponse,
    target: WorkbenchTarget,
  ): Promise<GatePage | undefined> {
    // Only safe methods without a body are retried. A body cannot be sent a second time.
    const attempts = isRepeatable(request) ? 2 : 1;
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const route = await this.#find(target.workbenchId);
      if (route?.kind !== 'running') return this.#presentUnavailable(route, target);
      // The client may have closed its connection while the record was read.
      if (response.destroyed || request.socket.destroyed) return undefined;
      const result = await this.#forwarder.forward(request, response, toForwardTarget(target, route));
      if (result === 'done') return undefined;
      if (result === 'invalid_response') return invalidResponsePage();
      this.#options.routes.invalidate(target.workbenchId);
    }
    const current = await this.#find(target.workbenchId);
    return current?.kind === 'running' ? unresponsivePage() : this.#presentUnavailable(current, target);
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

  #presentUnavailable(route: WorkbenchRoute | undefined, { prefix, rest }: WorkbenchTarget): GatePage {
    if (route?.kind !== 'waiting') return route === undefined ? unreadablePage() : unknownPage();
    return notRunningPage(route.workbench, {
      now: this.#options.clock.now(),
      mayStart: false,
      address: { prefix, path: `${prefix}${rest}` },
      startCommand: startCommand(route.workbench, this.#options.api()),
    });
  }

  #respond(request: IncomingMessage, response: ServerResponse, page: GatePage): void {
    respond(request, response, page, this.#options.pages);
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
