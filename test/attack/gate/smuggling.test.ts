import { describe, expect, test } from 'vitest';
import { mapInParallel } from '../attacked-server.ts';
import type { Exchange } from '../exchange.ts';
import { ADAS, EVES, hostOf, openAttackedGate } from './attacked-gate.ts';
import { valuesOf } from './wire-reader.ts';

/** Bytes that a client sends on one connection, the statuses of the responses, and the requests that reach the workbench of ada. */
interface Attack {
  readonly name: string;
  readonly bytes: string;
  readonly statuses: string;
  /** Method, target and body of each. None is for the workbench of eve. */
  readonly reaches: readonly string[];
  /** Whether all that follows is data of a WebSocket. */
  readonly tunnels?: true;
}

const CLOSE = 'Connection: close\r\n\r\n';

function attacks(session: string): readonly Attack[] {
  const head = `Host: ${hostOf(ADAS)}\r\nCookie: ${session}\r\n`;
  /** What the attacker hides. As a request of its own it is refused: the session is for the workbench of ada. */
  const hidden = `GET /hidden HTTP/1.1\r\nHost: ${hostOf(EVES)}\r\nCookie: ${session}\r\n${CLOSE}`;
  const last = `GET /last HTTP/1.1\r\n${head}${CLOSE}`;
  const post = (headers: string, rest: string) => `POST /first HTTP/1.1\r\n${head}${headers}\r\n${rest}`;
  const get = (headers: string, rest: string) => `GET /first HTTP/1.1\r\n${head}${headers}\r\n${rest}`;
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
  const upgrade = (headers: string, rest: string, line = 'GET /first') =>
    `${line} HTTP/1.1\r\n${head}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n${headers}\r\n${rest}`;
  return [
    // Two lengths.
    ...[
      ['CL.TE', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${hidden}`],
      ['TE.CL', 'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n', `${chunk(hidden)}0\r\n\r\n`],
      [
        'CL.TE with a length of 0',
        'Content-Length: 0\r\nTransfer-Encoding: chunked\r\n',
        `0\r\n\r\n${hidden}`,
      ],
      ['two lengths', 'Content-Length: 0\r\nContent-Length: 44\r\n', hidden],
      ['two equal lengths', 'Content-Length: 2\r\nContent-Length: 2\r\n', `hi${hidden}`],
      ['a list of lengths', 'Content-Length: 0, 44\r\n', hidden],
      ['a list of equal lengths', 'Content-Length: 2, 2\r\n', `hi${hidden}`],
      ['a signed length', 'Content-Length: +2\r\n', `hi${hidden}`],
      ['a negative length', 'Content-Length: -1\r\n', hidden],
      ['a hexadecimal length', 'Content-Length: 0x2\r\n', `hi${hidden}`],
      ['a length with a fraction', 'Content-Length: 2.0\r\n', `hi${hidden}`],
      ['a length with a space inside', 'Content-Length: 0 2\r\n', `hi${hidden}`],
      ['a length of 2⁶⁴', 'Content-Length: 18446744073709551616\r\n', hidden],
      ['an empty length', 'Content-Length: \r\n', hidden],
      ['a length in quotes', 'Content-Length: "0"\r\n', hidden],
      ['a space before the colon', 'Content-Length : 44\r\n', hidden],
      ['a tab before the colon', 'Transfer-Encoding\t: chunked\r\n', `0\r\n\r\n${hidden}`],
      ['a folded coding', 'Transfer-Encoding:\r\n chunked\r\n', `0\r\n\r\n${hidden}`],
      ['a folded length', 'Content-Length: 0\r\n 44\r\n', hidden],
      ['a folded first line', ' Content-Length: 44\r\n', hidden],
      ['a NUL in the name', 'Transfer\0-Encoding: chunked\r\n', `0\r\n\r\n${hidden}`],
      ['a NUL in the value', 'Transfer-Encoding: \0chunked\r\n', `0\r\n\r\n${hidden}`],
      ['a CR in the value', 'X: a\rContent-Length: 44\r\n', hidden],
      ['a bare LF in the head', 'X: a\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${hidden}`],
      ['a bare LF at the end of the head', 'Content-Length: 0\r\n\n', hidden],
      [
        'TE.TE: chunked twice',
        'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n',
        `0\r\n\r\n${hidden}`,
      ],
      ['TE.TE: an unknown coding', 'Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${hidden}`],
      ['TE.TE: in quotes', 'Transfer-Encoding: "chunked"\r\n', `0\r\n\r\n${hidden}`],
      ['TE.TE: a parameter', 'Transfer-Encoding: chunked;a=b\r\n', `0\r\n\r\n${hidden}`],
      ['TE.TE: chunked is not the last', 'Transfer-Encoding: chunked, gzip\r\n', `0\r\n\r\n${hidden}`],
      ['TE.TE: an empty coding', 'Transfer-Encoding: \r\n', `0\r\n\r\n${hidden}`],
      ['TE.TE: a vertical tab', 'Transfer-Encoding: \x0bchunked\r\n', `0\r\n\r\n${hidden}`],
    ].map(([name = '', headers = '', rest = '']) => ({
      name,
      bytes: post(headers, rest),
      statuses: '400',
      reaches: [],
    })),
    // The rest is no valid chunk, which ends the connection without a response.
    ...[
      [
        'TE.TE: identity first',
        'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\nX: a\r\n',
        `zz\r\n${hidden}`,
      ],
    ].map(([name = '', headers = '', rest = '']) => ({
      name,
      bytes: post(headers, rest),
      statuses: 'none',
      reaches: [],
    })),
    // Lengths that count, and what follows is a request of its own.
    {
      name: 'a request behind a body',
      bytes: post('Content-Length: 2\r\n', `hi${hidden}`),
      statuses: '200 401',
      reaches: ['POST /first hi'],
    },
    {
      name: 'a request as a body',
      bytes: post(`Content-Length: ${hidden.length}\r\n`, `${hidden}${last}`),
      statuses: '200 200',
      reaches: [`POST /first ${hidden}`, 'GET /last '],
    },
    {
      name: 'a request as a chunk',
      bytes: post('Transfer-Encoding: Chunked\r\n', `${chunk(hidden)}0\r\n\r\n${last}`),
      statuses: '200 200',
      reaches: [`POST /first ${hidden}`, 'GET /last '],
    },
    {
      name: 'a request as the body of a GET',
      bytes: get('Transfer-Encoding: chunked\r\n', `${chunk(hidden)}0\r\n\r\n${last}`),
      statuses: '200 200',
      reaches: [`GET /first ${hidden}`, 'GET /last '],
    },
    {
      name: 'a request as the body of a GET with a length',
      bytes: get(`Content-Length: ${hidden.length}\r\n`, `${hidden}${last}`),
      statuses: '200 200',
      reaches: [`GET /first ${hidden}`, 'GET /last '],
    },
    {
      name: 'chunk extensions',
      bytes: post('Transfer-Encoding: chunked\r\n', `2;a=b;c="d"\r\nhi\r\n0;x\r\n\r\n${last}`),
      statuses: '200 200',
      reaches: ['POST /first hi', 'GET /last '],
    },
    {
      name: 'a size with zeros before it',
      bytes: post('Transfer-Encoding: chunked\r\n', `0000002\r\nhi\r\n000\r\n\r\n${last}`),
      statuses: '200 200',
      reaches: ['POST /first hi', 'GET /last '],
    },
    {
      name: 'another coding before chunked',
      bytes: post('Transfer-Encoding: gzip, chunked\r\n', `2\r\nhi\r\n0\r\n\r\n${last}`),
      statuses: '200 200',
      reaches: ['POST /first hi', 'GET /last '],
    },
    {
      name: 'trailers with headers of the gate',
      bytes: post(
        'Transfer-Encoding: chunked\r\nTrailer: X-Sum, X-Workbench-User\r\n',
        `2\r\nhi\r\n0\r\nX-Sum: 1\r\nX-Workbench-User: root\r\nX_WB_User: root\r\nHost: ${hostOf(EVES)}\r\n\r\n${last}`,
      ),
      statuses: '200 200',
      reaches: ['POST /first hi', 'GET /last '],
    },
    // The body breaks while the request is handled: its connection ends.
    ...[
      ['a negative size', `-1\r\n${hidden}`],
      ['a size with 0x', `0x2\r\nhi\r\n0\r\n\r\n${hidden}`],
      ['a size of 2⁶⁴', `10000000000000000\r\n${hidden}`],
      ['an empty size', `\r\n${hidden}`],
      ['a size that is too small', `1\r\n${hidden}`],
      ['a bare LF behind a size', `2\nhi\r\n0\r\n\r\n${hidden}`],
      ['a bare LF in an extension', `2;a\nx\r\nhi\r\n0\r\n\r\n${hidden}`],
      ['a bare CR in an extension', `2;a\rx\r\nhi\r\n0\r\n\r\n${hidden}`],
      ['a bare LF behind a chunk', `2\r\nhi\n0\r\n\r\n${hidden}`],
      ['a space before the size', ` 2\r\nhi\r\n0\r\n\r\n${hidden}`],
      ['a space behind the size', `2 \r\nhi\r\n0\r\n\r\n${hidden}`],
      ['a broken trailer', `0\r\nA B: c\r\n\r\n${hidden}`],
    ].map(([name = '', rest = '']) => ({
      name: `a chunk with ${name}`,
      bytes: post('Transfer-Encoding: chunked\r\n', rest),
      statuses: 'none',
      reaches: [],
    })),
    // Behind a response of the gate itself.
    ...[
      ['a 401', `POST /x HTTP/1.1\r\nHost: ${hostOf(ADAS)}\r\n`, '401'],
      [
        'a 401 for the workbench of eve',
        `POST /x HTTP/1.1\r\nHost: ${hostOf(EVES)}\r\nCookie: ${session}\r\n`,
        '401',
      ],
      ['a 403', `POST /x HTTP/1.1\r\n${head}Origin: https://evil.example\r\n`, '403'],
      ['a 405', `POST /.wb/health HTTP/1.1\r\n${head}`, '405'],
      ['a 404', `POST /.wb/nothing HTTP/1.1\r\n${head}`, '404'],
      [
        'a form',
        `POST /.wb/logout HTTP/1.1\r\nHost: ${hostOf(ADAS)}\r\nOrigin: https://${hostOf(ADAS)}\r\n`,
        '200',
      ],
    ].flatMap(([name = '', start = '', status = '']) => [
      {
        name: `a request in the body of ${name}`,
        bytes: `${start}Content-Length: ${hidden.length}\r\n\r\n${hidden}${last}`,
        statuses: `${status} 200`,
        reaches: ['GET /last '],
      },
      {
        name: `a request behind ${name}`,
        bytes: `${start}Content-Length: 2\r\n\r\nhi${hidden}`,
        statuses: `${status} 401`,
        reaches: [],
      },
    ]),
    {
      name: 'a request behind a 302',
      bytes: `GET /x HTTP/1.1\r\nHost: ${hostOf(ADAS)}\r\nAccept: text/html\r\n\r\n${hidden}`,
      statuses: '302 401',
      reaches: [],
    },
    // Upgrades.
    {
      name: 'a request behind an upgrade',
      bytes: upgrade('', hidden),
      statuses: '101',
      reaches: ['GET /first '],
      tunnels: true,
    },
    {
      name: 'a request behind an upgrade that the gate refuses',
      bytes: `GET /x HTTP/1.1\r\nHost: ${hostOf(EVES)}\r\nCookie: ${session}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n${last}`,
      statuses: '401',
      reaches: [],
    },
    {
      name: 'an upgrade behind a request that has no response yet',
      bytes: `GET /first HTTP/1.1\r\n${head}\r\n${upgrade('Origin: https://evil.example\r\n', last)}`,
      statuses: 'none',
      reaches: [],
    },
    // These are no handshakes. The gate reads their bodies, and nothing behind them.
    {
      name: 'an upgrade with a length',
      bytes: upgrade('Content-Length: 2\r\n', `hi${hidden}`),
      statuses: '200',
      reaches: ['GET /first hi'],
    },
    {
      name: 'an upgrade with chunks',
      bytes: upgrade('Transfer-Encoding: chunked\r\n', `2\r\nhi\r\n0\r\n\r\n${hidden}`),
      statuses: '200',
      reaches: ['GET /first hi'],
    },
    {
      name: 'an upgrade with two lengths',
      bytes: upgrade('Content-Length: 0\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${hidden}`),
      statuses: '400',
      reaches: [],
    },
    ...['xchunked', 'chunked, identity', 'chunked;a=b', '"chunked"', 'identity'].map((coding) => ({
      name: `an upgrade with the coding ${coding}`,
      bytes: upgrade(`Transfer-Encoding: ${coding}\r\n`, `0\r\n\r\n${hidden}`),
      statuses: '400',
      reaches: [],
    })),
    {
      name: 'an upgrade with POST',
      bytes: upgrade('', hidden, 'POST /first'),
      statuses: '200',
      reaches: ['POST /first '],
    },
    {
      name: 'an upgrade to HTTP/2',
      bytes: `GET /first HTTP/1.1\r\n${head}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n${last}`,
      statuses: '200',
      reaches: ['GET /first '],
    },
    {
      name: 'a CONNECT',
      bytes: `CONNECT ${hostOf(EVES)}:443 HTTP/1.1\r\n${head}\r\n${last}`,
      statuses: 'none',
      reaches: [],
    },
  ];
}

describe.each([true, false])('with a workbench that accepts WebSockets: %s,', (acceptsUpgrades) => {
  test('no request hides in another one, and none reaches the workbench of another user', async () => {
    const gate = await openAttackedGate();
    gate.adas.acceptsUpgrades = acceptsUpgrades;
    const session = await gate.workbenchSession('ada', ADAS);
    const all = attacks(session);
    expect(all.length).toBeGreaterThanOrEqual(75);
    const results = await mapInParallel(all, 4, async ({ name, bytes }, index) => {
      const numbered = bytes.replaceAll('/first', `/${index}/first`).replaceAll('/last', `/${index}/last`);
      return [name, statusesOf(await gate.send(numbered))];
    });
    await gate.settle();
    const { adas, eves, telemetry } = gate;
    const reached = all.map(({ name }, index) => [
      name,
      adas.requests
        .filter(({ target }) => target.startsWith(`/${index}/`))
        .map(({ method, target, body }) => `${method} ${target.replace(`/${index}`, '')} ${body}`)
        .toSorted(),
    ]);
    const expectedStatus = ({ statuses, tunnels }: Attack) =>
      tunnels && !acceptsUpgrades ? '200' : statuses;
    expect(Object.fromEntries(results)).toEqual(
      Object.fromEntries(all.map((attack) => [attack.name, expectedStatus(attack)])),
    );
    expect(Object.fromEntries(reached)).toEqual(
      Object.fromEntries(all.map(({ name, reaches }) => [name, reaches.toSorted()])),
    );
    expect(adas.requests.length).toBe(all.flatMap(({ reaches }) => reaches).length);
    expect(adas.tunneled.length).toBe(acceptsUpgrades ? all.filter(({ tunnels }) => tunnels).length : 0);
    expect(adas.faults).toEqual([]);
    expect(eves.received).toBe('');
    for (const request of adas.requests) {
      expect(valuesOf(request, 'x-workbench-user')).toEqual(['ada']);
      expect(valuesOf(request, 'cookie')).toEqual([]);
    }
    // The trailers of one attack have headers of the gate.
    expect(adas.received.includes('root')).toBe(false);
    expect(telemetry.errors).toEqual([]);
  });
});

/** Returns the statuses of all responses on a connection. */
function statusesOf({ head, body, ending }: Exchange): string {
  if (ending !== 'closed') return ending;
  const statuses = `${head}\r\n\r\n${body}`.matchAll(/HTTP\/1\.1 (\d{3}) /g);
  return [...statuses].map(([, status]) => status).join(' ') || 'none';
}
