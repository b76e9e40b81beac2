/**
 * The endpoint of a program on this computer: `http://127.0.0.1:8080/path`, `http://[::1]:8080`, or for a Unix socket
 * `http+unix://%2Ffolder%2Fsocket/path`. Only this file writes and reads it.
 */
const SOCKET_PROTOCOL = 'http+unix:';

/** Where Node.js connects to. */
export type EndpointTarget = {
  /** The path before that of each request. It begins and ends with a slash. */
  readonly pathname: string;
} & (
  | {
      /** An IP address, without the brackets that it has in a URL. */
      readonly host: string;
      readonly port: number;
    }
  | { readonly socketPath: string }
);

/** Returns the endpoint of a port. @param path begins with a slash, or is empty */
export function toEndpoint(address: '127.0.0.1' | '::1', port: number, path = ''): string {
  const host = address === '::1' ? `[${address}]` : address;
  return `http://${host}:${port}${path.replace(/\/$/, '')}`;
}

/** Returns the path in the URL of a workbench, without a slash at the end. */
export function prefixOf(baseUrl: string): string {
  return new URL(baseUrl).pathname.replace(/\/$/, '');
}

/** Returns the endpoint of a Unix socket. @param path begins with a slash, or is empty */
export function toSocketEndpoint(socketPath: string, path = ''): string {
  return `${SOCKET_PROTOCOL}//${encodeURIComponent(socketPath)}${path.replace(/\/$/, '')}`;
}

/** @throws TypeError when the endpoint is not a URL */
export function parseEndpoint(endpoint: string): EndpointTarget {
  const { protocol, hostname, port, pathname: path } = new URL(endpoint);
  const pathname = path.replace(/\/?$/, '/');
  return protocol === SOCKET_PROTOCOL
    ? { socketPath: decodeURIComponent(hostname), pathname }
    : { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80), pathname };
}

/** Returns the host names with port under which a program may know its address. A socket has none. */
export function hostsOf(target: EndpointTarget): readonly string[] {
  if ('socketPath' in target) return [];
  const { host, port } = target;
  return [host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`, `localhost:${port}`];
}
