import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { APIGatewayRequestAuthorizerEventV2, Context } from 'aws-lambda';
import { respondToClientErrors } from '#adapters/http-server/client-errors.ts';
import { checkRequest, type OriginGuard } from '#adapters/http-server/origin-guard.ts';
import { attributeExceptions, outsideRequest } from '#adapters/http-server/request-faults.ts';
import type { Timers } from '#adapters/local/timers.ts';
import { CORS } from '#contract/routes.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { GatewayEvent } from '#functions/middleware/gateway.ts';
import type { FileRequest } from '../console/console-files.ts';
import { AUTHORIZER_TIMEOUT_MS, type Authorization, AuthorizerCache } from './authorizer-cache.ts';
import { type GatewayResponse, gatewayError, toResponse, writeResponse } from './gateway-response.ts';
import { type GatewayHandler, invoke, lambdaContext } from './invocation.ts';
import { isReusable, readBody } from './request-body.ts';
import {
  type MatchedRequest,
  type RequestHead,
  readHead,
  toAuthorizerEvent,
  toGatewayEvent,
} from './request-event.ts';
import { type RouteMatch, RouteTable } from './route-match.ts';

export interface GatewayRoute {
  readonly method: string;
  readonly path: string;
  /** `public`: the authorizer is not called. */
  readonly access: 'public' | 'user' | 'admin';
  /** False: a body is neither read nor passed to the handler. */
  readonly hasBody: boolean;
  readonly handler: GatewayHandler;
}

export interface GatewayAuthorizer {
  readonly authorize: (event: APIGatewayRequestAuthorizerEventV2, context: Context) => Promise<unknown>;
  /** How long a response is cached, seconds. */
  readonly ttlSeconds: number;
  /** The latest time at which a response may be used again, milliseconds since 1970. */
  readonly validUntil: (authorization: Authorization) => number;
}

export interface GatewayOptions {
  readonly routes: readonly GatewayRoute[];
  /** Absent: all routes are open. */
  readonly authorizer?: GatewayAuthorizer;
  /** The prefix of all paths, such as `/api`. @default '' */
  readonly prefix?: string;
  /** Allowed origins. Empty: CORS is disabled. Lower case. */
  readonly corsOrigins: readonly string[];
  readonly guard: OriginGuard;
  /** Serves files at paths that are no route. API Gateway has nothing like it. */
  readonly files?: { respond(request: FileRequest): GatewayResponse | undefined };
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  /** Milliseconds. @default 30,000, the limit of API Gateway */
  readonly integrationTimeoutMs?: number;
}

/** The largest request line and headers together, bytes: the quota of HTTP APIs. */
export const MAX_HEAD_BYTES = 10_240;

const NO_BODY = { kind: 'read', bytes: Buffer.alloc(0) } as const;

/** Takes the place of an API Gateway HTTP API in local mode: the same events, the same responses. */
export function createGateway(options: GatewayOptions): Server {
  const gateway = new Gateway(options);
  const server = createServer(
    {
      maxHeaderSize: MAX_HEAD_BYTES,
      // Limits for slow clients: for the headers, and for the complete request.
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 2_000,
      keepAliveTimeout: 60_000,
      // Offers of another protocol, as of `curl --http2`, may be ignored. With a listener of `upgrade`, which
      // attributeExceptions adds, Node.js would leave such a request without a response.
      shouldUpgradeCallback: () => false,
    },
    (request, response) => void gateway.serve(request, response),
  );
  attributeExceptions(server);
  // Without this listener Node.js would send "100 Continue" before the size is checked.
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
  respondToClientErrors(server);
  return server;
}

class Gateway {
  readonly #options: GatewayOptions;
  readonly #routes: RouteTable<GatewayRoute>;
  readonly #cache: AuthorizerCache;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#routes = new RouteTable(options.routes, options.prefix);
    this.#cache = new AuthorizerCache({
      timers: options.timers,
      ttlSeconds: options.authorizer?.ttlSeconds ?? 0,
      ...(options.authorizer === undefined ? {} : { validUntil: options.authorizer.validUntil }),
    });
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { telemetry, corsOrigins } = this.#options;
    const startedAt = performance.now();
    response.on('error', () => {});
    try {
      const head = readHead(request);
      const result = await this.#respond(request, response, head);
      if (result === undefined) {
        request.socket.destroy();
        return;
      }
      if (!isReusable(request)) response.shouldKeepAlive = false;
      writeResponse(response, result, {
        'apigw-requestid': head.requestId,
        ...corsHeaders(corsOrigins, request.headers.origin),
      });
    } catch (error) {
      telemetry.error('a request failed in the gateway', {}, error);
      if (response.headersSent) {
        request.socket.destroy();
        return;
      }
      for (const name of response.getHeaderNames()) response.removeHeader(name);
      writeResponse(response, gatewayError(500, 'Internal Server Error'), {});
    }
    if (request.method !== 'GET' || response.statusCode >= 500)
      this.#logRequest(request, response, startedAt);
  }

  /** Returns the response to a request, or undefined when the client has disconnected. */
  async #respond(
    request: IncomingMessage,
    response: ServerResponse,
    head: RequestHead,
  ): Promise<GatewayResponse | undefined> {
    const { guard, corsOrigins } = this.#options;
    const refusal = checkRequest(request, guard);
    if (refusal !== undefined)
      return this.#closeAfter(response, gatewayError(refusal.status, refusal.message));
    if (request.method === 'OPTIONS' && corsOrigins.length > 0) {
      return preflightResponse(corsOrigins, request.headers.origin);
    }
    const match = this.#match(request.method ?? '', head.path);
    if (match === 'malformed') return gatewayError(400, 'Bad Request');
    if (match === undefined) {
      const { path, headers } = head;
      const asked = { method: request.method ?? '', path, ifNoneMatch: headers['if-none-match'] };
      return this.#options.files?.respond(asked) ?? gatewayError(404, 'Not Found');
    }
    const routeKey = `${match.route.method} ${this.#options.prefix ?? ''}${match.route.path}`;
    const matched = { routeKey, parameters: match.parameters };
    // The authorizer is called before the body is read, so that a client without access cannot use memory.
    const authorized = await this.#authorize(match.route, head, () =>
      toGatewayEvent(request, head, matched, NO_BODY.bytes),
    );
    if ('status' in authorized) return authorized;
    const body = match.route.hasBody ? await readBody(request, response) : NO_BODY;
    if (body.kind === 'aborted') return undefined;
    if (body.kind === 'too_large')
      return this.#closeAfter(response, gatewayError(413, 'Request Entity Too Large'));
    const event = toGatewayEvent(request, head, { ...matched, ...authorized }, body.bytes);
    return this.#invoke(match.route, event);
  }

  #match(method: string, path: string): RouteMatch<GatewayRoute> | undefined | 'malformed' {
    try {
      return this.#routes.match(method, path);
    } catch {
      return 'malformed';
    }
  }

  async #authorize(
    route: GatewayRoute,
    head: RequestHead,
    eventWithoutBody: () => GatewayEvent,
  ): Promise<GatewayResponse | Pick<MatchedRequest, 'authorizerContext'>> {
    const { authorizer, timers, telemetry } = this.#options;
    if (authorizer === undefined || route.access === 'public') return {};
    const identitySource = head.headers.authorization;
    if (identitySource === undefined || identitySource === '') return gatewayError(401, 'Unauthorized');
    try {
      const authorization = await this.#cache.authorize(identitySource, async () => {
        const context = lambdaContext('authorizer', head.requestId, timers, AUTHORIZER_TIMEOUT_MS);
        const event = toAuthorizerEvent(eventWithoutBody(), identitySource);
        return outsideRequest(() => authorizer.authorize(event, context));
      });
      return authorization.isAuthorized
        ? { authorizerContext: structuredClone(authorization.context) }
        : gatewayError(403, 'Forbidden');
    } catch (error) {
      telemetry.error('the authorizer failed', { requestId: head.requestId }, error);
      return gatewayError(500, 'Internal Server Error');
    }
  }

  async #invoke(route: GatewayRoute, event: GatewayEvent): Promise<GatewayResponse> {
    const { timers, telemetry, integrationTimeoutMs } = this.#options;
    const fields = { route: event.routeKey, requestId: event.requestContext.requestId };
    const invocation = await invoke(route.handler, event, timers, integrationTimeoutMs);
    if (invocation.kind === 'timed_out') {
      telemetry.error('a function timed out', fields);
      return gatewayError(503, 'Service Unavailable');
    }
    try {
      if (invocation.kind === 'failed') throw invocation.error;
      return toResponse(invocation.result);
    } catch (error) {
      telemetry.error('a function failed', fields, error);
      return gatewayError(500, 'Internal Server Error');
    }
  }

  /** Closes the connection after this response, so that no further data of the client is read. */
  #closeAfter(response: ServerResponse, result: GatewayResponse): GatewayResponse {
    response.shouldKeepAlive = false;
    return result;
  }

  #logRequest(request: IncomingMessage, response: ServerResponse, startedAt: number): void {
    const path = (request.url ?? '').replace(/\?.*$/s, '').slice(0, 200);
    this.#options.telemetry.info(`${request.method} ${path}`, {
      status: response.statusCode,
      ms: Math.round(performance.now() - startedAt),
    });
  }
}

/**
 * CORS as API Gateway implements it: the gateway responds to preflights without calling the authorizer or a function,
 * and adds the CORS headers to all responses, errors included.
 */

/** Returns the headers that allow a page of `origin` to read the response. None for an origin that is not allowed. */
function corsHeaders(
  allowedOrigins: readonly string[],
  origin: string | undefined,
): Readonly<Record<string, string>> {
  if (allowedOrigins.length === 0) return {};
  const any = allowedOrigins.includes('*');
  const vary: Record<string, string> = any ? {} : { vary: 'origin' };
  if (origin === undefined || !(any || allowedOrigins.includes(origin.toLowerCase()))) return vary;
  return {
    ...vary,
    'access-control-allow-origin': any ? '*' : origin,
    'access-control-expose-headers': CORS.exposeHeaders.join(','),
  };
}

/** Returns the response to an OPTIONS request. It allows nothing to an origin that is not allowed. */
function preflightResponse(allowedOrigins: readonly string[], origin: string | undefined): GatewayResponse {
  const headers = { ...corsHeaders(allowedOrigins, origin) };
  if ('access-control-allow-origin' in headers) {
    headers['access-control-allow-headers'] = CORS.allowHeaders.join(',');
    headers['access-control-allow-methods'] = CORS.allowMethods.join(',');
    headers['access-control-max-age'] = String(CORS.maxAge);
  }
  return { status: 204, headers, cookies: [], body: Buffer.alloc(0) };
}
