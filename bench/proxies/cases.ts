import { connect } from 'node:net';

/** What a proxy must do with one odd request or response. */
export interface ProxyCase {
  readonly name: string;
  /** What the client sends. */
  readonly request: string;
  /** What the workbench responds, once it has received the head of the request. */
  readonly response: string;
  /** @param received by the client; `open` if the connection was still open at the end. @param forwarded to the workbench */
  passes(received: string, forwarded: string): boolean;
}

const GET = 'GET /case HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
const is = (status: number) => (received: string) => received.startsWith(`HTTP/1.1 ${status} `);

export const CASES: readonly ProxyCase[] = [
  { name: 'status 000', request: `${GET}\r\n`, response: OK.replace('200', '000'), passes: is(502) },
  {
    name: 'NUL in the status text',
    request: `${GET}\r\n`,
    response: OK.replace('OK', 'O\0K'),
    passes: is(200),
  },
  { name: 'request with Trailer', request: `${GET}Trailer: X\r\n\r\n`, response: OK, passes: is(200) },
  {
    name: 'Trailer with Content-Length',
    request: `${GET}\r\n`,
    response: OK.replace('\r\n', '\r\nTrailer: X\r\n'),
    passes: is(200),
  },
  { name: '101 without upgrade', request: `${GET}\r\n`, response: 'HTTP/1.1 101 X\r\n\r\n', passes: is(502) },
  {
    name: 'unknown transfer coding',
    request: `${GET}\r\n`,
    response: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\nhi',
    passes: is(502),
  },
  {
    name: 'Upgrade: h2c',
    request: `${GET.replace('close', 'Upgrade, close')}Upgrade: h2c\r\n\r\n`,
    response: OK,
    passes: (received, forwarded) => is(200)(received) && !/^upgrade:/im.test(forwarded),
  },
  {
    name: 'hop-by-hop headers',
    request: `${GET.replace('close', 'close, X-Hop')}X-Hop: 1\r\nKeep-Alive: 1\r\n\r\n`,
    response: OK.replace('\r\n', '\r\nConnection: X-Back\r\nX-Back: 1\r\n'),
    passes: (received, forwarded) =>
      is(200)(received) && !/^(x-hop|x-back|keep-alive):/im.test(forwarded + received),
  },
  {
    name: 'trailers of a response',
    request: `${GET}TE: trailers\r\n\r\n`,
    response:
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n',
    passes: (received) => is(200)(received) && received.endsWith('X-Sum: 1\r\n\r\n'),
  },
  {
    name: '103 for browsers',
    request: `${GET}Sec-Fetch-Mode: navigate\r\n\r\n`,
    response: `HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n${OK}`,
    passes: (received) => received.includes('103 Early Hints') && received.includes(' 200 OK'),
  },
];

/** Sends bytes and returns what arrives until the connection is closed, at most two seconds. */
export function exchangeBytes(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    const timer = setTimeout(() => socket.destroy(), 2000);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(received);
    });
  });
}
