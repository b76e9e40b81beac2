import { type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Responds to input that is not a complete request: too large headers, a slow client, bytes that are not HTTP. */
export function respondToClientErrors(server: Server): void {
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
    respondOnSocket(socket, statusOf(error.code));
  });
}

/** Writes a response for which Node.js has no response object, and closes the connection. */
export function respondOnSocket(socket: Duplex, status: number): void {
  const body = JSON.stringify({ message: STATUS_CODES[status] });
  closeWith(
    socket,
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

/** Sends the last bytes of a connection. A client that does not close its side must not keep the connection open. */
export function closeWith(socket: Duplex, text: string): void {
  socket.end(text, () => socket.destroy());
}

function statusOf(code: string | undefined): number {
  if (code === 'HPE_HEADER_OVERFLOW') return 431;
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
}
