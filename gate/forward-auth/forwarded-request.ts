import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { EndpointTarget } from '#adapters/local/tasks/endpoint.ts';
import type { LocatableRequest } from '#gate/request-locator.ts';

/** Of the request that a browser sent to the proxy, the headers that the proxy repeats. */
const REPEATED_HEADERS = [
  'cookie',
  'accept',
  'origin',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
] as const;

/**
 * Returns the head of the request about which a proxy asks. The proxy writes `X-Forwarded-Method`, `-Host` and `-Uri`; a
 * client cannot, because the server that calls this is reached by the proxy alone. Undefined if one of them is missing.
 *
 * A proxy may not repeat `Upgrade`, which is for its own connection. `Sec-WebSocket-Key` is part of every request for a
 * WebSocket, and no page can send it with another one.
 */
export function readForwardedRequest({
  headers,
  headersDistinct,
}: Pick<IncomingMessage, 'headers' | 'headersDistinct'>): LocatableRequest | undefined {
  const single = (name: string): string | undefined => {
    const values = headersDistinct[name] ?? [];
    return values.length === 1 ? values[0] : undefined;
  };
  const method = single('x-forwarded-method');
  const host = single('x-forwarded-host');
  const url = single('x-forwarded-uri');
  if (method === undefined || host === undefined || url === undefined) return undefined;
  const repeated: IncomingHttpHeaders = { host };
  for (const name of REPEATED_HEADERS) {
    const value = headers[name];
    // A proxy that has no value may repeat an empty one.
    if (value !== undefined && value !== '') repeated[name] = value;
  }
  if (headers['sec-websocket-key']) repeated.upgrade = 'websocket';
  const origins = (headersDistinct.origin ?? []).filter((value) => value !== '');
  return {
    method,
    url,
    headers: repeated,
    headersDistinct: { host: [host], ...(origins.length > 0 ? { origin: origins } : {}) },
  };
}

/**
 * Returns the address of an endpoint as another proxy needs it: `10.0.0.7:8080`, `[::1]:8080`. Undefined for an endpoint
 * that only the gate itself can forward to: a Unix socket, or one with a path before that of the request.
 */
export function upstreamOf(endpoint: EndpointTarget): string | undefined {
  if ('socketPath' in endpoint || endpoint.pathname !== '/') return undefined;
  const { host, port } = endpoint;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
