import { type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** The errors of Node.js that are not a plain 400. */
const CLIENT_ERRORS: Readonly<Record<string, { readonly status: number; readonly hint?: string }>> = {
  HPE_HEADER_OVERFLOW: { status: 431, hint: 'cookies of this host may be too large' },
  HPE_INVALID_URL: {
    status: 400,
    hint: 'the URL has characters that must be percent-encoded, such as ä as %C3%A4',
  },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408 },
};

export interface TooLargePage {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Responds to input that is not a complete request: too large headers, a slow client, bytes that are not HTTP.
 * @param tooLargePage the response to too large headers, if browsers use the server
 */
export function respondToClientErrors(server: Server, tooLargePage?: TooLargePage): void {
  const responding = new WeakSet<Duplex>();
  server.on('request', ({ socket }, response) => {
    responding.add(socket);
    response.once('close', () => responding.delete(socket));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // No second response can begin before the first one has ended.
    if (error.code === 'ECONNRESET' || !socket.writable || responding.has(socket)) {
      socket.destroy();
      return;
    }
    const { status, hint } = CLIENT_ERRORS[error.code ?? ''] ?? { status: 400 };
    if (status === 431 && tooLargePage !== undefined)
      respondWith(socket, status, 'text/html; charset=utf-8', tooLargePage.html, tooLargePage.headers);
    else respondOnSocket(socket, status, hint);
  });
}

/** Writes a response for which Node.js has no response object, and closes the connection. */
export function respondOnSocket(socket: Duplex, status: number, hint?: string): void {
  const message = `${STATUS_CODES[status]}${hint === undefined ? '' : `: ${hint}`}`;
  respondWith(socket, status, 'application/json', JSON.stringify({ message }));
}

function respondWith(
  socket: Duplex,
  status: number,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const lines = Object.entries({
    ...headers,
    'content-type': type,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  closeWith(socket, `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
}

/** Sends the last bytes of a connection. A client that does not close its side must not keep the connection open. */
export function closeWith(socket: Duplex, text: string): void {
  socket.end(text, () => socket.destroy());
}
