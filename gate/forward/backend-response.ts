import type { IncomingMessage } from 'node:http';
import { isOwnCookie } from '../session/cookies.ts';
import { connectionOptions, isForged } from './request-headers.ts';

/** What Node.js refuses in a status text. */
const NOT_PRINTABLE = /[^\t\x20-\x7e\x80-\xff]/g;

/** Headers for the connection between this server and the workbench. */
const CONNECTION_HEADERS = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'upgrade',
  'te',
];

/** Headers without which a response would mean something else. */
const END_TO_END_HEADERS = new Set(['content-length', 'transfer-encoding', 'set-cookie', 'location']);

/** The request of the client, as far as it decides how a response is sent. */
export interface ClientSide {
  readonly method: string | undefined;
  /** Whether the client reads chunks: HTTP/1.1. */
  readonly readsChunks: boolean;
}

/**
 * Removes what Node.js cannot write, and the headers of the connection to the workbench. Node.js throws when it writes some
 * responses that it could read.
 * @returns why the response cannot be forwarded, or undefined when it can
 */
export function prepareForForwarding(backend: IncomingMessage, client: ClientSide): string | undefined {
  const status = backend.statusCode ?? 0;
  if (status < 200) return `the status ${status}`;
  const { headers } = backend;
  const coding = headers['transfer-encoding'];
  // Node.js writes chunks only for `chunked`: the client would not find the end.
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return 'an unsupported transfer coding';
  removeConnectionHeaders(backend);
  // Node.js chooses the coding for the client.
  delete headers['transfer-encoding'];
  // A client that reads such a body would take it for the next response (RFC 9110, section 8.6).
  if (status === 204) delete headers['content-length'];
  const isChunked = coding !== undefined && client.readsChunks;
  const mayHaveBody = client.method !== 'HEAD' && status !== 204 && status !== 304;
  // Announced with a response that is not chunked, trailers are an error.
  if (!(isChunked && mayHaveBody)) delete headers.trailer;
  backend.statusMessage = backend.statusMessage?.replace(NOT_PRINTABLE, '') ?? '';
  return undefined;
}

/** Also removes the cookies with names of the gate. */
export function removeConnectionHeaders({ headers }: IncomingMessage): void {
  for (const name of connectionOptions(headers.connection))
    if (!END_TO_END_HEADERS.has(name)) delete headers[name];
  for (const name of CONNECTION_HEADERS) delete headers[name];
  const cookies = headers['set-cookie'];
  if (cookies?.some(isOwnCookie) === true) {
    const others = cookies.filter((cookie) => !isOwnCookie(cookie));
    if (others.length > 0) headers['set-cookie'] = others;
    else delete headers['set-cookie'];
  }
}

/** Fields that mean something else as trailers than as headers, or that decide about the message itself. */
const NOT_A_TRAILER =
  /^(?:connection|keep-alive|te|trailer|transfer-encoding|upgrade|content-.*|host|set-cookie|cookie|authorization|proxy-.*|location|expect|cache-control|max-forwards|age|date|expires|vary|retry-after|www-authenticate|range|if-.*|pragma)$/;

/** Returns the trailers of a message that may be forwarded (RFC 9110, section 6.5.1). */
export function forwardableTrailers(message: IncomingMessage): readonly [string, string][] {
  const raw = message.rawTrailers;
  const trailers: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name, value] = [raw[i] as string, raw[i + 1] as string];
    const lowerCase = name.toLowerCase();
    if (NOT_A_TRAILER.test(lowerCase.replaceAll('_', '-')) || isForged(lowerCase)) continue;
    trailers.push([name, value]);
  }
  return trailers;
}
