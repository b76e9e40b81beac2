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
import type { Telemetry } from '#core/ports/telemetry.ts';
import { respondToClientErrors } from '../client-errors.ts';
import { closeServer } from '../listen.ts';
import { checkRequest, type OriginGuard } from '../origin-guard.ts';
import {
  type ApiAddress,
  indexPage,
  unknownPage,
  unreadablePage,
  unresponsivePage,
  waitingPage,
} from './pages.ts';
import { type ProxyResponse, presentState, refuseUpgrade, respond } from './responses.ts';
import { parseWorkbenchPath, type WorkbenchPath } from './workbench-path.ts';
import type { WorkbenchRoute, WorkbenchRoutes } from './workbench-routes.ts';

export interface WorkbenchProxyOptions {
  readonly routes: WorkbenchRoutes;
  readonly guard: OriginGuard;
  readonly telemetry: Telemetry;
  /** Asked when a page says how to start a workbench. */
  readonly api: () => ApiAddress;
  /** Where people reach this origin, which workbenches are told. Its path, if any, is stripped on the way here. */
  readonly baseUrl: () => URL;
}

type WorkbenchTarget = Extract<WorkbenchPath, { kind: 'workbench' }>;

/** Headers by which a client could pass itself off as a proxy before this one. */
const FORWARDING_HEADERS = [
  'forwarded',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
];
const UNKNOWN_WORKBENCH: ProxyResponse = {
  page: unknownPage(),
  json: { message: 'There is no such workbench.' },
};
const UNRESPONSIVE_WORKBENCH: ProxyResponse = {
  page: unresponsivePage(),
  json: { message: 'The workbench does not answer.' },
};
const UNREADABLE: ProxyResponse = {
  page: unreadablePage(),
  json: { message: 'The records cannot be read.' },
};
const INDEX: ProxyResponse = {
  page: indexPage(),
  json: { message: 'Workbenches are at /project/<workbench id>/.' },
};

/**
 * The origin of the workbenches: `/project/<id>/…` goes to the workbench's own server as `/…`. Requests,
 * answers and websockets are streamed. It separates this machine from the web, not workbenches from each
 * other: they share the origin.
 */
export class WorkbenchProxy {
  readonly server: Server;
  readonly #options: WorkbenchProxyOptions;
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 16 });
  readonly #proxy: ProxyServer;
  readonly #upgraded = new Set<Duplex>();
  #closing = false;

  constructor(options: WorkbenchProxyOptions) {
    this.#options = options;
    this.#proxy = createProxyServer();
    this.#proxy.on('proxyRes', (backend, request) => prefixRedirect(backend, request));
    this.#proxy.on('proxyReqWs', (toBackend, _request, socket) => closeWithBrowser(toBackend, socket));
    this.server = createServer(
      // Uploads and long polls take what time they need; headers must come soon.
      { headersTimeout: 15_000, requestTimeout: 0, connectionsCheckingInterval: 2_000 },
      (request, response) => {
        this.#serve(request, response).catch((error: unknown) => this.#failed(request, error));
      },
    );
    this.server.on('upgrade', (request, socket, head) => {
      this.#upgrade(request, socket as Socket, head).catch((error: unknown) => this.#failed(request, error));
    });
    respondToClientErrors(this.server);
  }

  /** Cuts websockets, lets answers under way end for so long. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    for (const socket of this.#upgraded) socket.destroy();
    await closeServer(this.server, graceMs);
    this.#agent.destroy();
  }

  #failed(request: IncomingMessage, error: unknown): void {
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
    const asked = parseWorkbenchPath(request.url ?? '/');
    if (asked.kind === 'missing_slash') {
      // Not permanent: a browser would keep it beyond the workbench's life.
      response.writeHead(307, { location: this.#publicPath(asked.location) }).end();
      return;
    }
    if (asked.kind !== 'workbench') {
      respond(request, response, asked.kind === 'index' ? INDEX : UNKNOWN_WORKBENCH);
      return;
    }
    const own = await this.#pass(request, response, asked);
    if (own !== undefined && !response.headersSent) respond(request, response, own);
  }

  /** Undefined when the workbench has answered, or when nobody listens any more. */
  async #pass(
    request: IncomingMessage,
    response: ServerResponse,
    asked: WorkbenchTarget,
  ): Promise<ProxyResponse | undefined> {
    // Repeating is safe only for what changes nothing and has no body that is gone by now.
    const attempts = isRepeatable(request) ? 2 : 1;
    this.#rewrite(request, asked);
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const route = await this.#find(asked.workbenchId);
      if (route?.kind !== 'running') return this.#instead(route);
      const failure = await this.#toBackend(request, response, route.target);
      if (failure === undefined || response.destroyed) return undefined;
      this.#options.routes.invalidate(asked.workbenchId);
      if (response.headersSent) {
        response.destroy();
        return undefined;
      }
    }
    const now = await this.#find(asked.workbenchId);
    return now?.kind === 'running' ? UNRESPONSIVE_WORKBENCH : this.#instead(now);
  }

  async #toBackend(request: IncomingMessage, response: ServerResponse, target: string): Promise<unknown> {
    try {
      await this.#proxy.web(request, response, { target, agent: this.#agent });
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
    const asked = parseWorkbenchPath(request.url ?? '/');
    if (asked.kind !== 'workbench') return refuseUpgrade(socket, 404);
    const route = await this.#find(asked.workbenchId);
    if (route?.kind !== 'running' || this.#closing) {
      return refuseUpgrade(socket, route?.kind === 'unknown' ? 404 : 503);
    }
    if (socket.destroyed) return;
    this.#rewrite(request, asked);
    try {
      await this.#proxy.ws(request, socket, { target: route.target }, head);
    } catch {
      this.#options.routes.invalidate(asked.workbenchId);
      socket.destroy();
    }
  }

  /** Undefined: the records cannot be read. */
  async #find(workbenchId: string): Promise<WorkbenchRoute | undefined> {
    try {
      return await this.#options.routes.find(workbenchId);
    } catch (error) {
      this.#options.telemetry.error('a workbench could not be looked up', { workbenchId }, error);
      return undefined;
    }
  }

  #instead(route: WorkbenchRoute | undefined): ProxyResponse {
    if (route?.kind !== 'waiting') return route === undefined ? UNREADABLE : UNKNOWN_WORKBENCH;
    return { page: waitingPage(route.workbench, this.#options.api()), json: presentState(route.workbench) };
  }

  #publicPath(path: string): string {
    return `${this.#options.baseUrl().pathname.replace(/\/$/, '')}${path}`;
  }

  /** What the workbench sees of the request. */
  #rewrite(request: IncomingMessage, asked: WorkbenchTarget): void {
    const { headers } = request;
    for (const name of FORWARDING_HEADERS) delete headers[name];
    const address = request.socket.remoteAddress ?? '127.0.0.1';
    const before = headers['x-forwarded-for'];
    headers['x-forwarded-for'] = before === undefined ? address : `${String(before)}, ${address}`;
    headers['x-forwarded-proto'] = this.#options.baseUrl().protocol.slice(0, -1);
    headers['x-forwarded-prefix'] = this.#publicPath(asked.prefix);
    if (headers.host !== undefined) headers['x-forwarded-host'] = headers.host;
    request.url = asked.rest;
  }
}

/** An absolute path in a redirect would leave the workbench. */
function prefixRedirect(backend: IncomingMessage, request: IncomingMessage): void {
  const { location } = backend.headers;
  const prefix = request.headers['x-forwarded-prefix'];
  if (location === undefined || typeof prefix !== 'string') return;
  const isPath = location.startsWith('/') && !location.startsWith('//');
  if (isPath && !location.startsWith(`${prefix}/`)) backend.headers.location = `${prefix}${location}`;
}

/** However a browser's side of a websocket ends, the workbench's ends too. */
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
