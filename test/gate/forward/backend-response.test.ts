import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ID } from '#test/builders/workbench.ts';
import { openBackend, openProxy, runningAt } from '#test/gate/open-proxy.ts';
import { rawRequest, sendRaw } from '#test/local/raw-http.ts';

const TARGET = `/project/${ID}/`;
const HOST = 'Host: localhost';

/** A proxy in front of a workbench that sends these bytes after each request. */
async function openRaw(bytes: string) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', () => socket.write(Buffer.from(bytes, 'latin1')));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  return { ...(await openProxy(runningAt(`http://127.0.0.1:${port}`))), sockets };
}

/** Sends a request that the client ends with `Connection: close`. */
const get = (port: number, headers: readonly string[] = []) =>
  sendRaw(port, rawRequest(`GET ${TARGET}`, [HOST, ...headers]));

describe('a response of a workbench that cannot be forwarded is a 502 for this request alone', () => {
  test.each<[kind: string, bytes: string]>([
    ['the status 000', 'HTTP/1.1 000 Zero\r\nContent-Length: 2\r\n\r\nhi'],
    ['the status 099', 'HTTP/1.1 099 Low\r\nContent-Length: 2\r\n\r\nhi'],
    ['a 101 without Upgrade', 'HTTP/1.1 101 Switching Protocols\r\nContent-Length: 0\r\n\r\n'],
    ['a 101', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nbytes'],
    ['an unknown transfer coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\nhello'],
    ['a compressed transfer', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
  ])('%s', async (_kind, bytes) => {
    const { port, sockets, telemetry } = await openRaw(bytes);
    const { status, body } = await get(port);
    expect(status).toBe(502);
    expect(body).toContain('{"message":"The workbench sent an invalid response."}');
    expect(telemetry.lines).toMatchObject([{ level: 'warn', fields: { workbenchId: ID } }]);
    await Promise.all(sockets.map((socket) => socket.destroyed || once(socket, 'close')));
    expect((await sendRaw(port, rawRequest('GET /', [HOST]))).status).toBe(200);
  });

  test('a 101 to a request that expects 100-continue', async () => {
    const bytes = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';
    const { port } = await openRaw(bytes);
    const { head, body } = await get(port, ['Expect: 100-continue']);
    expect(head).toMatch(/^HTTP\/1\.1 502 /);
    expect(body).toContain('The workbench sent an invalid response.');
  });
});

describe('a response of a workbench is forwarded without', () => {
  test.each<[part: string, code: string]>([
    ['NUL', '\0'],
    ['0x01', '\x01'],
    ['DEL', '\x7f'],
  ])('the control character %s in its status text', async (_part, code) => {
    const { port } = await openRaw(`HTTP/1.1 200 fi${code}ne\r\nContent-Length: 2\r\n\r\nhi`);
    const { head, body } = await get(port);
    expect([head.split('\r\n')[0], body]).toEqual(['HTTP/1.1 200 fine', 'hi']);
  });

  test.each<[kind: string, bytes: string, status: number, body: string]>([
    ['Content-Length', 'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nContent-Length: 2\r\n\r\nhi', 200, 'hi'],
    ['status 204', 'HTTP/1.1 204 No Content\r\nTrailer: X-Sum\r\n\r\n', 204, ''],
    ['status 304', 'HTTP/1.1 304 Not Modified\r\nTrailer: X-Sum\r\n\r\n', 304, ''],
  ])('its Trailer header, with %s', async (_kind, bytes, status, body) => {
    const { port } = await openRaw(bytes);
    const response = await get(port);
    expect([response.status, response.body]).toEqual([status, body]);
    expect(response.head).not.toMatch(/trailer/i);
  });

  test.each(['Content-Length: 2', 'Transfer-Encoding: chunked'])('%s, with status 204', async (header) => {
    const { port } = await openRaw(`HTTP/1.1 204 No Content\r\n${header}\r\n\r\n`);
    const { status, head } = await get(port);
    expect(status).toBe(204);
    expect(head).not.toMatch(/content-length|transfer-encoding/i);
  });

  test('its Trailer header and chunks, for an HTTP/1.0 client', async () => {
    const { port } = await openRaw(
      'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n',
    );
    const { status, head, body } = await sendRaw(port, `GET ${TARGET} HTTP/1.0\r\n${HOST}\r\n\r\n`);
    expect([status, body]).toEqual([200, 'hi']);
    expect(head).not.toMatch(/trailer|transfer-encoding/i);
  });
});

describe('a request is forwarded without headers about trailers', () => {
  test.each<[kind: string, method: string, headers: readonly string[], body: string]>([
    ['GET', 'GET', ['Trailer: X'], ''],
    ['HEAD', 'HEAD', ['Trailer: X', 'TE: gzip'], ''],
    ['POST with Content-Length', 'POST', ['Trailer: X', 'Content-Length: 2'], 'hi'],
  ])('%s', async (_kind, method, headers, body) => {
    const received: string[] = [];
    const backend = await openBackend((request, response) => {
      received.push(...Object.keys(request.headers));
      request.resume().on('end', () => response.end('ok'));
    });
    const { port } = await openProxy(runningAt(backend.url));
    const request = rawRequest(`${method} ${TARGET}`, [HOST, ...headers], body);
    expect((await sendRaw(port, request)).status).toBe(200);
    expect(received).toContain('x-forwarded-prefix');
    expect(received).not.toContain('trailer');
    expect(received).not.toContain('te');
  });
});

test('a client that is still sending receives the 502', async () => {
  const { port } = await openRaw('HTTP/1.1 000 Zero\r\n\r\n');
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write(`POST ${TARGET} HTTP/1.1\r\n${HOST}\r\nContent-Length: 1000\r\n\r\nhalf`);
  const [chunk] = await once(socket, 'data');
  expect(String(chunk)).toMatch(/^HTTP\/1\.1 502 /);
});

test.each([
  ['__Host-wb_s=evil; Path=/; Secure'],
  [' __host-wb_u=evil'],
  ['=__Host-wb_s=evil; Path=/; Secure'],
])('a workbench cannot set a cookie of the gate: %s', async (cookie) => {
  const { port } = await openRaw(
    `HTTP/1.1 200 OK\r\nSet-Cookie: ${cookie}\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n`,
  );
  const { head } = await get(port);
  expect(head.match(/^set-cookie: .*$/gim)).toEqual(['set-cookie: a=1']);
});
