import type { IncomingMessage, ServerResponse } from 'node:http';
import { connectionOptions } from './request-headers.ts';

/** What Node.js refuses in a status text. */
const NOT_PRINTABLE = /[^\t\x20-\x7e\x80-\xff]/g;

/** Headers for the connection between this server and the workbench. */
const CONNECTION_HEADERS = ['connection', 'keep-alive', 'proxy-connection', 'upgrade', 'te'];

/** Headers without which a response would mean something else. */
const END_TO_END_HEADERS = new Set(['content-length', 'transfer-encoding', 'set-cookie', 'location']);

/**
 * Prepares the response of a workbench for forwarding. Node.js throws when it writes some responses that it could read,
 * in an event that no caller can catch.
 * @returns why the response cannot be forwarded, or undefined when it can
 */
export function prepareForForwarding(
  backend: IncomingMessage,
  toClient: Pick<ServerResponse, 'shouldKeepAlive'>,
): string | undefined {
  const status = backend.statusCode ?? 0;
  if (status < 200) return `the status ${status}`;
  const { headers } = backend;
  // Node.js forwards the header unchanged, but writes chunks only for `chunked`: the client would not find the end.
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return 'an unsupported transfer coding';
  const named = connectionOptions(headers.connection).filter((name) => !END_TO_END_HEADERS.has(name));
  for (const name of [...CONNECTION_HEADERS, ...named]) delete headers[name];
  // httpxy would repeat the header of the request, and Node.js would keep a connection that the client wants to close.
  headers.connection = toClient.shouldKeepAlive ? 'keep-alive' : 'close';
  // A client that reads such a body would take it for the next response (RFC 9110, section 8.6).
  if (status === 204) for (const name of ['content-length', 'transfer-encoding']) delete headers[name];
  // Trailers themselves are not forwarded. Announced with a response that is not chunked, they are an error.
  delete headers.trailer;
  backend.statusMessage = backend.statusMessage?.replace(NOT_PRINTABLE, '') ?? '';
  return undefined;
}
