import { connect } from 'node:net';

export interface RawResponse {
  readonly status: number;
  /** Status line and headers, as sent. */
  readonly head: string;
  readonly body: string;
}

/** Sends bytes unchanged and reads until the server closes the connection. For requests that fetch cannot send. */
export function sendRaw(port: number, bytes: string | Buffer): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => {
      const text = Buffer.concat(chunks).toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      const head = end === -1 ? text : text.slice(0, end);
      resolve({ status: Number(head.split(' ')[1]), head, body: end === -1 ? '' : text.slice(end + 4) });
    });
  });
}

/** Returns a request with these header lines and `Connection: close`. */
export function rawRequest(requestLine: string, headers: readonly string[], body = ''): string {
  return [`${requestLine} HTTP/1.1`, ...headers, 'Connection: close', '', body].join('\r\n');
}
