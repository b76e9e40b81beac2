import { ROUTES, type Route } from '#contract/routes.ts';
import type { AuthorizerResponse } from '#functions/authorizer/authorizer.ts';
import type { ApiResponse, GatewayEvent } from '#functions/middleware/gateway.ts';
import { functionsStartedBy, invoke } from './functions.ts';

export interface ApiRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface TestResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests read responses of every shape
  readonly body: any;
}

const ORIGIN = 'https://api.example.com';

/**
 * Processes a request like the HTTP API of API Gateway: it matches a route, invokes the authorizer and then the function,
 * each with an event of version 2.0.
 * @param target the path with its query
 */
export async function request(
  method: Route['method'],
  target: string,
  token: string,
  { headers = {}, body }: ApiRequest = {},
): Promise<TestResponse> {
  const url = new URL(target, ORIGIN);
  const { route, parameters } = matchRoute(method, url.pathname);
  const event: GatewayEvent = {
    version: '2.0',
    routeKey: `${method} ${route.path}`,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers: {
      accept: '*/*',
      authorization: `Bearer ${token}`,
      host: url.host,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(url.search === '' ? {} : { queryStringParameters: Object.fromEntries(url.searchParams) }),
    ...(Object.keys(parameters).length === 0 ? {} : { pathParameters: parameters }),
    requestContext: requestContext(method, route, url),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    isBase64Encoded: false,
  };
  if (route.access !== 'public') {
    const decision = await authorize(event);
    if (!decision.isAuthorized) return { status: 403, headers: {}, body: { message: 'Forbidden' } };
    Object.assign(event.requestContext, { authorizer: { lambda: decision.context } });
  }
  const [name = ''] = functionsStartedBy('route', ({ operationId }) => operationId === route.operationId);
  const response = (await invoke(name, event)) as ApiResponse;
  return { status: response.statusCode, headers: response.headers, body: JSON.parse(response.body) };
}

async function authorize({ body: _body, ...event }: GatewayEvent): Promise<AuthorizerResponse> {
  return (await invoke('authorizer', {
    ...event,
    type: 'REQUEST',
    routeArn: 'arn:aws:execute-api:eu-central-1:123456789012:api/$default',
    identitySource: [event.headers.authorization],
  })) as AuthorizerResponse;
}

function matchRoute(method: string, path: string) {
  for (const route of ROUTES) {
    const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    const values = new RegExp(`^${route.path.replace(/\{\w+\}/g, '([^/]+)')}$`).exec(path);
    if (route.method !== method || values === null) continue;
    const parameters = Object.fromEntries(names.map((name, index) => [name, values[index + 1]]));
    return { route: route as Route, parameters };
  }
  throw new Error(`no route matches ${method} ${path}`);
}

function requestContext(method: string, route: Route, url: URL): GatewayEvent['requestContext'] {
  return {
    accountId: '123456789012',
    apiId: 'api',
    domainName: url.host,
    domainPrefix: 'api',
    http: { method, path: url.pathname, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
    requestId: 'JKJaXmPLvHcESHA=',
    routeKey: `${method} ${route.path}`,
    stage: '$default',
    time: '01/Jan/2030:00:00:00 +0000',
    timeEpoch: Date.now(),
  };
}
