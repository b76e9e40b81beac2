import type { BackendEnding } from './hostile-workbench.ts';

/** A response of a workbench that is not what HTTP says, or that some proxies cannot forward. */
export interface MalformedResponse {
  readonly bytes: string;
  /** @default `close` */
  readonly ending?: BackendEnding;
  /** Headers and version of the client's request. */
  readonly headers?: readonly string[];
  readonly version?: '1.0';
  /** What the client must receive. 502 is the page of the proxy itself. `cut`: the connection closes before the response is complete. */
  readonly expected: number | 'cut';
}

const OK = 'HTTP/1.1 200 OK\r\n';
const HI = 'Content-Length: 2\r\n\r\nhi';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

const statusLine = (line: string) => `${line}\r\n${HI}`;
const header = (line: string) => `${OK}${line}\r\n${HI}`;

/** The kinds of responses, by name. */
export const MALFORMED: Readonly<Record<string, MalformedResponse>> = {
  nothing: { bytes: '', expected: 502 },
  'nothing, then a reset': { bytes: '', ending: 'reset', expected: 502 },
  'an empty line': { bytes: '\r\n', expected: 502 },
  'bytes that are not HTTP': { bytes: '\x00\x01\x02\xff\xfe', expected: 502 },
  'a TLS alert': { bytes: '\x15\x03\x01\x00\x02\x02\x46', expected: 502 },
  'an HTTP/2 preface': { bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', expected: 502 },
  'an HTTP/0.9 page': { bytes: '<html>hi</html>', expected: 502 },
  'a request': { bytes: 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', expected: 502 },
  'half of a status line': { bytes: 'HTTP/1.1 20', expected: 502 },
  'half of the headers': { bytes: `${OK}Content-Le`, expected: 502 },
  'half of the headers, then a reset': { bytes: `${OK}Content-Le`, ending: 'reset', expected: 502 },
  'the status 000': { bytes: statusLine('HTTP/1.1 000 Zero'), expected: 502 },
  'the status 001': { bytes: statusLine('HTTP/1.1 001 One'), expected: 502 },
  'the status 099': { bytes: statusLine('HTTP/1.1 099 Low'), expected: 502 },
  'the status 600': { bytes: statusLine('HTTP/1.1 600 High'), expected: 600 },
  'the status 999': { bytes: statusLine('HTTP/1.1 999 High'), expected: 999 },
  'the status 1000': { bytes: statusLine('HTTP/1.1 1000 Long'), expected: 502 },
  'the status 20': { bytes: statusLine('HTTP/1.1 20 Short'), expected: 502 },
  'the status -1': { bytes: statusLine('HTTP/1.1 -1 Negative'), expected: 502 },
  'a status of letters': { bytes: statusLine('HTTP/1.1 abc OK'), expected: 502 },
  'no status': { bytes: statusLine('HTTP/1.1'), expected: 502 },
  'no status text': { bytes: statusLine('HTTP/1.1 200'), expected: 200 },
  'a status text of 20,000 characters': {
    bytes: statusLine(`HTTP/1.1 200 ${'x'.repeat(20_000)}`),
    expected: 502,
  },
  'NUL in the status text': { bytes: statusLine('HTTP/1.1 200 fi\x00ne'), expected: 200 },
  '0x01 in the status text': { bytes: statusLine('HTTP/1.1 200 fi\x01ne'), expected: 200 },
  'DEL in the status text': { bytes: statusLine('HTTP/1.1 200 fi\x7fne'), expected: 200 },
  'more headers than are read': { bytes: header(`a: ${'b'.repeat(20_000)}`), expected: 502 },
  'UTF-8 in the status text': { bytes: statusLine('HTTP/1.1 200 gr\xc3\xbc\xc3\x9fe'), expected: 200 },
  'the version 1.0': { bytes: statusLine('HTTP/1.0 200 OK'), expected: 200 },
  'the version 0.9': { bytes: statusLine('HTTP/0.9 200 OK'), expected: 200 },
  'the version 2.0': { bytes: statusLine('HTTP/2.0 200 OK'), expected: 200 },
  'a version of letters': { bytes: statusLine('HTTP/x.y 200 OK'), expected: 502 },
  'the protocol of streams': { bytes: statusLine('ICY 200 OK'), expected: 502 },
  'lines that end with LF alone': {
    bytes: 'HTTP/1.1 200 OK\nContent-Length: 2\n\nhi',
    expected: 502,
  },
  'a 100 and no more': { bytes: 'HTTP/1.1 100 Continue\r\n\r\n', expected: 502 },
  'a hundred 100s, then a 200': {
    bytes: `${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(100)}${OK}${HI}`,
    expected: 200,
  },
  'a 102 and a 103, then a 200': {
    bytes: `HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${OK}${HI}`,
    expected: 200,
  },
  'a 101 without an upgrade': {
    bytes: 'HTTP/1.1 101 Switching Protocols\r\nContent-Length: 0\r\n\r\n',
    ending: 'keep',
    expected: 502,
  },
  'a 101 with an upgrade': {
    bytes: 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x00',
    ending: 'keep',
    expected: 502,
  },
  'a header without a colon': { bytes: header('no colon'), expected: 502 },
  'a header without a name': { bytes: header(': value'), expected: 502 },
  'a header with a space in its name': { bytes: header('a b: c'), expected: 502 },
  'a header with a space before the colon': { bytes: header('a : c'), expected: 502 },
  'a header with NUL': { bytes: header('a: b\x00c'), expected: 502 },
  'a header with 0x01': { bytes: header('a: b\x01c'), expected: 502 },
  'a header with CR alone': { bytes: header('a: b\rc: d'), expected: 502 },
  'a folded header': { bytes: header('a: b\r\n c'), expected: 502 },
  'a header named __proto__': { bytes: header('__proto__: x'), expected: 200 },
  'a header named constructor': { bytes: header('constructor: x'), expected: 200 },
  'four thousand headers': { bytes: header('a: b\r\n'.repeat(4000).trimEnd()), expected: 200 },
  'Content-Length of letters': { bytes: `${OK}Content-Length: x\r\n\r\nhi`, expected: 502 },
  'a negative Content-Length': { bytes: `${OK}Content-Length: -1\r\n\r\nhi`, expected: 502 },
  'a huge Content-Length': { bytes: `${OK}Content-Length: ${'9'.repeat(30)}\r\n\r\nhi`, expected: 502 },
  'two different Content-Lengths': {
    bytes: `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi`,
    expected: 502,
  },
  'a Content-Length and chunks': {
    bytes: `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
    expected: 502,
  },
  'a shorter body than announced': { bytes: `${OK}Content-Length: 9\r\n\r\nhi`, expected: 'cut' },
  'a longer body than announced': { bytes: `${OK}Content-Length: 1\r\n\r\nhi`, expected: 200 },
  'a body with a 204': { bytes: 'HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nhi', expected: 204 },
  'a body with a 304': { bytes: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nhi', expected: 304 },
  'an unknown transfer coding': { bytes: `${OK}Transfer-Encoding: xchunked\r\n\r\nhi`, expected: 502 },
  'a compressed transfer': {
    bytes: `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    expected: 502,
  },
  'a chunk whose size is not a number': { bytes: `${CHUNKED}zz\r\nhi\r\n0\r\n\r\n`, expected: 'cut' },
  'a chunk of a huge size': { bytes: `${CHUNKED}${'f'.repeat(20)}\r\nhi\r\n0\r\n\r\n`, expected: 'cut' },
  'a chunk that is longer than its size': { bytes: `${CHUNKED}1\r\nhi\r\n0\r\n\r\n`, expected: 'cut' },
  'chunks without an end': { bytes: `${CHUNKED}2\r\nhi\r\n`, expected: 'cut' },
  'chunks without an end, then a reset': {
    bytes: `${CHUNKED}2\r\nhi\r\n`,
    ending: 'reset',
    expected: 'cut',
  },
  'Trailer with Content-Length': { bytes: header('Trailer: X-Sum'), expected: 200 },
  'Trailer with a 204': { bytes: 'HTTP/1.1 204 No Content\r\nTrailer: X-Sum\r\n\r\n', expected: 204 },
  'Trailer with a 304': { bytes: 'HTTP/1.1 304 Not Modified\r\nTrailer: X-Sum\r\n\r\n', expected: 304 },
  'trailers for a client of HTTP/1.0': {
    bytes: `${OK}Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n`,
    version: '1.0',
    expected: 200,
  },
  'Connection: keep-alive to a client that closes': {
    bytes: `${OK}Connection: keep-alive\r\n${HI}`,
    ending: 'keep',
    expected: 200,
  },
  'Connection: upgrade with a 200': {
    bytes: `${OK}Connection: upgrade\r\nUpgrade: h2c\r\n${HI}`,
    ending: 'keep',
    expected: 200,
  },
  'a second response': { bytes: `${OK}${HI}${OK}${HI}`, expected: 200 },
  'a Location that is no URL': {
    bytes: `HTTP/1.1 302 Found\r\nLocation: http://[\r\n${HI}`,
    expected: 302,
  },
  'a Location outside of ASCII': {
    bytes: `HTTP/1.1 302 Found\r\nLocation: /gr\xc3\xbc\xc3\x9fe\r\n${HI}`,
    expected: 302,
  },
  'a Set-Cookie with a foreign path and domain': {
    bytes: header('Set-Cookie: a=b; Path=/; Domain=localhost\r\nSet-Cookie: =; ;;'),
    expected: 200,
  },
};
