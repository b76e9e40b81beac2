import type { Random } from '../../../bench/placement/random.ts';
import type { BackendEnding } from './hostile-workbench.ts';

export interface RandomResponse {
  readonly bytes: string;
  readonly ending: BackendEnding;
}

/** Draws a response that mostly follows the grammar of HTTP/1.1, and breaks it in up to three places. */
export function drawResponse(random: Random): RandomResponse {
  const pick = <T>(values: readonly T[]): T => random.weighted(values.map((value) => [1, value] as const));
  const count = (max: number) => Math.floor(random.between(0, max + 1));
  const some = (max: number, draw: () => string) => Array.from({ length: count(max) }, draw).join('');

  const statusLine = () =>
    `${pick(VERSIONS)}${pick(SEPARATORS)}${pick(STATUSES)}${pick(SEPARATORS)}${pick(TEXTS)}${pick(LINE_ENDS)}`;
  const interim = () => `HTTP/1.1 ${pick(['100', '102', '103'])} Wait\r\n${some(2, header)}\r\n`;
  const header = () => `${pick(NAMES)}${pick(COLONS)}${pick(VALUES)}${pick(LINE_ENDS)}`;
  const chunk = () => `${pick(CHUNK_SIZES)}${pick(LINE_ENDS)}${pick(BODIES)}${pick(LINE_ENDS)}`;
  const body = () =>
    random.weighted([
      [2, () => pick(BODIES)],
      [1, () => some(4, chunk)],
      [1, () => ''],
    ])();

  const mutations = random.weighted([
    [3, 0],
    [1, 1],
    [1, 2],
    [1, 3],
  ]);
  const intact = `${some(1, interim)}${statusLine()}${some(3, header)}\r\n${body()}`;
  return {
    bytes: Array.from({ length: mutations }).reduce<string>((text) => mutate(text, random, pick), intact),
    // A workbench that stops sending and keeps its connection is slow, not malformed.
    ending: random.weighted([
      [5, 'close' as const],
      [1, 'reset' as const],
    ]),
  };
}

function mutate(text: string, random: Random, pick: <T>(values: readonly T[]) => T): string {
  const at = Math.floor(random.between(0, text.length + 1));
  const length = Math.floor(random.between(1, 20));
  return random.weighted([
    [2, () => text.slice(0, at) + pick(BYTES) + text.slice(at)],
    [2, () => text.slice(0, at) + text.slice(at + length)],
    [1, () => text.slice(0, at) + text.slice(at, at + length).repeat(3) + text.slice(at + length)],
    [1, () => text.slice(0, at)],
  ])();
}

/** The more frequent a value is in a list, the more responses are intact in this place. */
const VERSIONS = [
  ...Array<string>(9).fill('HTTP/1.1'),
  'HTTP/1.0',
  'HTTP/1.2',
  'HTTP/2',
  'http/1.1',
  'ICY',
  '',
];
const SEPARATORS = [...Array<string>(60).fill(' '), '', '  ', '\t', '\0'];
const STATUSES = [
  ...Array<string>(40).fill('200'),
  ...[
    '000',
    '001',
    '099',
    '100',
    '101',
    '103',
    '199',
    '201',
    '204',
    '205',
    '206',
    '301',
    '302',
    '304',
    '400',
  ],
  ...['401', '407', '417', '426', '500', '503', '599', '600', '999', '1000', '20', '-1', '2e2', 'abc', ''],
];
const TEXTS = ['OK', 'OK', '', 'a b', 'fi\x00ne', '\x01', '\x7f', '\xc3\xbc', '\t', 'x'.repeat(300)];
const LINE_ENDS = [...Array<string>(80).fill('\r\n'), '\n', '\r', '', '\r\r\n'];
const COLONS = [...Array<string>(40).fill(': '), ':', ' : ', '', ':\t'];
const NAMES = [
  ...Array<string>(3).fill('Content-Length'),
  ...Array<string>(3).fill('Transfer-Encoding'),
  ...['Trailer', 'TE', 'Connection', 'Keep-Alive', 'Proxy-Connection', 'Upgrade', 'Location', 'Refresh'],
  ...['Set-Cookie', 'Service-Worker-Allowed', 'Date', 'Content-Type', 'Content-Encoding', 'WWW-Authenticate'],
  ...['__proto__', 'constructor', 'X-Any', 'x'.repeat(200), 'a b', '', '\xff', 'a\0b'],
];
const VALUES = [
  ...['0', '2', '5', '-1', '1e3', '0x10', '2, 2', '2, 3', '9'.repeat(25), '+2', ' 2 '],
  ...['chunked', 'chunked', 'Chunked', 'xchunked', 'gzip, chunked', 'chunked, chunked', 'identity'],
  ...['close', 'keep-alive', 'upgrade', 'X-Any, close', 'content-length', 'h2c', 'websocket'],
  ...['X-Sum', 'a=b; Path=/; Domain=.', '/', '//evil.example', 'http://[', 'javascript:x', '\xc3\xbc'],
  ...['', ' ', 'a\0b', 'a\x01b', 'a\rb', 'a\nb', '\x7f', 'x'.repeat(5000)],
];
const CHUNK_SIZES = [
  ...Array<string>(6).fill('2'),
  '0',
  '0',
  '5',
  '-1',
  'zz',
  '2;a=b',
  '2;a="',
  'f'.repeat(20),
  '',
];
const BODIES = ['hi', 'hi', 'hello', '0\r\n\r\n', '', '\0\0', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'];
const BYTES = [
  '\0',
  '\x01',
  '\r',
  '\n',
  '\r\n',
  '\r\n\r\n',
  ' ',
  ':',
  '\x7f',
  '\xff',
  '0',
  'chunked',
  'HTTP/1.1 ',
];
