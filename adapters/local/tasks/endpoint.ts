/** Where Node.js and httpxy connect to. */
export interface EndpointTarget {
  /** An IP address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** The path before that of each request. It begins and ends with a slash: httpxy adds none. */
  readonly pathname: string;
}

/** Returns the URL of a program on this computer, without a slash at the end. `path` begins with a slash, or is empty. */
export function toEndpoint(address: '127.0.0.1' | '::1', port: number, path = ''): string {
  const host = address === '::1' ? `[${address}]` : address;
  return `http://${host}:${port}${path.replace(/\/$/, '')}`;
}

/** Returns the path in the URL of a workbench, without a slash at the end. */
export function prefixOf(baseUrl: string): string {
  return new URL(baseUrl).pathname.replace(/\/$/, '');
}

/** Reads an endpoint. Node.js and httpxy take an IPv6 address without the brackets that it has in a URL. */
export function parseEndpoint(endpoint: string): EndpointTarget {
  const { hostname, port, pathname } = new URL(endpoint);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 80),
    pathname: pathname.replace(/\/?$/, '/'),
  };
}
