import { connect } from 'node:net';

/** How an exchange ended: the server closed the connection, or it was still open after EXCHANGE_TIMEOUT_MS. */
export type Ending = 'closed' | 'timeout';

export interface Exchange {
  /** Absent: the server sent nothing, or no status line. */
  readonly status?: number;
  /** Status line and headers, as sent. */
  readonly head: string;
  readonly body: string;
  readonly ending: Ending;
}

/** A busy computer is slow. All responses of a working server end within milliseconds. */
const EXCHANGE_TIMEOUT_MS = 20_000;

/** Sends bytes on a new connection and reads until the server closes it. */
export function exchange(
  port: number,
  bytes: string | Buffer,
  timeoutMs: number = EXCHANGE_TIMEOUT_MS,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let ending: Ending = 'closed';
    const timer = setTimeout(() => {
      ending = 'timeout';
      socket.destroy();
    }, timeoutMs);
    socket.on('data', (chunk) => chunks.push(chunk));
    // A connection that the server resets is closed, too.
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve({ ...parseResponse(Buffer.concat(chunks).toString('latin1')), ending });
    });
  });
}

function parseResponse(text: string): Omit<Exchange, 'ending'> {
  const end = text.indexOf('\r\n\r\n');
  const head = end === -1 ? text : text.slice(0, end);
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1];
  return {
    ...(status === undefined ? {} : { status: Number(status) }),
    head,
    body: end === -1 ? '' : text.slice(end + 4),
  };
}
