import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { APIGatewayRequestAuthorizerEventV2, Context } from 'aws-lambda';
import type { Timers } from '#adapters/local/timers.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { GatewayEvent } from '#functions/middleware/gateway.ts';
import { respondToClientErrors } from '../client-errors.ts';
import { checkRequest, type OriginGuard } from '../origin-guard.ts';
import { AUTHORIZER_TIMEOUT_MS, AuthorizerCache } from './authorizer-cache.ts';
import { corsHeaders, preflightResponse } from './cors.ts';
import { type GatewayResponse, gatewayError, toResponse, writeResponse } from './gateway-response.ts';
import { type GatewayHandler, invoke, lambdaContext } from './invocation.ts';
import { readBody } from './request-body.ts';
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
  /** `public`: the authorizer is not asked. */
  readonly access: 'public' | 'user' | 'admin';
  readonly handler: GatewayHandler;
}

export interface GatewayAuthorizer {
  readonly authorize: (event: APIGatewayRequestAuthorizerEventV2, context: Context) => Promise<unknown>;
  /** How long an answer is kept, in seconds. */
  readonly ttlSeconds: number;
}

export interface GatewayOptions {
  readonly routes: readonly GatewayRoute[];
  /** None: every route is open. */
  readonly authorizer?: GatewayAuthorizer;
  /** Comes before each route's path, such as `/api`. @default '' */
  readonly prefix?: string;
  /** CORS is off when there are none. Lower case. */
  readonly corsOrigins: readonly string[];
  readonly guard: OriginGuard;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  /** In milliseconds. @default 30,000, as API Gateway has it */
  readonly integrationTimeoutMs?: number;
}

/** Request line and headers together, in bytes: the quota of HTTP APIs. */
export const MAX_HEAD_BYTES = 10_240;

const NO_BODY = Buffer.alloc(0);

/** Stands where API Gateway's HTTP API stands on AWS: the same events in, the same answers out. */
export function createGateway(options: GatewayOptions): Server {
  const front = new Gateway(options);
  const server = createServer(
    {
      maxHeaderSize: MAX_HEAD_BYTES,
      // Slow clients: so long for the headers, and so long for the whole request.
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 2_000,
      keepAliveTimeout: 60_000,
    },
    (request, response) => void front.serve(request, response),
  );
  // Without a listener Node would say "continue" before the size is looked at.
  server.on('checkContinue', (request, response) => void front.serve(request, response));
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
    });
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { telemetry, corsOrigins } = this.#options;
    const begun = performance.now();
    response.on('error', () => {});
    try {
      const head = readHead(request);
      const answer = await this.#answer(request, response, head);
      if (answer === undefined) {
        request.socket.destroy();
        return;
      }
      writeResponse(response, answer, {
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
    if (request.method !== 'GET' || response.statusCode >= 500) this.#note(request, response, begun);
  }

  /** Undefined: the client has gone. */
  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    head: RequestHead,
  ): Promise<GatewayResponse | undefined> {
    const { guard, corsOrigins } = this.#options;
    const refusal = checkRequest(request, guard);
    if (refusal !== undefined) return this.#last(response, gatewayError(refusal.status, refusal.message));
    if (request.method === 'OPTIONS' && corsOrigins.length > 0) {
      return preflightResponse(corsOrigins, request.headers.origin);
    }
    const match = this.#match(request.method ?? '', head.path);
    if (match === 'malformed') return gatewayError(400, 'Bad Request');
    if (match === undefined) return gatewayError(404, 'Not Found');
    const routeKey = `${match.route.method} ${this.#options.prefix ?? ''}${match.route.path}`;
    const matched = { routeKey, parameters: match.parameters };
    // The authorizer is asked before the body is read: a stranger cannot make us hold 10 MB.
    const authorized = await this.#authorize(match.route, head, () =>
      toGatewayEvent(request, head, matched, NO_BODY),
    );
    if ('status' in authorized) return authorized;
    const body = await readBody(request, response);
    if (body.kind === 'aborted') return undefined;
    if (body.kind === 'too_large') return this.#last(response, gatewayError(413, 'Request Entity Too Large'));
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
      const answer = await this.#cache.authorize(identitySource, async () => {
        const context = lambdaContext('authorizer', head.requestId, timers, AUTHORIZER_TIMEOUT_MS);
        return authorizer.authorize(toAuthorizerEvent(eventWithoutBody(), identitySource), context);
      });
      return answer.isAuthorized
        ? { authorizerContext: structuredClone(answer.context) }
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
      telemetry.error('a function took too long', fields);
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

  /** The connection ends with this answer: what else it carries is not to be read. */
  #last(response: ServerResponse, answer: GatewayResponse): GatewayResponse {
    response.shouldKeepAlive = false;
    return answer;
  }

  #note(request: IncomingMessage, response: ServerResponse, begun: number): void {
    const path = (request.url ?? '').replace(/\?.*$/s, '').slice(0, 200);
    this.#options.telemetry.info(`${request.method} ${path}`, {
      status: response.statusCode,
      ms: Math.round(performance.now() - begun),
    });
  }
}
