import {
  Agent,
  type ClientRequest,
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createProxyServer, type ProxyServer } from 'httpxy';
import { respondToClientErrors } from '#adapters/http-server/client-errors.ts';
import { closeServer } from '#adapters/http-server/listen.ts';
import { checkRequest, type OriginGuard } from '#adapters/http-server/origin-guard.ts';
import { attributeExceptions, outsideRequest } from '#adapters/http-server/request-faults.ts';
import { type EndpointTarget, hostsOf } from '#adapters/local/tasks/endpoint.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { prepareForForwarding } from '#gate/forward/backend-response.ts';
import { NewConnections } from '#gate/forward/new-connections.ts';
import { rewriteRequestHeaders } from '#gate/forward/request-headers.ts';
import { confineResponse, type WorkbenchScope } from '#gate/forward/workbench-scope.ts';
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

/** A request in progress. */
interface ForwardedRequest {
  readonly workbenchId: string;
  /** The path of the workbench in its public URL. */
  readonly prefix: string;
  /** Where the workbench listens. */
  readonly address: EndpointTarget;
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
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 16 });
  /** For requests that cannot be repeated: the workbench may close a kept connection just when it is used. */
  readonly #newConnections = new NewConnections();
  readonly #proxy: ProxyServer;
  readonly #upgraded = new Set<Duplex>();
  readonly #forwarded = new WeakMap<IncomingMessage, ForwardedRequest>();
  #closing = false;

  constructor(options: WorkbenchProxyOptions) {
    this.#options = options;
    this.#proxy = createProxyServer();
    this.#proxy.on('proxyReq', (toBackend, request, response) => {
      // Without this listener Node.js waits without end after a 101 that the request did not ask for.
      toBackend.once('upgrade', (_backend, socket: Duplex) => {
        socket.destroy();
        this.#refuseResponse(request, response as ServerResponse, 'the status 101');
      });
    });
    this.#proxy.on('proxyRes', (backend, request, response) => {
      const problem = prepareForForwarding(backend, response as ServerResponse);
      if (problem === undefined) {
        confineResponse(backend.headers, this.#scope(request));
        return;
      }
      // httpxy does not forward to a response that has ended.
      this.#refuseResponse(request, response as ServerResponse, problem);
      backend.destroy();
    });
    this.#proxy.on('proxyReqWs', (toBackend, request, socket) => {
      const confine = ({ headers }: IncomingMessage) => confineResponse(headers, this.#scope(request));
      toBackend.once('upgrade', confine).once('response', confine);
      closeWithBrowser(toBackend, socket);
    });
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
    this.#agent.destroy();
    this.#newConnections.destroy();
  }

  #logFailure(request: IncomingMessage, error: unknown): void {
    this.#options.telemetry.error('a proxied request failed', {}, error);
    request.socket.destroy();
  }

  /** Responds in place of a workbench whose response cannot be forwarded. */
  #refuseResponse(request: IncomingMessage, response: ServerResponse, problem: string): void {
    const workbenchId = this.#forwarded.get(request)?.workbenchId;
    this.#options.telemetry.warn('a workbench sent an invalid response', { workbenchId, problem });
    if (!response.headersSent) respond(request, response, INVALID_RESPONSE);
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
    const repeatable = isRepeatable(request);
    const attempts = repeatable ? 2 : 1;
    const agent = repeatable ? this.#agent : this.#newConnections;
    this.#rewrite(request, target, false);
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const route = await this.#find(target.workbenchId);
      if (route?.kind !== 'running') return this.#presentUnavailable(route);
      // The client may have closed its connection while the record was read.
      if (response.destroyed || request.socket.destroyed) return undefined;
      this.#forwarded.set(request, { ...target, address: route.target });
      const failure = await this.#sendToBackend(request, response, route.target, agent);
      if (failure === undefined || response.destroyed || response.writableEnded) return undefined;
      this.#options.routes.invalidate(target.workbenchId);
      if (response.headersSent) {
        response.destroy();
        return undefined;
      }
    }
    const current = await this.#find(target.workbenchId);
    return current?.kind === 'running' ? UNRESPONSIVE_WORKBENCH : this.#presentUnavailable(current);
  }

  async #sendToBackend(
    request: IncomingMessage,
    response: ServerResponse,
    target: EndpointTarget,
    agent: Agent,
  ): Promise<unknown> {
    try {
      await this.#proxy.web(request, response, { target, agent });
      return undefined;
    } catch (error) {
      return error;
    }
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
    this.#forwarded.set(request, { ...path, address: route.target });
    this.#rewrite(request, path, true);
    try {
      await this.#proxy.ws(request, socket, { target: route.target }, head);
    } catch {
      this.#options.routes.invalidate(path.workbenchId);
      socket.destroy();
    }
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

  /** Changes the URL and the headers of a request for the workbench. */
  #rewrite(request: IncomingMessage, target: WorkbenchTarget, isUpgrade: boolean): void {
    rewriteRequestHeaders(request, { baseUrl: this.#options.baseUrl(), prefix: target.prefix }, isUpgrade);
    request.url = target.rest;
  }

  /** Returns what the workbench of this request may name in its response. */
  #scope(request: IncomingMessage): WorkbenchScope {
    const { prefix = '', address } = this.#forwarded.get(request) ?? {};
    const hosts = [request.headers.host?.toLowerCase()];
    // On a host of its own the workbench does not have the shared one.
    if (prefix !== '') hosts.push(this.#options.baseUrl().host);
    if (address !== undefined) hosts.push(...hostsOf(address));
    return { prefix, hosts: new Set(hosts.filter((host) => host !== undefined)) };
  }
}

function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/** Closes the backend's side of a WebSocket when the browser's side has closed. */
function closeWithBrowser(toBackend: ClientRequest, socket: Duplex): void {
  socket.once('close', () => toBackend.destroy());
  toBackend.once('upgrade', (_response, backend: Duplex) => {
    socket.once('close', () => backend.destroy());
  });
}

function isRepeatable(request: IncomingMessage): boolean {
  const bodyless =
    request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined;
  return bodyless && (request.method === 'GET' || request.method === 'HEAD');
}
