import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { respondToClientErrors } from '#adapters/http-server/client-errors.ts';
import { limitConnections } from '#adapters/http-server/connection-limit.ts';
import { closeServer, listen } from '#adapters/http-server/listen.ts';
import { attributeExceptions, outsideRequest } from '#adapters/http-server/request-faults.ts';
import type { Timers } from '#adapters/local/timers.ts';
import type { GateAddress } from '#core/gate/gate-host.ts';
import { isWorkbenchId } from '#core/ports/ids.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { DecisionPresenter } from '#gate/decision-presenter.ts';
import { encodeUser } from '#gate/forward/request-headers.ts';
import type { OpenRequests } from '#gate/open-requests.ts';
import { foreignOriginPage, unknownPage, unreadablePage } from '#gate/pages/fault-pages.ts';
import type { GatePage } from '#gate/pages/gate-page.ts';
import type { PageRenderer } from '#gate/pages/page-renderer.ts';
import { respond } from '#gate/pages/responses.ts';
import { changedAddressPage } from '#gate/pages/workbench-pages.ts';
import type { Decided, RequestDecider, WorkbenchRequest } from '#gate/request-decider.ts';
import type { LocatableRequest, RequestLocator } from '#gate/request-locator.ts';
import { withoutOwnCookies } from '#gate/session/cookies.ts';
import { readForwardedRequest, upstreamOf } from './forwarded-request.ts';
import type { ProxyKind } from './proxy-kind.ts';
import type { RunningWorkbenches } from './running-workbenches.ts';
import { buildTraefikRoutes } from './traefik-routes.ts';

export interface ForwardAuthOptions {
  readonly proxy: ProxyKind;
  readonly locator: RequestLocator;
  readonly decider: RequestDecider;
  readonly presenter: DecisionPresenter;
  readonly pages: PageRenderer;
  readonly running: RunningWorkbenches;
  readonly address: () => GateAddress;
  /** Returns the address of the gate's own server, as the proxy reaches it. */
  readonly gateUrl: () => string;
  /** Whether `Authorization` is for the gate, and not for the workbench. */
  readonly removesAuthorization: boolean;
  /** A request that is allowed shows that its workbench is used. */
  readonly openRequests: OpenRequests;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
}

type DecidedForward = Extract<Decided, { kind: 'forward' }>;

/** The result for a proxy. */
type Verdict =
  | { readonly kind: 'forward'; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'refuse'; readonly page: GatePage };

/** How long a decision may take, milliseconds. Proxies wait for 30 s and more. */
const DECISION_LIMIT_MS = 2_000;
/** As the gate's own server: proxies repeat the cookies of the browser. */
const MAX_HEAD_BYTES = 65_536;
/** A proxy opens a connection for most of its questions. */
const CONNECTIONS_MAX = 4_000;
/**
 * Milliseconds. nginx closes an idle connection after 60 s, Traefik after 90 s. If this server closed it first, a question that
 * is sent at that moment would fail.
 */
const KEEP_ALIVE_MS = 120_000;
const LEFT_OUT_LOG_MS = 60_000;

/** The name of the gate in nginx.conf is that of its `upstream`. */
const OWN_HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]', 'gate_decisions']);

function isOwnHost({ headersDistinct: { host = [] } }: IncomingMessage): boolean {
  const [name = ''] = host;
  return host.length === 1 && OWN_HOSTS.has(name.toLowerCase().replace(/:\d+$/, ''));
}

/**
 * The server that a proxy of the installation asks, on the loopback interface only: who reaches it can name any host and
 * path. The proxy forwards; the decision is that of the gate.
 *
 * - `/auth/<workbench id>`: whether a request may be forwarded. The id is that of the proxy's route, and the host that the
 *   browser asked must belong to the same workbench.
 * - `/auth/<workbench id>/<address>`: the same for a proxy that has the address from an earlier response of `/routes`.
 * - `/unresponsive/<workbench id>`: the page for a workbench that the proxy could not reach.
 * - `/routes`: the dynamic configuration of Traefik.
 */
export class ForwardAuth {
  readonly server: Server;
  readonly #options: ForwardAuthOptions;
  #leftOutLoggedAt = Number.NEGATIVE_INFINITY;
  #port = 0;

  constructor(options: ForwardAuthOptions) {
    this.#options = options;
    const { timers, telemetry } = options;
    this.server = createServer({ maxHeaderSize: MAX_HEAD_BYTES }, (request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        telemetry.error('a request of the proxy failed', {}, error);
        response.destroy();
      });
    });
    this.server.keepAliveTimeout = KEEP_ALIVE_MS;
    attributeExceptions(this.server);
    respondToClientErrors(this.server);
    limitConnections(this.server, { max: CONNECTIONS_MAX, name: 'proxy', timers, telemetry });
  }

  /** @throws StartError */
  async listen(port: number): Promise<number> {
    this.#port = await listen(this.server, '127.0.0.1', port, 'WB_GATE_PROXY_PORT');
    return this.#port;
  }

  close(graceMs: number): Promise<void> {
    return closeServer(this.server, graceMs);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {});
    // Nothing of a body is needed.
    request.resume();
    // A web page whose name resolves to this computer (DNS rebinding) must not read addresses.
    if (!isOwnHost(request)) return refuse(response, 403, 'Forbidden');
    const [, action, workbenchId = '', upstream, ...more] = (request.url ?? '').split('/');
    if (action === 'routes' && workbenchId === '') return this.#serveRoutes(response);
    if (!isWorkbenchId(workbenchId) || more.length > 0) return refuse(response, 404, 'Not Found');
    const asked = readForwardedRequest(request);
    if (asked === undefined) return refuse(response, 400, 'X-Forwarded-Method, -Host and -Uri are required');
    if (action === 'auth') return this.#serveAuth(asked, response, workbenchId, upstream);
    if (action !== 'unresponsive' || upstream !== undefined) return refuse(response, 404, 'Not Found');
    return this.#serveUnresponsive(asked, response, workbenchId);
  }

  async #serveRoutes(response: ServerResponse): Promise<void> {
    const { running, address, gateUrl, removesAuthorization, telemetry, proxy } = this.#options;
    if (proxy !== 'traefik') return refuse(response, 404, 'Not Found');
    try {
      const { configuration, leftOut } = buildTraefikRoutes(await outsideRequest(() => running.list()), {
        address: address(),
        gateUrl: gateUrl(),
        authUrl: `http://127.0.0.1:${this.#port}`,
        removesAuthorization,
      });
      if (leftOut > 0) this.#reportLeftOut(leftOut);
      const body = JSON.stringify(configuration);
      response
        .writeHead(200, {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'cache-control': 'no-store',
        })
        .end(body);
    } catch (error) {
      telemetry.error('the routes of the proxy could not be read', {}, error);
      // Traefik keeps the routes that it has. Without routes it would respond with 404 to everybody.
      refuse(response, 503, 'The running workbenches cannot be read');
    }
  }

  #reportLeftOut(leftOut: number): void {
    const { timers, telemetry } = this.#options;
    if (timers.elapsed() - this.#leftOutLoggedAt < LEFT_OUT_LOG_MS) return;
    this.#leftOutLoggedAt = timers.elapsed();
    telemetry.warn('workbenches got no route of the proxy: the gate itself forwards to them', { leftOut });
  }

  async #serveAuth(
    asked: LocatableRequest,
    response: ServerResponse,
    workbenchId: string,
    upstream: string | undefined,
  ): Promise<void> {
    const verdict = await this.#judge(asked, workbenchId, upstream);
    if (verdict.kind === 'forward') {
      response.writeHead(200, { ...verdict.headers, 'content-length': '0' }).end();
      return;
    }
    // nginx forwards the request to the gate itself, which responds with the page.
    if (this.#options.proxy === 'nginx') response.writeHead(401, { 'content-length': '0' }).end();
    else respond(asked, response, verdict.page, this.#options.pages);
  }

  async #serveUnresponsive(
    asked: LocatableRequest,
    response: ServerResponse,
    workbenchId: string,
  ): Promise<void> {
    const { pages } = this.#options;
    const page = await this.#inTime(
      () => this.#findUnresponsivePage(asked, workbenchId),
      () => unreadablePage(),
    );
    respond(asked, response, page, pages);
  }

  async #findUnresponsivePage(asked: LocatableRequest, workbenchId: string): Promise<GatePage> {
    const { presenter } = this.#options;
    const found = await this.#decide(asked, workbenchId);
    if ('page' in found) return found.page;
    const { decided, request } = found;
    return decided.kind === 'refuse'
      ? presenter.present(asked, decided.decision, request)
      : presenter.presentUnresponsive(request, decided.decision);
  }

  #judge(asked: LocatableRequest, workbenchId: string, upstream: string | undefined): Promise<Verdict> {
    return this.#inTime(
      () => this.#findVerdict(asked, workbenchId, upstream),
      (): Verdict => ({ kind: 'refuse', page: unreadablePage() }),
    );
  }

  async #findVerdict(
    asked: LocatableRequest,
    workbenchId: string,
    routed: string | undefined,
  ): Promise<Verdict> {
    const { presenter, proxy } = this.#options;
    const found = await this.#decide(asked, workbenchId);
    if ('page' in found) return { kind: 'refuse', page: found.page };
    const { decided, request } = found;
    if (decided.kind === 'refuse') {
      // The page of a refusal may request a start. With nginx it is not sent from here.
      const page =
        proxy === 'nginx' ? unknownPage() : await presenter.present(asked, decided.decision, request);
      return { kind: 'refuse', page };
    }
    const upstream = upstreamOf(decided.endpoint);
    if (upstream === undefined || !isRoutedTo(upstream, routed, proxy))
      return { kind: 'refuse', page: changedAddressPage() };
    this.#noteActivity(request, decided);
    return { kind: 'forward', headers: allowHeaders(asked, decided, upstream) };
  }

  /** Its end is not known here, and it cannot be closed: only the beginning is noted. */
  #noteActivity({ gateRequest, target }: WorkbenchRequest, { decision, visitor }: DecidedForward): void {
    const remove = this.#options.openRequests.add({
      request: gateRequest,
      target: target.rest,
      visitor,
      forwarded: decision,
      close: () => {},
    });
    remove();
  }

  /** Finds the workbench of the host that the browser asked, and decides. */
  async #decide(
    asked: LocatableRequest,
    workbenchId: string,
  ): Promise<
    { readonly page: GatePage } | { readonly decided: Decided; readonly request: WorkbenchRequest }
  > {
    const { locator, decider } = this.#options;
    const located = locator.locate(asked);
    if (located.kind === 'refused')
      return { page: located.status === 403 ? foreignOriginPage() : unknownPage() };
    const { asked: target } = located;
    // The paths of the gate are not forwarded to a workbench, even if the proxy has no route for them.
    if (target.kind !== 'workbench' || target.workbenchId !== workbenchId) return { page: unknownPage() };
    const request = await decider.prepare(asked, located, target);
    return { decided: await decider.decide(request), request };
  }

  /** Returns the result of an action, or of `late` if it takes too long. */
  async #inTime<T>(action: () => Promise<T>, late: () => T): Promise<T> {
    const { timers } = this.#options;
    return await new Promise<T>((resolve, reject) => {
      const cancel = timers.after(DECISION_LIMIT_MS, () => resolve(late()));
      action().then(resolve, reject).finally(cancel);
    });
  }
}

/** Traefik has the address from its routes, which may be stale. nginx takes the one of the response. */
function isRoutedTo(upstream: string, routed: string | undefined, proxy: ProxyKind): boolean {
  if (proxy === 'nginx') return routed === undefined;
  return routed === upstream;
}

/** Returns the headers of the response that allows a request. */
function allowHeaders(
  { headers }: LocatableRequest,
  { decision: { runId, userId } }: DecidedForward,
  upstream: string,
): Readonly<Record<string, string>> {
  const cookie = headers.cookie === undefined ? '' : withoutOwnCookies(headers.cookie);
  return {
    ...(cookie === '' ? {} : { cookie }),
    ...(userId === undefined ? {} : { 'x-workbench-user': encodeUser(userId) }),
    'x-wb-run': runId,
    'x-wb-upstream': upstream,
  };
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response
    .writeHead(status, { 'content-type': 'text/plain', 'cache-control': 'no-store' })
    .end(`${message}\n`);
}
