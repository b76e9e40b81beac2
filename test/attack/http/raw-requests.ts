/** A request as bytes, and the statuses of all responses to them: `200`, `100 201`, `200 404`, `none`. */
export interface RawRequestCase {
  readonly name: string;
  readonly bytes: string;
  readonly statuses: string;
}

const CLOSE = 'Connection: close\r\n\r\n';
const HOST = 'Host: localhost\r\n';

function cases(
  group: string,
  entries: Readonly<Record<string, string>>,
  bytes: (variant: string) => string,
): readonly RawRequestCase[] {
  return Object.entries(entries).map(([variant, statuses]) => ({
    name: `${group} ${JSON.stringify(variant.length > 80 ? `${variant.slice(0, 80)}… (${variant.length})` : variant)}`,
    bytes: bytes(variant),
    statuses,
  }));
}

/**
 * Requests whose target is valid and has no body, with something wrong around it. `none`: the body breaks while the
 * request is handled, and no second response can be sent.
 * @param unknownCoding the status for a transfer coding that does not exist
 */
function framing(target: string, ok: string, unknownCoding: string): readonly RawRequestCase[] {
  const get = (headers: string) => `GET ${target} HTTP/1.1\r\n${headers}${CLOSE}`;
  return [
    ...cases(
      'the request line',
      {
        [`GET ${target}`]: ok,
        [`GET  ${target} HTTP/1.1`]: ok,
        [`GET ${target}  HTTP/1.1`]: ok,
        [` GET ${target} HTTP/1.1`]: '400',
        [`GET\t${target}\tHTTP/1.1`]: '400',
        [`GET ${target} HTTP/1.1 x`]: '400',
        [`GET ${target} HTTP/1.2`]: '400',
        [`GET ${target} HTTP/2.0`]: ok,
        [`GET ${target} HTTP/0.9`]: ok,
        [`GET ${target} http/1.1`]: '400',
        [`GET ${target} FTP/1.1`]: '400',
        [`GET ${target}\0 HTTP/1.1`]: '400',
        [`GET http://localhost${target} HTTP/1.1`]: '400',
        [`GET http://evil.example${target} HTTP/1.1`]: '400',
        [`GET file://${target} HTTP/1.1`]: '400',
        'GET * HTTP/1.1': '400',
        'GET localhost HTTP/1.1': '400',
        'GET ?x HTTP/1.1': '400',
        '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03': '400',
        'SSH-2.0-OpenSSH_9.2': '400',
        'PRI * HTTP/2.0': '400',
        [`FOO ${target} HTTP/1.1`]: '400',
        [`get ${target} HTTP/1.1`]: '400',
        'CONNECT localhost:80 HTTP/1.1': 'none',
        'OPTIONS * HTTP/1.1': '400',
      },
      (line) => `${line}\r\n${HOST}${CLOSE}`,
    ),
    ...cases(
      'the Host',
      {
        localhost: ok,
        'localhost:1': ok,
        'LOCALHOST:80': ok,
        '127.0.0.1': ok,
        '[::1]:8999': ok,
        '': '403',
        'evil.example': '403',
        'localhost.evil.example': '403',
        'localhost@evil.example': '403',
        'localhost:80@evil.example': '403',
        'localhost:x': '403',
        'localhost:123456': '403',
        'localhost/': '403',
        'localhost#': '403',
        'localhost, evil.example': '403',
        '127.1': '403',
        '0x7f000001': '403',
        '2130706433': '403',
        '[::ffff:127.0.0.1]': '403',
        'loc\xe4lhost': '403',
        'localhost.': '403',
      },
      (host) => get(`Host: ${host}\r\n`),
    ),
    ...cases(
      'headers',
      {
        '': '400',
        'Host: localhost\r\nHost: localhost\r\n': '403',
        'Host: localhost\r\nHost: evil.example\r\n': '403',
        'Host : localhost\r\n': '400',
        ' Host: localhost\r\n': '400',
        'Host: localhost\r\n folded\r\n': '400',
        'Host: localhost\r\nno colon\r\n': '400',
        'Host: localhost\r\n: empty\r\n': '400',
        'Host: localhost\r\na b: c\r\n': '400',
        'Host: localhost\r\na: b\0c\r\n': '400',
        'Host: localhost\r\na: b\x01c\r\n': '400',
        'Host: localhost\r\na: b\rc: d\r\n': '400',
        'Host: localhost\na: b\r\n': '400',
        'Host: localhost\r\n__proto__: x\r\n': ok,
        'Host: localhost\r\nconstructor: x\r\n': ok,
        'Host: localhost\r\na: \xff\xfe\r\n': ok,
        'Host: localhost\r\nContent-Length: x\r\n': '400',
        'Host: localhost\r\nContent-Length: -1\r\n': '400',
        'Host: localhost\r\nContent-Length: 0x1\r\n': '400',
        'Host: localhost\r\nContent-Length: 1, 1\r\n': '400',
        'Host: localhost\r\nContent-Length: 0\r\nContent-Length: 1\r\n': '400',
        'Host: localhost\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n': '400',
        'Host: localhost\r\nTransfer-Encoding: xchunked\r\n': unknownCoding,
        'Host: localhost\r\nTransfer-Encoding: chunked, identity\r\n': '400',
        'Host: localhost\r\nTransfer-Encoding : chunked\r\n': '400',
        'Host: localhost\r\nTransfer-Encoding:\x0bchunked\r\n': '400',
        'Host: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n': ok,
        'Host: localhost\r\nTrailer: X\r\nTE: trailers\r\n': ok,
        'Host: localhost\r\nExpect: x\r\n': '417',
        'Host: localhost\r\nConnection: host\r\n': ok,
        [`Host: localhost\r\na: ${'b'.repeat(70_000)}\r\n`]: '431',
        // The workbench of the test has the limit of Node.js.
        [`Host: localhost\r\n${'a: b\r\n'.repeat(4000)}`]: '431',
      },
      get,
    ),
    ...cases(
      'a second request inside of the first:',
      {
        // The server must see both or only the first one. A hidden one would be read by a proxy as part of the body.
        'Content-Length: 0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n': `${ok} 404`,
        'Content-Length: 60\r\n\r\nGET /hidden HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n': ok,
        'Content-Length: 4\r\nContent-Length: 0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n':
          '400',
        'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n':
          '400',
        'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\n\r\n':
          '400',
        'Transfer-Encoding: chunked\r\n\r\nzz\r\nGET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n': 'none',
        'Transfer-Encoding: chunked\r\n\r\n1;a\n\r\nx\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\n\r\n': 'none',
      },
      (rest) => `POST ${target} HTTP/1.1\r\n${HOST}${rest}`,
    ),
  ];
}

/** At least 143 requests to the API. */
export function apiRequests(): readonly RawRequestCase[] {
  const get = (path: string) => `GET ${path} HTTP/1.1\r\n${HOST}${CLOSE}`;
  const post = (headers: string, body: string) =>
    `POST /workbenches?user_id=ada HTTP/1.1\r\n${HOST}${headers}Content-Length: ${body.length}\r\n${CLOSE}${body}`;
  const JSON_TYPE = 'Content-Type: application/json\r\n';
  return [
    ...framing('/health', '200', 'none').filter(({ name }) => !name.startsWith('a second request')),
    ...cases(
      'the path',
      {
        // The console.
        '/': '200',
        '//health': '404',
        '/health/': '404',
        '/HEALTH': '404',
        '/health?': '200',
        '/health?x=%zz': '200',
        '/health;x': '404',
        '/health%00': '404',
        '/health%2f': '404',
        '/%68ealth': '200',
        '/./health': '404',
        '/x/../health': '404',
        '/%2e%2e/health': '404',
        '/../../../etc/passwd': '404',
        '/..%2f..%2fetc%2fpasswd': '404',
        '/\\..\\health': '404',
        '/%': '400',
        '/%zz': '400',
        '/%c0%ae': '400',
        '/%ff': '400',
        '/constructor': '404',
        '/__proto__': '404',
        '/workbenches/': '404',
        '/workbenches/__proto__?user_id=ada': '404',
        '/workbenches/%00?user_id=ada': '404',
        '/workbenches/..%2f..%2f?user_id=ada': '404',
        '/workbenches/a/b/c/d?user_id=ada': '404',
        [`/workbenches/${'a'.repeat(5000)}?user_id=ada`]: '404',
        [`/${'a'.repeat(20_000)}`]: '431',
        '/workbenches?user_id=ada&limit=1e1': '400',
        '/workbenches?user_id=ada&limit=%31': '200',
        '/workbenches?user_id=ada&limit=0': '400',
        '/workbenches?user_id=ada&limit=101': '400',
        '/workbenches?user_id=ada&cursor=x': '400',
        '/workbenches?user_id=ada&user_id=ada': '400',
        '/workbenches?user_id=ada&%75ser_id=bob': '400',
        '/workbenches?user_id=%ff': '400',
        '/workbenches?user_id=%00': '400',
        '/workbenches?user_id=a%0d%0ab': '400',
        '/workbenches?user_id[]=ada': '400',
        '/workbenches?user_id=': '400',
        '/workbenches?%zz=x&user_id=ada': '400',
        '/workbenches?__proto__=x&user_id=ada': '200',
        '/workbenches?user_id=__proto__': '200',
      },
      get,
    ),
    ...cases(
      'the body',
      {
        '': '201',
        '{}': '201',
        '{': '400',
        null: '400',
        '[]': '400',
        '"x"': '400',
        '1e999': '400',
        '{"__proto__":{"x":1}}': '400',
        '{"constructor":{"prototype":{}}}': '400',
        '{"requested_cpu":1e999}': '400',
        '{"requested_cpu":"1024"}': '400',
        '{"requested_cpu":1024.5}': '400',
        '{"requested_cpu":-0}': '400',
        '{"workbench_name":"\\u0000"}': '400',
        '{"workbench_name":"\\ud800"}': '400',
        '{"workbench_name":"a","workbench_name":"b"}': '201',
        '{"user_id":"bob"}': '400',
        '\xef\xbb\xbf{}': '201',
        '\xff\xfe{\0}\0': '400',
        [`{"workbench_name":"${'x'.repeat(66_000)}"}`]: '413',
        [`${'['.repeat(30_000)}${']'.repeat(30_000)}`]: '400',
        [`{${Array.from({ length: 4000 }, (_, index) => `"f${index}":1`).join()}}`]: '400',
      },
      (body) => post(JSON_TYPE, body),
    ),
    ...cases(
      'the Content-Type',
      {
        'Content-Type: application/json; charset=utf-16\r\n': '201',
        'Content-Type: application/merge-patch+json\r\n': '201',
        'Content-Type: text/plain\r\n': '415',
        'Content-Type: application/x-www-form-urlencoded\r\n': '415',
        'Content-Type: multipart/form-data; boundary=x\r\n': '415',
        'Content-Type: \r\n': '415',
        'Content-Type: application/json, text/plain\r\n': '415',
        '': '415',
        'Content-Type: application/json\r\nContent-Encoding: gzip\r\n': '201',
        'Content-Type: application/json\r\nIdempotency-Key: \r\n': '400',
        'Content-Type: application/json\r\nIdempotency-Key: a b\r\n': '400',
        'Content-Type: application/json\r\nIdempotency-Key: \xe4\r\n': '400',
        'Content-Type: application/json\r\nOrigin: https://evil.example\r\n': '403',
        'Content-Type: application/json\r\nOrigin: null\r\n': '403',
        'Content-Type: application/json\r\nSec-Fetch-Site: cross-site\r\n': '403',
        'Content-Type: application/json\r\nExpect: 100-continue\r\n': '100 201',
      },
      (headers) => post(headers, '{}'),
    ),
  ];
}

/** At least 105 requests to the origin of the workbenches. The workbench responds with 200 to everything. */
export function workbenchRequests(prefix: string): readonly RawRequestCase[] {
  const websocket = (headers: string) =>
    `GET ${prefix}/ HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${headers}\r\n`;
  return [
    ...framing(`${prefix}/`, '200', '400'),
    ...cases(
      'the path',
      {
        '/': '200',
        '/project': '404',
        '/project/': '404',
        '/project/x/': '404',
        '//project': '404',
        [`/${prefix}/`]: '404',
        [`${prefix.toUpperCase()}/`]: '404',
        [`/x/..${prefix}/`]: '404',
        [`${prefix}%2f`]: '404',
        [prefix]: '307',
        [`${prefix}?x`]: '307',
        [`${prefix}//evil.example/`]: '200',
        [`${prefix}/../../etc/passwd`]: '200',
        [`${prefix}/%2e%2e/%2e%2e/`]: '200',
        [`${prefix}/%00`]: '200',
        [`${prefix}/%zz`]: '200',
        [`${prefix}/?${'a'.repeat(30_000)}`]: '431',
        [`${prefix}/${'a'.repeat(70_000)}`]: '414',
      },
      (path) => `GET ${path} HTTP/1.1\r\n${HOST}${CLOSE}`,
    ),
    ...cases(
      'a WebSocket with',
      {
        '': '403',
        'Host: evil.example\r\n': '403',
        'Host: localhost\r\nOrigin: https://evil.example\r\n': '403',
        'Host: localhost\r\nOrigin: null\r\n': '403',
        'Host: localhost\r\nOrigin: http://localhost.evil.example\r\n': '403',
        'Host: localhost\r\nSec-Fetch-Site: cross-site\r\n': '403',
      },
      websocket,
    ),
  ];
}
