import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import type { GatewayEvent } from '#functions/middleware/gateway.ts';
import { encodeBody } from './request-body.ts';

/** The parts of a request that are available before its body is read. */
export interface RequestHead {
  /** The path as sent, percent-encoded. */
  readonly path: string;
  /** The query as sent, without `?`. */
  readonly rawQueryString: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly requestId: string;
}

/** Hop-by-hop headers. API Gateway does not forward them. */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export function readHead(request: IncomingMessage): RequestHead {
  const target = request.url ?? '/';
  const query = target.indexOf('?');
  const cookies: string[] = [];
  const headers = new Map<string, string>();
  for (const [name, value] of headerPairs(request)) {
    if (HOP_BY_HOP.has(name)) continue;
    if (name === 'cookie') {
      cookies.push(
        ...value
          .split(';')
          .map((cookie) => cookie.trim())
          .filter((cookie) => cookie !== ''),
      );
      continue;
    }
    const previous = headers.get(name);
    headers.set(name, previous === undefined ? value : `${previous},${value}`);
  }
  const address = request.socket.remoteAddress ?? '127.0.0.1';
  const forwarded = headers.get('x-forwarded-for');
  headers.set('x-forwarded-for', forwarded === undefined ? address : `${forwarded}, ${address}`);
  headers.set('x-forwarded-port', String(request.socket.localPort ?? ''));
  headers.set('x-forwarded-proto', 'http');
  headers.set(
    'x-amzn-trace-id',
    `Root=1-${toSeconds(Date.now()).toString(16)}-${randomBytes(12).toString('hex')}`,
  );
  return {
    path: query === -1 ? target : target.slice(0, query),
    rawQueryString: query === -1 ? '' : target.slice(query + 1),
    // Object.fromEntries also handles a header called `__proto__`.
    headers: Object.fromEntries(headers),
    cookies,
    requestId: randomUUID(),
  };
}

export interface MatchedRequest {
  /** Such as `GET /items/{id}`. */
  readonly routeKey: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** The context of the authorizer, if it was called. */
  readonly authorizerContext?: Readonly<Record<string, unknown>>;
}

/** Returns the event of a request that matched a route. */
export function toGatewayEvent(
  request: IncomingMessage,
  head: RequestHead,
  matched: MatchedRequest,
  body: Buffer,
): GatewayEvent {
  const query = queryParameters(head.rawQueryString);
  // HTTP APIs send the decoded path in `rawPath`.
  const rawPath = decodeURIComponent(head.path);
  return {
    version: '2.0',
    routeKey: matched.routeKey,
    rawPath,
    rawQueryString: head.rawQueryString,
    ...(head.cookies.length === 0 ? {} : { cookies: [...head.cookies] }),
    headers: { ...head.headers },
    ...(query === undefined ? {} : { queryStringParameters: query }),
    ...(Object.keys(matched.parameters).length === 0 ? {} : { pathParameters: { ...matched.parameters } }),
    requestContext: requestContextOf(request, head, matched, rawPath),
    ...encodeBody(body, head.headers['content-type']),
  };
}

/** Returns the event for the authorizer: the request without its body. */
export function toAuthorizerEvent(
  event: GatewayEvent,
  identitySource: string,
): APIGatewayRequestAuthorizerEventV2 {
  const { accountId, apiId, stage, http } = event.requestContext;
  return {
    version: '2.0',
    type: 'REQUEST',
    routeArn: `arn:aws:execute-api:local:${accountId}:${apiId}/${stage}/${http.method}${http.path}`,
    identitySource: [identitySource],
    routeKey: event.routeKey,
    rawPath: event.rawPath,
    rawQueryString: event.rawQueryString,
    cookies: event.cookies ?? [],
    headers: event.headers,
    queryStringParameters: event.queryStringParameters ?? {},
    requestContext: event.requestContext,
    pathParameters: event.pathParameters ?? {},
    stageVariables: {},
  };
}

function requestContextOf(
  request: IncomingMessage,
  head: RequestHead,
  { routeKey, authorizerContext }: MatchedRequest,
  path: string,
): GatewayEvent['requestContext'] {
  const now = new Date();
  const domainName = (head.headers.host ?? 'localhost').replace(/:\d+$/, '');
  return {
    accountId: '000000000000',
    apiId: 'local',
    domainName,
    domainPrefix: domainName.split('.')[0] ?? domainName,
    http: {
      method: request.method ?? 'GET',
      path,
      protocol: `HTTP/${request.httpVersion}`,
      sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
      userAgent: head.headers['user-agent'] ?? '',
    },
    requestId: head.requestId,
    routeKey,
    stage: '$default',
    time: commonLogTime(now),
    timeEpoch: now.getTime(),
    ...(authorizerContext === undefined ? {} : { authorizer: { lambda: authorizerContext } }),
  };
}

/** Returns the decoded parameters. Repeated parameters are joined by commas. Undefined without a query. */
function queryParameters(rawQueryString: string): Record<string, string> | undefined {
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    const previous = values.get(name);
    values.set(name, previous === undefined ? value : `${previous},${value}`);
  }
  return values.size === 0 ? undefined : Object.fromEntries(values);
}

function* headerPairs(request: IncomingMessage): Generator<[string, string]> {
  const raw = request.rawHeaders;
  for (let i = 0; i + 1 < raw.length; i += 2) yield [(raw[i] ?? '').toLowerCase(), raw[i + 1] ?? ''];
}

function toSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}

/** Formats a date as `12/Mar/2020:19:03:58 +0000`. */
function commonLogTime(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}
