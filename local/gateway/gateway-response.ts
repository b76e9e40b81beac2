import type { ServerResponse } from 'node:http';

/** A response that is ready to be written. */
export interface GatewayResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

/** Returns an error response in the format of API Gateway. */
export function gatewayError(status: number, message: string): GatewayResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    cookies: [],
    body: Buffer.from(JSON.stringify({ message })),
  };
}

/** Headers that the gateway sets itself. Values of handlers are ignored. */
const NOT_FROM_HANDLERS = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding']);

/**
 * Converts the result of a handler. An object with `statusCode` is a complete response. Any other value is the JSON
 * body of a 200.
 * @throws TypeError when the response is invalid
 */
export function toResponse(result: unknown): GatewayResponse {
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    const text = typeof result === 'string' ? result : JSON.stringify(result ?? null);
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      cookies: [],
      body: Buffer.from(text),
    };
  }
  const status = Number(result.statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new TypeError('the status code is invalid');
  const headers = new Map([['content-type', 'text/plain;charset=UTF-8']]);
  for (const [name, value] of Object.entries(field(result, 'headers') ?? {})) {
    if (value === undefined || value === null || NOT_FROM_HANDLERS.has(name.toLowerCase())) continue;
    headers.set(name.toLowerCase(), String(value));
  }
  const cookies = field(result, 'cookies') ?? [];
  const body = field(result, 'body') ?? '';
  if (!Array.isArray(cookies) || typeof body !== 'string') throw new TypeError('the response is invalid');
  return {
    status,
    headers: Object.fromEntries(headers),
    cookies: cookies.map(String),
    body: Buffer.from(body, field(result, 'isBase64Encoded') === true ? 'base64' : 'utf8'),
  };
}

/**
 * Writes a response. `extra` headers override those of the response.
 * @throws TypeError when a header is invalid; nothing has been sent then
 */
export function writeResponse(
  response: ServerResponse,
  result: GatewayResponse,
  extra: Readonly<Record<string, string>>,
): void {
  response.statusCode = result.status;
  for (const [name, value] of Object.entries({ ...result.headers, ...extra }))
    response.setHeader(name, value);
  if (result.cookies.length > 0) response.setHeader('set-cookie', [...result.cookies]);
  if (result.status === 204 || result.status === 304) {
    response.removeHeader('content-type');
    response.end();
    return;
  }
  response.setHeader('content-length', result.body.length);
  response.end(result.body);
}

function field(result: object, name: string): unknown {
  return (result as Record<string, unknown>)[name] ?? undefined;
}
