import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BODY_MAX_BYTES } from '#functions/middleware/json-body.ts';
import type { FileRequest } from '#local/console/console-files.ts';
import { type GatewayAuthorizer, type GatewayOptions, MAX_HEAD_BYTES } from '#local/gateway/gateway.ts';
import type { GatewayResponse } from '#local/gateway/gateway-response.ts';
import { INTEGRATION_TIMEOUT_MS } from '#local/gateway/invocation.ts';
import { MAX_BODY_BYTES } from '#local/gateway/request-body.ts';
import { rawRequest, sendRaw } from '../raw-http.ts';
import { lastEvent, openGateway } from './open-gateway.ts';

const HOST = 'Host: 127.0.0.1';

const NEVER: GatewayAuthorizer = {
  authorize: async () => ({ isAuthorized: false }),
  ttlSeconds: 0,
  validUntil: () => 0,
};

async function statusAndBodyOf(response: Response) {
  return { status: response.status, body: await response.text() };
}

describe('errors of the gateway itself', () => {
  test.each<[method: string, path: string]>([
    ['GET', '/nothing'],
    ['PUT', '/items'],
    ['DELETE', '/items/7'],
    ['GET', '/items/'],
    ['OPTIONS', '/items'],
  ])('404 for %s %s, which is not a route', async (method, path) => {
    const gateway = await openGateway();
    const response = await fetch(`${gateway.url}${path}`, { method });
    expect(await statusAndBodyOf(response)).toEqual({ status: 404, body: '{"message":"Not Found"}' });
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(gateway.events).toEqual([]);
  });

  test('none for an offer of HTTP/2, which is ignored', async () => {
    const gateway = await openGateway();
    const offer = [
      HOST,
      'Upgrade: h2c',
      'Connection: Upgrade, HTTP2-Settings',
      'HTTP2-Settings: AAMAAABkAAQ',
    ];
    expect((await sendRaw(gateway.port, rawRequest('GET /items/7', offer))).status).toBe(200);
  });

  test('400 for a path with an invalid encoding', async () => {
    const gateway = await openGateway();
    const { status, body } = await sendRaw(gateway.port, rawRequest('GET /items/%E0%A4%A', [HOST]));
    expect([status, body]).toEqual([400, '{"message":"Bad Request"}']);
  });

  test('500 for a function that throws, without its message', async () => {
    const gateway = await openGateway(() => {
      throw new Error('the password is swordfish');
    });
    const response = await fetch(`${gateway.url}/items`);
    expect(await statusAndBodyOf(response)).toEqual({
      status: 500,
      body: '{"message":"Internal Server Error"}',
    });
    expect(gateway.telemetry.lines.filter(({ level }) => level === 'error').length).toBe(1);
  });

  test.each<[problem: string, result: unknown]>([
    ['an invalid status', { statusCode: 'fine', body: '' }],
    ['a status outside of HTTP', { statusCode: 99, body: '' }],
    ['an informational status', { statusCode: 103, body: '' }],
    ['a body that is not a string', { statusCode: 200, body: { a: 1 } }],
    ['cookies that are not a list', { statusCode: 200, cookies: 'a=1' }],
    ['an invalid header value', { statusCode: 200, headers: { 'x-a': 'b\r\nSet-Cookie: c=d' }, body: '' }],
    ['an invalid header name', { statusCode: 200, headers: { 'x a': 'b' }, body: '' }],
    ['a value that is not JSON', 1n],
  ])('500 for a function that returns %s', async (_problem, result) => {
    const gateway = await openGateway(() => result);
    const response = await fetch(`${gateway.url}/items`);
    expect(await statusAndBodyOf(response)).toEqual({
      status: 500,
      body: '{"message":"Internal Server Error"}',
    });
    expect(response.headers.has('set-cookie')).toBe(false);
  });

  test('500 without any header of the function when one is invalid', async () => {
    const headers = { 'x-first': 'internal', 'x-second': 'no\nheader' };
    const gateway = await openGateway(() => ({ statusCode: 200, headers, body: '' }));
    const response = await fetch(`${gateway.url}/items`);
    expect(response.status).toBe(500);
    expect(response.headers.has('x-first')).toBe(false);
  });

  test('503 for a function that exceeds the integration timeout, even when the clock is set back meanwhile', async () => {
    const gateway = await openGateway(() => new Promise(() => {}));
    const response = fetch(`${gateway.url}/items`);
    await expect.poll(() => gateway.events.length).toBe(1);
    await gateway.timers.advanceAsync(INTEGRATION_TIMEOUT_MS - 1);
    expect(gateway.timers.scheduledCount).toBe(1);
    gateway.timers.set(-1000);
    expect(gateway.contexts[0]?.getRemainingTimeInMillis()).toBe(1);
    await gateway.timers.advanceAsync(1);
    expect(await statusAndBodyOf(await response)).toEqual({
      status: 503,
      body: '{"message":"Service Unavailable"}',
    });
  });

  test('413 for a body larger than the limit, without a call of the function', async () => {
    const gateway = await openGateway();
    const body = new Uint8Array(MAX_BODY_BYTES + 1);
    const response = await fetch(`${gateway.url}/items`, { method: 'POST', body });
    expect(await statusAndBodyOf(response)).toEqual({
      status: 413,
      body: '{"message":"Request Entity Too Large"}',
    });
    expect(gateway.events).toEqual([]);
  });

  test('413 at once for a client that expects 100-continue, and for a far too large Content-Length', async () => {
    const gateway = await openGateway();
    const expecting = [HOST, `Content-Length: ${MAX_BODY_BYTES + 1}`, 'Expect: 100-continue'];
    expect((await sendRaw(gateway.port, rawRequest('POST /items', expecting))).status).toBe(413);
    const huge = [HOST, `Content-Length: ${1e12}`];
    expect((await sendRaw(gateway.port, rawRequest('POST /items', huge))).status).toBe(413);
  });

  test.each([BODY_MAX_BYTES, BODY_MAX_BYTES + 1, MAX_BODY_BYTES])(
    'passes at most 64 KiB and a byte of a body of %i bytes to the function',
    async (size) => {
      const gateway = await openGateway();
      const response = await fetch(`${gateway.url}/items`, { method: 'POST', body: new Uint8Array(size) });
      expect(response.status).toBe(200);
      expect(response.headers.get('connection')).toBe('keep-alive');
      const { body = '', isBase64Encoded } = lastEvent(gateway);
      const passed = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
      expect(passed.length).toBe(Math.min(size, BODY_MAX_BYTES + 1));
    },
  );

  test('sends 100 Continue to a client that expects it before an acceptable body', async () => {
    const gateway = await openGateway();
    const headers = [HOST, 'Content-Length: 2', 'Content-Type: text/plain', 'Expect: 100-continue'];
    const { head, body } = await sendRaw(gateway.port, rawRequest('POST /items', headers, 'hi'));
    expect(head).toBe('HTTP/1.1 100 Continue');
    expect(body).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(gateway.events[0]?.body).toBe('hi');
  });

  test('431 for headers larger than the limit', async () => {
    const gateway = await openGateway();
    const fits = await sendRaw(
      gateway.port,
      rawRequest('GET /items', [HOST, `X-A: ${'a'.repeat(MAX_HEAD_BYTES - 200)}`]),
    );
    expect(fits.status).toBe(200);
    const tooMuch = await sendRaw(
      gateway.port,
      rawRequest('GET /items', [HOST, `X-A: ${'a'.repeat(MAX_HEAD_BYTES)}`]),
    );
    expect(tooMuch.status).toBe(431);
    expect(JSON.parse(tooMuch.body)).toEqual({
      message: 'Request Header Fields Too Large: cookies of this host may be too large',
    });
    const longLine = await sendRaw(
      gateway.port,
      rawRequest(`GET /items?${'a'.repeat(MAX_HEAD_BYTES)}`, [HOST]),
    );
    expect(longLine.status).toBe(431);
    expect(gateway.events.length).toBe(1);
  });

  test('400 for bytes that are not HTTP', async () => {
    const gateway = await openGateway();
    expect((await sendRaw(gateway.port, 'hello there\r\n\r\n')).status).toBe(400);
  });

  test('no response for bytes that are not HTTP while another response is in progress', async () => {
    const gateway = await openGateway(() => new Promise(() => {}));
    const { head } = await sendRaw(gateway.port, `GET /items HTTP/1.1\r\n${HOST}\r\n\r\nhello there\r\n\r\n`);
    expect(head).toBe('');
  });

  test('survives a client that disconnects while it sends its body', async () => {
    const gateway = await openGateway();
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write(`POST /items HTTP/1.1\r\n${HOST}\r\nContent-Length: 100\r\n\r\nhalf`);
    await new Promise((resolve) => gateway.server.once('request', resolve));
    socket.destroy();
    expect((await fetch(`${gateway.url}/items`)).status).toBe(200);
    expect(gateway.events.length).toBe(1);
  });
});

describe('a route without a body', () => {
  test('responds while the client still sends one, of which it reads little', async () => {
    let respond: (result: unknown) => void = () => {};
    const gateway = await openGateway(() => new Promise((resolve) => (respond = resolve)));
    let connection: Socket | undefined;
    gateway.server.on('connection', (socket) => {
      connection = socket;
    });
    const client = connect(gateway.port, '127.0.0.1');
    onTestFinished(() => void client.destroy());
    client.on('error', () => {});
    client.write(`GET /open HTTP/1.1\r\n${HOST}\r\nContent-Length: 10000000\r\n\r\n`);
    client.write(Buffer.alloc(9_000_000));
    const response = once(client, 'data');
    // The server stops reading when the buffer of the request is full.
    await expect.poll(() => connection?.bytesRead).toBeGreaterThan(65_536);
    await expect.poll(() => gateway.events.length).toBe(1);
    respond({ statusCode: 200, body: 'ok' });
    const head = String((await response)[0]);
    expect(head).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(head).toMatch(/\r\nConnection: close\r\n/);
    expect(connection?.bytesRead).toBeLessThan(1_000_000);
    expect(lastEvent(gateway).body).toBeUndefined();
  });

  test.each<[kind: string, headers: readonly string[], body: string, connection: string]>([
    ['a small body', ['Content-Length: 2'], 'hi', 'keep-alive'],
    ['a body of 64 KiB', ['Content-Length: 65536'], 'x'.repeat(65_536), 'keep-alive'],
    ['a larger body', ['Content-Length: 65537'], 'x'.repeat(65_537), 'close'],
    ['a body of unknown size that has not arrived', ['Transfer-Encoding: chunked'], '2\r\nhi\r\n', 'close'],
    ['a body that waits for 100 Continue', ['Content-Length: 2', 'Expect: 100-continue'], '', 'close'],
  ])('ignores %s', async (_kind, headers, body, connection) => {
    const gateway = await openGateway();
    const client = connect(gateway.port, '127.0.0.1');
    onTestFinished(() => void client.destroy());
    client.on('error', () => {});
    client.write(`GET /open HTTP/1.1\r\n${[HOST, ...headers].join('\r\n')}\r\n\r\n${body}`);
    const head = String((await once(client, 'data'))[0]);
    expect(head).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(head).toContain(`Connection: ${connection}`);
    expect(lastEvent(gateway).body).toBeUndefined();
    if (connection === 'close') return;
    client.write(`GET /items HTTP/1.1\r\n${HOST}\r\n\r\n`);
    expect(String((await once(client, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 OK/);
  });
});

describe('the conversion of results', () => {
  test.each<[kind: string, result: unknown, status: number, type: string | null, body: string]>([
    ['text', 'words', 200, 'application/json', 'words'],
    ['an object without a status', { a: 1 }, 200, 'application/json', '{"a":1}'],
    ['a list', [1, 2], 200, 'application/json', '[1,2]'],
    ['nothing', undefined, 200, 'application/json', 'null'],
    ['a bare status', { statusCode: 201 }, 201, 'text/plain;charset=UTF-8', ''],
    ['a status in text', { statusCode: '202', body: 'x' }, 202, 'text/plain;charset=UTF-8', 'x'],
    [
      'a type',
      { statusCode: 200, headers: { 'Content-Type': 'text/html' }, body: '<p>' },
      200,
      'text/html',
      '<p>',
    ],
    [
      'base64',
      { statusCode: 200, body: Buffer.from('é').toString('base64'), isBase64Encoded: true },
      200,
      'text/plain;charset=UTF-8',
      'é',
    ],
    ['no content', { statusCode: 204, body: 'dropped' }, 204, null, ''],
  ])('supports %s', async (_kind, result, status, type, body) => {
    const gateway = await openGateway(() => result);
    const response = await fetch(`${gateway.url}/items`);
    expect(await statusAndBodyOf(response)).toEqual({ status, body });
    expect(response.headers.get('content-type')).toBe(type);
  });

  test('sends each cookie in its own header, and headers of all simple types', async () => {
    const gateway = await openGateway(() => ({
      statusCode: 200,
      headers: { 'X-Number': 7, 'X-Flag': true, 'Content-Length': 3, 'Transfer-Encoding': 'chunked' },
      cookies: ['a=1; Path=/', 'b=2'],
      body: 'longer than three',
    }));
    const response = await fetch(`${gateway.url}/items`);
    expect(response.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2']);
    expect(response.headers.get('x-number')).toBe('7');
    expect(response.headers.get('x-flag')).toBe('true');
    expect(await response.text()).toBe('longer than three');
    expect(response.headers.get('apigw-requestid')).toBe(gateway.events[0]?.requestContext.requestId);
  });

  test('applies the prefix, also to the route key', async () => {
    const gateway = await openGateway(undefined, { prefix: '/api/v1' });
    expect((await fetch(`${gateway.url}/items`)).status).toBe(404);
    expect((await fetch(`${gateway.url}/api/v1/items/7`)).status).toBe(200);
    expect(gateway.events[0]).toMatchObject({
      routeKey: 'GET /api/v1/items/{id}',
      rawPath: '/api/v1/items/7',
    });
  });
});

describe('files', () => {
  const body = Buffer.from('a page');
  const files = {
    respond: ({ method, path }: FileRequest): GatewayResponse | undefined =>
      method === 'GET' && path !== '/nothing'
        ? { status: 200, headers: { 'content-type': 'text/html', 'x-from': path }, cookies: [], body }
        : undefined,
  };

  test('are served where there is no route, without a token', async () => {
    const gateway = await openGateway(undefined, { files, authorizer: NEVER });
    const response = await fetch(`${gateway.url}/?a=b`);
    expect(await statusAndBodyOf(response)).toEqual({ status: 200, body: 'a page' });
    expect(response.headers.get('x-from')).toBe('/');
  });

  test('never take the place of a route, and what is neither gets 404', async () => {
    const gateway = await openGateway(undefined, { files, authorizer: NEVER });
    expect((await fetch(`${gateway.url}/items`)).status).toBe(401);
    expect((await fetch(`${gateway.url}/nothing`)).status).toBe(404);
    expect((await fetch(`${gateway.url}/items`, { method: 'DELETE' })).status).toBe(404);
  });

  test('are not served to a page whose host name resolves to this computer', async () => {
    const gateway = await openGateway(undefined, { files });
    const { status } = await sendRaw(gateway.port, rawRequest('GET /', ['Host: attacker.example']));
    expect(status).toBe(403);
  });
});

const app = 'https://app.example';
const corsOrigins = [app, 'http://localhost:3000'];
const refusing: Partial<GatewayOptions> = {
  corsOrigins,
  authorizer: { ttlSeconds: 0, validUntil: () => 0, authorize: async () => ({ isAuthorized: false }) },
};

describe('CORS, when origins are configured', () => {
  test('responds to a preflight without a call of the authorizer or the function', async () => {
    const gateway = await openGateway(undefined, refusing);
    const response = await fetch(`${gateway.url}/items`, {
      method: 'OPTIONS',
      headers: { Origin: app, 'Access-Control-Request-Method': 'DELETE' },
    });
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': app,
      'access-control-allow-headers': 'authorization,content-type,idempotency-key',
      'access-control-allow-methods': 'GET,POST,PUT,PATCH,DELETE',
      'access-control-max-age': '300',
      vary: 'origin',
    });
    expect(gateway.events).toEqual([]);
  });

  test('allows nothing to another origin', async () => {
    const gateway = await openGateway(undefined, refusing);
    const response = await fetch(`${gateway.url}/items`, {
      method: 'OPTIONS',
      headers: { Origin: 'https://b.example' },
    });
    expect(response.status).toBe(204);
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test('allows a page of the origin to read the response and the exposed headers', async () => {
    const gateway = await openGateway(undefined, { corsOrigins });
    const response = await fetch(`${gateway.url}/items`, {
      method: 'POST',
      headers: { Origin: 'http://localhost:3000' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('http://localhost:3000');
    expect(response.headers.get('access-control-expose-headers')).toBe('location,retry-after,x-request-id');
  });

  test.each([
    ['/items', 401],
    ['/nothing', 404],
  ])('allows it to read the error of %s too', async (path, status) => {
    const gateway = await openGateway(undefined, refusing);
    const response = await fetch(`${gateway.url}${path}`, { headers: { Origin: app } });
    expect(response.status).toBe(status);
    expect(response.headers.get('access-control-allow-origin')).toBe(app);
  });

  test('overrides the CORS headers of a function', async () => {
    const headers = { 'Access-Control-Allow-Origin': '*' };
    const gateway = await openGateway(() => ({ statusCode: 200, headers, body: '' }), { corsOrigins });
    const response = await fetch(`${gateway.url}/items`, { headers: { Origin: app } });
    expect(response.headers.get('access-control-allow-origin')).toBe(app);
  });

  test('allows all origins when * is configured', async () => {
    const gateway = await openGateway(undefined, { corsOrigins: ['*'] });
    const response = await fetch(`${gateway.url}/items`, {
      method: 'POST',
      headers: { Origin: 'https://b.example' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('CORS, when none is configured', () => {
  test('is disabled: a preflight is an unknown route', async () => {
    const gateway = await openGateway();
    const response = await fetch(`${gateway.url}/items`, { method: 'OPTIONS', headers: { Origin: app } });
    expect(response.status).toBe(404);
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});
