import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { trustedAddresses } from '../client-address.ts';
import { withoutOwnCookies } from '../session/cookies.ts';

/** Headers for the connection between the client and this server (RFC 9110, 7.6.1). Node.js writes its own. */
const CONNECTION_HEADERS = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
  'http2-settings',
]);

/** Headers that `Connection` must not remove: without them a request would mean something else. */
const END_TO_END_HEADERS = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'cookie',
  'authorization',
  'expect',
]);

/** Headers with which a client could pretend to be a proxy in front of the workbench. Some programs read `_` as `-`, or all characters but letters and digits. */
const FORGED_HEADER =
  /^(?:forwarded|x-forwarded-.*|x-real-ip|x-original-(?:url|host|uri|method)|x-rewrite-url|x-workbench-.*|x-wb-.*)$/;

export interface ForwardingHeaders {
  /** The URL of the host that all workbenches share. */
  readonly baseUrl: URL;
  /** The path of the workbench in the public URL: `/project/<id>`. Empty if it has a host of its own. */
  readonly prefix: string;
  /** Who sent the request. Absent if visitors are not authenticated. */
  readonly userId?: string;
  /** Proxies in front of this server. Each appends the address of its client to `X-Forwarded-For`. */
  readonly trustedHops: number;
  /** Whether `Authorization` is for this server, and not for the workbench. */
  readonly removesAuthorization: boolean;
}

/** Whether the request has a body, or may have one. */
export function hasBody({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

/**
 * Returns the headers of a request for the workbench: without those of this connection, those of this server and forged
 * ones, and with those that tell the workbench its public URL.
 */
export function buildRequestHeaders(
  request: Pick<IncomingMessage, 'headers' | 'socket'>,
  options: ForwardingHeaders,
): OutgoingHttpHeaders {
  const { headers } = request;
  const named = connectionOptions(headers.connection);
  const forwarded: OutgoingHttpHeaders = {};
  for (const name in headers) {
    if (CONNECTION_HEADERS.has(name) || isForged(name)) continue;
    if (named.includes(name) && !END_TO_END_HEADERS.has(name)) continue;
    forwarded[name] = headers[name];
  }
  announceTrailers(headers, forwarded);
  if (options.removesAuthorization) delete forwarded.authorization;
  if (headers.cookie !== undefined) {
    const cookies = withoutOwnCookies(headers.cookie);
    if (cookies === '') delete forwarded.cookie;
    else forwarded.cookie = cookies;
  }
  addPublicUrl(request, forwarded, options);
  return forwarded;
}

/** Returns the header names in a `Connection` header, in lower case. */
export function connectionOptions(connection: string | undefined): readonly string[] {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return [];
  return connection.split(',').flatMap((name) => name.trim().toLowerCase() || []);
}

/**
 * Whether a client could use a header or a trailer to pretend to be a proxy.
 * @param name in lower case
 */
export function isForged(name: string): boolean {
  // Most headers begin with another letter.
  const maybe = name.startsWith('x') || name.startsWith('f');
  return maybe && FORGED_HEADER.test(name.replaceAll(/[^a-z0-9]/g, '-'));
}

/** Node.js throws when trailers are announced with a body that is not chunked. */
function announceTrailers(headers: IncomingHttpHeaders, forwarded: OutgoingHttpHeaders): void {
  if (headers.trailer !== undefined && headers['transfer-encoding'] !== undefined) {
    forwarded.trailer = headers.trailer;
  }
}

function addPublicUrl(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  forwarded: OutgoingHttpHeaders,
  { baseUrl, prefix, userId, trustedHops }: ForwardingHeaders,
): void {
  const scheme = baseUrl.protocol.slice(0, -1);
  // A proxy in front may send a Host header of its own. Programs compare it with the Origin that the browser sent.
  if (prefix !== '' && headers.origin?.toLowerCase() === baseUrl.origin) forwarded.host = baseUrl.host;
  const hops = trustedAddresses(headers['x-forwarded-for'], trustedHops);
  const addresses = [...hops, socket.remoteAddress ?? '127.0.0.1'];
  forwarded['x-forwarded-for'] = addresses.join(', ');
  forwarded['x-real-ip'] = addresses[0];
  forwarded['x-forwarded-proto'] = scheme;
  if (prefix !== '') forwarded['x-forwarded-prefix'] = prefix;
  const { host } = forwarded;
  if (typeof host === 'string') {
    forwarded['x-forwarded-host'] = host;
    forwarded['x-forwarded-port'] = /:(\d+)$/.exec(host)?.[1] ?? (scheme === 'https' ? '443' : '80');
  }
  if (userId !== undefined) forwarded['x-workbench-user'] = encodeUser(userId);
}

/** Returns the address of the client, which the first trusted proxy has appended. */
export function clientAddressOf(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  trustedHops: number,
): string {
  const [first] = trustedAddresses(headers['x-forwarded-for'], trustedHops);
  return first ?? socket.remoteAddress ?? '127.0.0.1';
}

/** Percent-encodes what a header cannot contain. Ids of printable ASCII without `%` and spaces stay as they are. */
export function encodeUser(userId: string): string {
  return userId.toWellFormed().replace(/[^\x21-\x24\x26-\x7e]+/g, encodeURIComponent);
}
