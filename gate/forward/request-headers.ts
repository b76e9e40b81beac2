import type { IncomingMessage } from 'node:http';

/** Headers for the connection between the client and this server (RFC 9110, 7.6.1). Node.js writes its own. */
const CONNECTION_HEADERS = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'upgrade',
  'http2-settings',
  // Trailers are not forwarded, and Node.js throws when they are announced with a body that is not chunked.
  'trailer',
  // Node.js has sent the `100 Continue` that it asks for.
  'expect',
];

/** Headers that `Connection` must not remove: without them a request would mean something else. */
const END_TO_END_HEADERS = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'cookie',
  'authorization',
]);

/**
 * Headers with which a client could pretend to be a proxy in front of the workbench. Some programs read `_` as `-`.
 * `X-Forwarded-For` is not here: the address of the client is appended to it.
 */
const FORGED_HEADER =
  /^(?:forwarded|x-forwarded-(?!for$).*|x-real-ip|x-original-(?:url|host|uri|method)|x-rewrite-url|x-workbench-.*)$/;

export interface ForwardingHeaders {
  /** The URL of the host that all workbenches share. */
  readonly baseUrl: URL;
  /** The path of the workbench in the public URL: `/project/<id>`. Empty if it has a host of its own. */
  readonly prefix: string;
}

/** Removes headers of this connection and forged ones, and adds those that tell the workbench its public URL. */
export function rewriteRequestHeaders(
  request: IncomingMessage,
  { baseUrl, prefix }: ForwardingHeaders,
  isUpgrade: boolean,
): void {
  const { headers } = request;
  const named = connectionOptions(headers.connection).filter((name) => !END_TO_END_HEADERS.has(name));
  for (const name of [...CONNECTION_HEADERS, ...named]) {
    if (!(isUpgrade && (name === 'connection' || name === 'upgrade'))) delete headers[name];
  }
  if (isUpgrade) headers.connection = 'Upgrade';
  for (const name of Object.keys(headers)) {
    const alias = name.replaceAll('_', '-');
    if (FORGED_HEADER.test(alias) || (alias === 'x-forwarded-for' && alias !== name)) delete headers[name];
  }
  // A proxy in front may send a Host header of its own. Programs compare it with the Origin that the browser sent.
  if (prefix !== '' && headers.origin?.toLowerCase() === baseUrl.origin) headers.host = baseUrl.host;
  const address = request.socket.remoteAddress ?? '127.0.0.1';
  const forwardedFor = headers['x-forwarded-for'];
  headers['x-forwarded-for'] = forwardedFor === undefined ? address : `${String(forwardedFor)}, ${address}`;
  headers['x-forwarded-proto'] = baseUrl.protocol.slice(0, -1);
  if (prefix !== '') headers['x-forwarded-prefix'] = prefix;
  if (headers.host !== undefined) headers['x-forwarded-host'] = headers.host;
}

/** Returns the header names in a `Connection` header, in lower case. */
export function connectionOptions(connection: string | undefined): readonly string[] {
  return (connection ?? '').split(',').flatMap((name) => name.trim().toLowerCase() || []);
}
