import type { EndpointTarget } from '#adapters/local/tasks/endpoint.ts';

/**
 * Returns the address of an endpoint as another proxy needs it: `10.0.0.7:8080`, `[::1]:8080`. Undefined for an endpoint
 * that only the gate itself can forward to: a Unix socket, or one with a path before that of the request.
 */
export function upstreamOf(endpoint: EndpointTarget): string | undefined {
  if ('socketPath' in endpoint || endpoint.pathname !== '/') return undefined;
  const { host, port } = endpoint;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
