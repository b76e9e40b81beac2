import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { parseWorkbenchPath, WorkbenchAddresses } from '#gate/workbench-addresses.ts';
import { ID, idAt, stopped, T0 } from '#test/builders/workbench.ts';
import { rawRequest, sendRaw } from '#test/local/raw-http.ts';
import { openBackend, openProxy, runningAt } from './open-proxy.ts';

const onHosts = (baseUrl: string) => new WorkbenchAddresses('host', () => new URL(baseUrl));

describe('the URL of a workbench', () => {
  test.each([
    ['prefix', 'http://127.0.0.1:9001', `http://127.0.0.1:9001/project/${ID}/`],
    ['prefix', 'https://wb.example.org/lab', `https://wb.example.org/lab/project/${ID}/`],
    ['host', 'http://127.0.0.1:9001', `http://${ID}.localhost:9001/`],
    ['host', 'http://[::1]:9001', `http://${ID}.localhost:9001/`],
    ['host', 'https://wb.example.org', `https://${ID}.wb.example.org/`],
  ] as const)('with %s and BASE_URL %s is %s', (mode, baseUrl, expected) => {
    expect(new WorkbenchAddresses(mode, () => new URL(baseUrl)).urlOf(ID)).toBe(expected);
  });
});

describe('the host of a workbench', () => {
  test.each([
    [`${ID}.localhost`, true],
    [`${ID.toUpperCase()}.LOCALHOST`, true],
    ['localhost', false],
    ['.localhost', false],
    ['api.localhost', false],
    [`a.${ID}.localhost`, false],
    [`${ID}.localhost.`, false],
    [`${ID}.localhost.evil.example`, false],
    [`${ID}xlocalhost`, false],
    [`${ID}.wb.example.org`, false],
  ])('%s: %s', (hostname, expected) => {
    expect(onHosts('http://127.0.0.1:9001').isWorkbenchHost(hostname)).toBe(expected);
  });

  test('is unknown if workbenches share a host', () => {
    const shared = new WorkbenchAddresses('prefix', () => new URL('http://127.0.0.1:9001'));
    expect(shared.isWorkbenchHost(`${ID}.localhost`)).toBe(false);
  });

  test('decides about the workbench, not the path', () => {
    const other = idAt(T0, 2);
    const request = { url: `/project/${other}/x`, headers: { host: `${ID}.localhost:9001` } };
    expect(onHosts('http://127.0.0.1:9001').locate(request as IncomingMessage)).toEqual({
      kind: 'workbench',
      workbenchId: ID,
      prefix: '',
      rest: `/project/${other}/x`,
    });
  });
});

const HOST = `Host: ${ID}.localhost`;
const NAVIGATION = ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Site: none', 'Accept: text/html'];

async function openOnHost() {
  const backend = await openBackend((request, response) => {
    const { cookie, 'x-forwarded-prefix': prefix } = request.headers;
    const text = `${request.method} ${request.url} ${cookie} ${prefix}`;
    response
      .writeHead(200, {
        'content-length': text.length,
        location: '/lab',
        'set-cookie': 's=1; Path=/; Domain=localhost',
      })
      .end(text);
  });
  return { ...(await openProxy(runningAt(backend.url), 'http://127.0.0.1:9001', 'host')), backend };
}

describe('a workbench on a host of its own', () => {
  test('gets its requests unchanged, and its response keeps paths and loses the domains of cookies', async () => {
    const { port } = await openOnHost();
    const { status, head, body } = await sendRaw(port, rawRequest('GET /lab?x=1', [HOST, 'Cookie: a=1']));
    expect([status, body]).toEqual([200, 'GET /lab?x=1 a=1 undefined']);
    expect(head).toMatch(/^location: \/lab$/im);
    expect(head).toMatch(/^set-cookie: s=1; Path=\/$/im);
  });

  test('is where browsers are redirected to from the shared host, with path and query', async () => {
    const { port } = await openOnHost();
    for (const [path, rest] of [
      [`/project/${ID}/lab?x=1`, '/lab?x=1'],
      [`/project/${ID}/`, '/'],
    ]) {
      const { status, head } = await sendRaw(
        port,
        rawRequest(`GET ${path}`, ['Host: localhost', ...NAVIGATION]),
      );
      expect(status).toBe(307);
      expect(head).toMatch(
        new RegExp(`^location: http://${ID}\\.localhost:9001${rest?.replace('?', '\\?')}$`, 'im'),
      );
    }
  });

  test.each([
    ['a request of a page', ['Sec-Fetch-Mode: cors', 'Sec-Fetch-Site: same-origin']],
    ['an image in a page', ['Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Site: same-origin']],
    ['a request of a page in an old browser', ['Origin: http://localhost']],
  ])('is not reached on the shared host by %s', async (_, headers) => {
    const { port } = await openOnHost();
    const { status, body } = await sendRaw(
      port,
      rawRequest(`GET /project/${ID}/`, ['Host: localhost', ...headers]),
    );
    expect([status, body]).toEqual([403, expect.stringContaining('host name of its own')]);
  });

  test('is reached on the shared host by programs, which may not resolve its name', async () => {
    const { port } = await openOnHost();
    const response = await fetch(`http://127.0.0.1:${port}/project/${ID}/api`);
    expect([response.status, await response.text()]).toEqual([200, `GET /api undefined /project/${ID}`]);
  });

  test('is not reached by pages of another workbench', async () => {
    const { port } = await openOnHost();
    const origin = `Origin: http://${idAt(T0, 2)}.localhost`;
    const foreign = await sendRaw(port, rawRequest('POST /', [HOST, origin, 'Content-Length: 0']));
    expect(foreign.status).toBe(403);
    const own = await sendRaw(
      port,
      rawRequest('POST /', [HOST, `Origin: http://${ID}.localhost`, 'Content-Length: 0']),
    );
    expect(own.status).toBe(200);
    const withoutOrigin = rawRequest('POST /', [HOST, 'Sec-Fetch-Site: same-site', 'Content-Length: 0']);
    expect((await sendRaw(port, withoutOrigin)).status).toBe(403);
  });

  test('that does not exist, or does not run, has the pages of one below a path', async () => {
    const { port, workbenches } = await openOnHost();
    const status = async (host: string) => (await sendRaw(port, rawRequest('GET /', [host]))).status;
    expect(await status(`Host: ${idAt(T0, 2)}.localhost`)).toBe(404);
    expect(await status('Host: other.localhost')).toBe(403);
    workbenches.record = stopped();
    expect(await status(HOST)).toBe(503);
  });

  test('accepts WebSockets of its own pages and of programs only', async () => {
    const { port, backend } = await openOnHost();
    const sockets = new WebSocketServer({ server: backend.server });
    sockets.on('connection', (socket, { url }) => socket.send(String(url)));
    onTestFinished(() => {
      for (const client of sockets.clients) client.terminate();
    });
    const open = (path: string, headers: Record<string, string>) => {
      const client = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
      onTestFinished(() => client.terminate());
      client.on('error', () => {});
      return client;
    };
    const host = `${ID}.localhost:9001`;
    for (const [path, headers, url] of [
      ['/ws', { host, origin: `http://${host}` }, '/ws'],
      ['/ws', { host }, '/ws'],
      [`/project/${ID}/ws`, {}, '/ws'],
    ] as const) {
      const [message] = await once(open(path, headers), 'message');
      expect(String(message)).toBe(url);
    }
    for (const [path, headers] of [
      ['/ws', { host, origin: `http://${idAt(T0, 2)}.localhost:9001` }],
      ['/ws', { host, origin: 'http://127.0.0.1:9001' }],
      [`/project/${ID}/ws`, { host: '127.0.0.1:9001', origin: 'http://127.0.0.1:9001' }],
    ] as const) {
      const [, response] = await once(open(path, headers), 'unexpected-response');
      expect(response.statusCode).toBe(403);
    }
  });
});

const id = '01hzzzzzzz0123456789abcdef';

describe('parseWorkbenchPath', () => {
  test.each<[target: string, rest: string]>([
    [`/project/${id}/`, '/'],
    [`/project/${id}/?a=1`, '/?a=1'],
    [`/project/${id}/static/a%2Fb.js?x=/y?z`, '/static/a%2Fb.js?x=/y?z'],
    [`/project/${id}//two`, '//two'],
    [`/project/${id}/../../etc`, '/../../etc'],
  ])('removes the prefix of %s', (target, rest) => {
    expect(parseWorkbenchPath(target)).toEqual({
      kind: 'workbench',
      workbenchId: id,
      prefix: `/project/${id}`,
      rest,
    });
  });

  test.each([
    [`/project/${id}`, `/project/${id}/`],
    [`/project/${id}?folder=/a&x=1`, `/project/${id}/?folder=/a&x=1`],
  ])('adds the missing slash to %s and keeps the query', (target, location) => {
    expect(parseWorkbenchPath(target)).toEqual({ kind: 'missing_slash', location });
  });

  test.each(['/', '/?a=1'])('parses %s as the index', (target) => {
    expect(parseWorkbenchPath(target)).toEqual({ kind: 'index' });
  });

  test.each([
    '/project',
    '/project/',
    '/project/short/',
    `/project/${id.toUpperCase()}/`,
    `/project/${id}x/`,
    `/project/%30${id.slice(1)}/`,
    `/Project/${id}/`,
    `//project/${id}/`,
    `/x/project/${id}/`,
    '/favicon.ico',
  ])('parses %s as unknown', (target) => {
    expect(parseWorkbenchPath(target)).toEqual({ kind: 'unknown' });
  });
});
