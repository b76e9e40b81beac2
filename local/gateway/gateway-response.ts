import type { ServerResponse } from 'node:http';

/** An answer, ready to be written. */
export interface GatewayResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

/** What API Gateway says by itself, in its own form. */
export function gatewayError(status: number, message: string): GatewayResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    cookies: [],
    body: Buffer.from(JSON.stringify({ message })),
  };
}

/** Set by the front itself, whatever a handler says. */
const NOT_FROM_HANDLERS = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding']);

/**
 * What a handler's result means. One with a `statusCode` is a whole response; anything else is the body of
 * a 200 in JSON.
 * @throws TypeError when it is neither
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
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new TypeError('the status is none');
  const headers = new Map([['content-type', 'text/plain;charset=UTF-8']]);
  for (const [name, value] of Object.entries(field(result, 'headers') ?? {})) {
    if (value === undefined || value === null || NOT_FROM_HANDLERS.has(name.toLowerCase())) continue;
    headers.set(name.toLowerCase(), String(value));
  }
  const cookies = field(result, 'cookies') ?? [];
  const body = field(result, 'body') ?? '';
  if (!Array.isArray(cookies) || typeof body !== 'string')
    throw new TypeError('the response has not its form');
  return {
    status,
    headers: Object.fromEntries(headers),
    cookies: cookies.map(String),
    body: Buffer.from(body, field(result, 'isBase64Encoded') === true ? 'base64' : 'utf8'),
  };
}

/**
 * Writes an answer, `extra` headers last.
 * @throws TypeError when a header cannot be written; nothing has been sent then
 */
export function writeResponse(
  response: ServerResponse,
  answer: GatewayResponse,
  extra: Readonly<Record<string, string>>,
): void {
  response.statusCode = answer.status;
  for (const [name, value] of Object.entries({ ...answer.headers, ...extra }))
    response.setHeader(name, value);
  if (answer.cookies.length > 0) response.setHeader('set-cookie', [...answer.cookies]);
  if (answer.status === 204 || answer.status === 304) {
    response.removeHeader('content-type');
    response.end();
    return;
  }
  response.setHeader('content-length', answer.body.length);
  response.end(answer.body);
}

function field(result: object, name: string): unknown {
  return (result as Record<string, unknown>)[name] ?? undefined;
}
