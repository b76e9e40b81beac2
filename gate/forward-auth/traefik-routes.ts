import { parseEndpoint } from '#adapters/local/tasks/endpoint.ts';
import { type GateAddress, originOfWorkbench } from '#core/gate/gate-host.ts';
import type { RunningWorkbench } from '#core/gate/list-running.ts';
import { upstreamOf } from './forwarded-request.ts';

/** The workbenches that one Traefik gets. Beyond it a change takes longer than five seconds to apply. */
export const TRAEFIK_WORKBENCHES_MAX = 1_000;

export interface TraefikRouteOptions {
  readonly address: GateAddress;
  /** The addresses of both servers of the gate as Traefik reaches them: `http://127.0.0.1:8080`. */
  readonly gateUrl: string;
  readonly authUrl: string;
  /** Whether `Authorization` is for the gate, and not for the workbench. */
  readonly removesAuthorization: boolean;
}

export interface TraefikRoutes {
  /** The dynamic configuration of Traefik, as its HTTP provider reads it. */
  readonly configuration: TraefikConfiguration;
  /** The workbenches beyond TRAEFIK_WORKBENCHES_MAX, the newest. The gate itself forwards to them. */
  readonly leftOut: number;
}

interface TraefikRouter {
  readonly rule: string;
  readonly priority: number;
  readonly service: string;
  readonly middlewares?: readonly string[];
}

interface TraefikConfiguration {
  readonly http: {
    readonly routers: Readonly<Record<string, TraefikRouter>>;
    readonly middlewares?: Readonly<Record<string, unknown>>;
    readonly services: Readonly<Record<string, unknown>>;
  };
}

const PRIORITIES = { own: 1_000, workbench: 100, gate: 1 };

/** What a workbench must not believe of a client. Traefik removes `X-Forwarded-*` of clients, and writes its own. */
const REMOVED_HEADERS = [
  'Forwarded',
  'X-Forwarded-Prefix',
  'X-Original-Host',
  'X-Original-Method',
  'X-Original-Uri',
  'X-Original-Url',
  'X-Rewrite-Url',
  'X-Wb-Run',
  'X-Wb-Upstream',
  'X-Workbench-User',
];

/** What the decision depends on. Traefik adds `X-Forwarded-*`. */
const ASKED_HEADERS = [
  'Accept',
  'Cookie',
  'Origin',
  'Sec-Fetch-Dest',
  'Sec-Fetch-Mode',
  'Sec-Fetch-Site',
  'Sec-WebSocket-Key',
];

/** How long Traefik reads of a page of the gate, bytes. */
const PAGE_BYTES_MAX = 65_536;

/**
 * Returns the routes of Traefik: one router, middleware and service for each workbench that runs at an address Traefik can
 * reach. Everything else leads to the gate itself, which forwards or responds with its pages. The result depends on the
 * arguments alone, so that Traefik recognizes an unchanged one.
 */
export function buildTraefikRoutes(
  running: readonly RunningWorkbench[],
  options: TraefikRouteOptions,
): TraefikRoutes {
  const routable = running
    .flatMap(({ workbenchId, endpoint }) => {
      const upstream = readUpstream(endpoint);
      return upstream === undefined ? [] : [{ workbenchId, upstream }];
    })
    // The id begins with the time of the creation.
    .sort((a, b) => (a.workbenchId < b.workbenchId ? -1 : 1));
  const routers: Record<string, TraefikRouter> = {
    gate: { rule: 'PathPrefix(`/`)', priority: PRIORITIES.gate, service: 'gate' },
    own: { rule: 'PathPrefix(`/.wb/`)', priority: PRIORITIES.own, service: 'gate' },
  };
  const middlewares: Record<string, unknown> = {};
  const services: Record<string, unknown> = { gate: serviceOf(options.gateUrl) };
  for (const { workbenchId, upstream } of routable.slice(0, TRAEFIK_WORKBENCHES_MAX)) {
    const { hostname } = new URL(originOfWorkbench(options.address, workbenchId));
    middlewares.clean ??= cleanOf(options.address);
    routers[workbenchId] = {
      rule: `Host(\`${hostname}\`)`,
      priority: PRIORITIES.workbench,
      service: workbenchId,
      middlewares: ['clean', workbenchId],
    };
    middlewares[workbenchId] = authOf(workbenchId, upstream, options);
    services[workbenchId] = serviceOf(`http://${upstream}`);
  }
  return {
    // Traefik rejects an empty object of middlewares.
    configuration: {
      http: { routers, ...(Object.keys(middlewares).length > 0 ? { middlewares } : {}), services },
    },
    leftOut: Math.max(0, routable.length - TRAEFIK_WORKBENCHES_MAX),
  };
}

/** A record with an endpoint that is not a URL gets no route. The gate refuses its requests. */
function readUpstream(endpoint: string): string | undefined {
  return URL.canParse(endpoint) ? upstreamOf(parseEndpoint(endpoint)) : undefined;
}

function serviceOf(url: string): unknown {
  return { loadBalancer: { passHostHeader: true, servers: [{ url }] } };
}

/** Without it `X-Forwarded-Proto` of a WebSocket is `ws`, and behind a load balancer that ends TLS it is `http`. */
function cleanOf({ scheme, port }: GateAddress): unknown {
  const removed = REMOVED_HEADERS.map((name) => [name, '']);
  const publicPort = port === '' ? (scheme === 'https' ? '443' : '80') : port.slice(1);
  return {
    headers: {
      customRequestHeaders: {
        ...Object.fromEntries(removed),
        'X-Forwarded-Port': publicPort,
        'X-Forwarded-Proto': scheme,
      },
      // It would delete the cookies of the whole domain.
      customResponseHeaders: { 'Clear-Site-Data': '' },
    },
  };
}

/**
 * The path names the address of this route's service. Traefik replaces a route with its middleware and service at once, so the
 * gate compares the address to which Traefik would forward with that of the record, and refuses a stale one.
 */
function authOf(
  workbenchId: string,
  upstream: string,
  { authUrl, removesAuthorization }: TraefikRouteOptions,
): unknown {
  return {
    forwardAuth: {
      address: `${authUrl}/auth/${workbenchId}/${upstream}`,
      authRequestHeaders: ASKED_HEADERS,
      // Removed from the request first: one that the gate does not send reaches no workbench.
      authResponseHeaders: ['Cookie', 'X-Workbench-User', ...(removesAuthorization ? ['Authorization'] : [])],
      maxResponseBodySize: PAGE_BYTES_MAX,
      preserveLocationHeader: true,
      trustForwardHeader: false,
    },
  };
}
