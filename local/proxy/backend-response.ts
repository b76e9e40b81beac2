import type { IncomingMessage } from 'node:http';

/** What Node.js refuses in a status text. */
const NOT_PRINTABLE = /[^\t\x20-\x7e\x80-\xff]/g;

/**
 * Prepares the response of a workbench for forwarding. Node.js throws when it writes some responses that it could read,
 * in an event that no caller can catch.
 * @returns why the response cannot be forwarded, or undefined when it can
 */
export function prepareForForwarding(backend: IncomingMessage): string | undefined {
  const status = backend.statusCode ?? 0;
  if (status < 200) return `the status ${status}`;
  // Node.js forwards the header unchanged, but writes chunks only for `chunked`: the client would not find the end.
  const coding = backend.headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return 'an unsupported transfer coding';
  // Trailers themselves are not forwarded. Announced with a response that is not chunked, they are an error.
  delete backend.headers.trailer;
  backend.statusMessage = backend.statusMessage?.replace(NOT_PRINTABLE, '') ?? '';
  return undefined;
}
