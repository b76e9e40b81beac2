import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { hashTicketSecret } from '#adapters/ticket-secret.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { OPEN_REQUESTS_PER_USER_MAX, OPEN_REQUESTS_PER_WORKBENCH_MAX } from '#gate/open-requests.ts';
import type { OwnRequest, OwnRoute } from '#gate/own-route.ts';
import { acceptedRun, ID, idAt, running, stopped, stopping, T0, USER } from '#test/builders/workbench.ts';
import { rawRequest, sendRaw } from '#test/local/raw-http.ts';
import { openBackend, runningAt } from './open-proxy.ts';
import { openSignedInGate, type SignedInGateOptions } from './open-signed-in-gate.ts';
import { anOpenRequest } from './watch/an-open-request.ts';

const OTHER_ID = idAt(T0, 2);
const UNKNOWN_ID = idAt(T0, 3);
const HOST = `Host: ${ID}.wb.example`;
const ORIGIN = `https://${ID}.wb.example`;
const OWNER = `Cookie: __Host-wb_s=${USER}@${ID}`;
const NAVIGATION = ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Site: none', 'Accept: text/html'];

/** Opens a gate with a running workbench of `ada`, which echoes the request line and WebSocket messages. */
async function openGate(options: SignedInGateOptions = {}) {
  const requests: IncomingMessage[] = [];
  const backend = await openBackend((request, response) => {
    requests.push(request);
    request.resume().on('end', () => response.end(`${request.method} ${request.url}`));
  });
  const sockets = new WebSocketServer({ noServer: true });
  backend.server.on('upgrade', (request, socket, head) => {
    requests.push(request);
    sockets.handleUpgrade(request, socket, head, (ws) => ws.on('message', (data) => ws.send(data)));
  });
  onTestFinished(() => {
    for (const client of sockets.clients) client.terminate();
  });
  const open = await openSignedInGate(options);
  open.table.put(runningAt(backend.url));
  const send = (line: string, headers: readonly string[], body = '') =>
    sendRaw(
      open.port,
      rawRequest(line, body === '' ? headers : [...headers, `Content-Length: ${body.length}`], body),
    );
  return { ...open, backend, sockets, requests, send };
}

type OpenGate = Awaited<ReturnType<typeof openGate>>;

/** Opens a WebSocket. Returns it, or the status of the refusal. */
async function openWebSocket(port: number, headers: Readonly<Record<string, string>>, path = '/socket') {
  const client = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
  onTestFinished(() => client.terminate());
  client.on('error', () => {});
  const opened = once(client, 'open').then(() => client);
  const refused = once(client, 'unexpected-response').then(([, response]) => response.statusCode as number);
  return Promise.race([opened, refused]);
}

const OWNER_SOCKET = { host: `${ID}.wb.example`, cookie: `__Host-wb_s=${USER}@${ID}` };

/** The response without the time of day. */
function bytesOf({ head, body }: { readonly head: string; readonly body: string }): string {
  return `${head.replace(/^date: .*$/im, '')}\n${body}`;
}

describe('a request with a session', () => {
  test('of the owner reaches the workbench, with the user and without what is the gate’s', async () => {
    const { send, requests } = await openGate();
    const { status, body } = await send('GET /lab?x=1', [
      HOST,
      `Cookie: a=1; __Host-wb_s=${USER}@${ID}; b=2; __Host-wb_u=x`,
      'Authorization: Bearer of-the-api',
      'X-Workbench-User: root',
      'X_Workbench_User: root',
      'X-Forwarded-For: 10.0.0.1',
      'X-Forwarded-Host: evil.example',
      'X-Real-IP: 10.0.0.1',
      'Forwarded: for=10.0.0.1',
    ]);
    expect([status, body]).toEqual([200, 'GET /lab?x=1']);
    const { headers } = requests[0] as IncomingMessage;
    expect(headers).toMatchObject({
      host: `${ID}.wb.example`,
      cookie: 'a=1; b=2',
      'x-workbench-user': USER,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': `${ID}.wb.example`,
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '443',
      'x-real-ip': '127.0.0.1',
    });
    for (const name of ['authorization', 'forwarded', 'x_workbench_user', 'x-forwarded-prefix'])
      expect(headers).not.toHaveProperty(name);
  });

  test('of an administrator reaches the workbench', async () => {
    const { send, requests } = await openGate();
    expect((await send('GET /', [HOST, `Cookie: __Host-wb_s=root@${ID}`])).status).toBe(200);
    expect(requests[0]?.headers['x-workbench-user']).toBe('root');
  });

  test.each([[NAVIGATION], [['Accept: application/json']]])(
    'of another user gets the bytes of a workbench that does not exist',
    async (headers) => {
      const { send, requests, table } = await openGate();
      table.put({ ...stopped(), workbenchId: OTHER_ID });
      const ask = async (id: string) =>
        bytesOf(
          await send('GET /x', [`Host: ${id}.wb.example`, `Cookie: __Host-wb_s=eve@${id}`, ...headers]),
        );
      const unknown = await ask(UNKNOWN_ID);
      expect(unknown).toMatch(/^HTTP\/1\.1 404 /);
      expect(await ask(ID)).toBe(unknown);
      expect(await ask(OTHER_ID)).toBe(unknown);
      expect(requests).toEqual([]);
    },
  );

  test('of another workbench goes to the sign-in', async () => {
    const { send, requests } = await openGate();
    expect((await send('GET /', [HOST, `Cookie: __Host-wb_s=${USER}@${OTHER_ID}`])).status).toBe(401);
    expect((await send('GET /', [HOST, `Cookie: __Host-wb_u=${USER}`])).status).toBe(401);
    expect((await send('GET /', [HOST, `Cookie: wb_s=${USER}@${ID}`])).status).toBe(401);
    expect(requests).toEqual([]);
  });

  test('gets the status of a workbench that is not running, and its page only if it is the owner’s', async () => {
    const { send, table } = await openGate();
    table.put(stopped());
    const json = await send('GET /api', [HOST, OWNER]);
    expect([json.status, JSON.parse(json.body)]).toMatchObject([503, { status: 'stopped' }]);
    expect(json.head).toMatch(/^retry-after: \d+$/im);
    const page = await send('GET /', [HOST, OWNER, ...NAVIGATION]);
    expect([page.status, page.body]).toEqual([503, expect.stringContaining('The workbench is stopped.')]);
    expect((await send('GET /', [HOST, `Cookie: __Host-wb_s=eve@${ID}`, ...NAVIGATION])).status).toBe(404);
  });

  test('is refused when the record or the session cannot be read', async () => {
    const { send, table, visitors, requests, telemetry, port } = await openGate();
    table.failing = true;
    expect((await send('GET /', [HOST, OWNER])).status).toBe(503);
    expect(await openWebSocket(port, OWNER_SOCKET)).toBe(503);
    table.failing = false;
    visitors.failing = true;
    expect((await send('GET /', [HOST, OWNER])).status).toBe(503);
    expect(await openWebSocket(port, OWNER_SOCKET)).toBe(503);
    expect(requests).toEqual([]);
    expect(telemetry.lines.length).toBe(4);
  });

  test('is refused when the endpoint of the record is no URL', async () => {
    const { send, table } = await openGate();
    table.put(running({ run: acceptedRun({ endpoint: 'nowhere' }) }));
    expect((await send('GET /', [HOST, OWNER])).status).toBe(503);
  });

  test('follows the workbench to its next run, at the latest after a second', async () => {
    const { send, table, timers } = await openGate();
    const next = await openBackend((_request, response) => response.end('next run'));
    expect((await send('GET /a', [HOST, OWNER])).body).toBe('GET /a');
    table.put(running({ run: acceptedRun({ endpoint: next.url, runId: 'next' }) }));
    timers.advance(1000);
    expect((await send('GET /a', [HOST, OWNER])).body).toBe('next run');
    table.put(stopped());
    timers.advance(1000);
    expect((await send('GET /a', [HOST, OWNER])).status).toBe(503);
  });
});

describe('a request without a session', () => {
  test('of a person goes to the sign-in and comes back to its address', async () => {
    const { send, table } = await openGate();
    const { status, head } = await send('GET /lab/tree?a=b', [HOST, ...NAVIGATION]);
    const login = `https://wb.example/.wb/login?rd=${encodeURIComponent(`${ORIGIN}/lab/tree?a=b`)}`;
    expect(status).toBe(302);
    const secret = /^set-cookie: __Host-wb_e=([^;]+);/im.exec(head)?.[1] ?? '';
    expect(head).toContain(`location: ${login}&b=${hashTicketSecret(secret)}\r\n`);
    expect(head).toMatch(/^cache-control: no-store$/im);
    expect(table.reads).toBe(0);

    // A second tab must not make the sign-in of the first one useless.
    const again = await send('GET /lab/tree?a=b', [HOST, ...NAVIGATION, `Cookie: __Host-wb_e=${secret}`]);
    expect(again.head).toContain(`location: ${login}&b=${hashTicketSecret(secret)}\r\n`);
  });

  test('below a prefix needs no ticket, and gets no secret for one', async () => {
    const { send } = await openGate({ mode: 'prefix' });
    const { head } = await send(`GET /project/${ID}/a`, ['Host: wb.example', ...NAVIGATION]);
    const login = `https://wb.example/.wb/login?rd=${encodeURIComponent(`https://wb.example/project/${ID}/a`)}`;
    expect(head).toContain(`location: ${login}\r\n`);
    expect(head).not.toContain('set-cookie');
  });

  test('comes back to the first page from an address that is no path', async () => {
    const { send } = await openGate();
    const { head } = await send('GET //evil.example', [HOST, ...NAVIGATION]);
    expect(head).toContain(`rd=${encodeURIComponent(`${ORIGIN}/`)}&b=`);
  });

  test.each(['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'])(
    'with %s of a program is refused',
    async (method) => {
      const { send, requests, table } = await openGate();
      const { status, head, body } = await send(`${method} /api`, [HOST], method === 'GET' ? '' : 'x');
      expect([status, JSON.parse(body)]).toMatchObject([
        401,
        { message: 'The request has no valid session.' },
      ]);
      expect(head).toMatch(/^content-type: application\/json$/im);
      expect(requests).toEqual([]);
      expect(table.reads).toBe(0);
    },
  );

  test('that posts a form is refused with a page, since a form cannot be repeated', async () => {
    const { send } = await openGate();
    const { status, body } = await send('POST /form', [HOST, `Origin: ${ORIGIN}`, ...NAVIGATION], 'a=b');
    expect([status, body]).toEqual([401, expect.stringContaining('Sign in')]);
  });

  test('says where to get a ticket if there is no sign-in', async () => {
    const { send } = await openGate({ ticketsOnly: true });
    const { status, body } = await send('GET /', [HOST, ...NAVIGATION]);
    expect([status, body]).toEqual([401, expect.stringContaining('the page that lists your workbenches')]);
  });
});

describe('the page of another origin', () => {
  test.each([
    'https://evil.example',
    `https://${OTHER_ID}.wb.example`,
    'https://wb.example',
    'null',
    `http://${ID}.wb.example`,
  ])('%s reaches nothing', async (origin) => {
    const { send, requests, port } = await openGate();
    for (const method of ['GET', 'POST', 'DELETE'])
      expect((await send(`${method} /`, [HOST, OWNER, `Origin: ${origin}`])).status).toBe(403);
    expect(await openWebSocket(port, { ...OWNER_SOCKET, origin })).toBe(403);
    expect(requests).toEqual([]);
  });

  test('that hides its origin is recognized by Sec-Fetch-Site', async () => {
    const { send, requests, port } = await openGate();
    expect((await send('POST /', [HOST, OWNER, 'Sec-Fetch-Site: same-site'])).status).toBe(403);
    expect(await openWebSocket(port, { ...OWNER_SOCKET, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(requests).toEqual([]);
    const script = ['Sec-Fetch-Site: same-site', 'Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: script'];
    expect((await send('GET /', [HOST, OWNER, ...script])).status).toBe(403);
    const frame = ['Sec-Fetch-Site: same-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe'];
    expect((await send('GET /', [HOST, OWNER, ...frame])).status).toBe(403);
    expect(requests).toEqual([]);
    const link = ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'];
    expect((await send('GET /', [HOST, OWNER, ...link])).status).toBe(200);
  });

  test('is not the page of the workbench itself', async () => {
    const { send, port } = await openGate();
    expect((await send('POST /', [HOST, OWNER, `Origin: ${ORIGIN}`], 'x')).status).toBe(200);
    expect(await openWebSocket(port, { ...OWNER_SOCKET, origin: ORIGIN })).toBeInstanceOf(WebSocket);
  });
});

test('a workbench with the most open requests gets no further request or WebSocket', async () => {
  const { port, send, openRequests, requests } = await openGate();
  const open = Array.from({ length: OPEN_REQUESTS_PER_WORKBENCH_MAX }, () =>
    openRequests.add(anOpenRequest()),
  );
  const refused = await send('GET /x', [HOST, OWNER]);
  expect(refused).toMatchObject({ status: 503 });
  expect(refused.head).toMatch(/^retry-after: 10/im);
  expect(await openWebSocket(port, OWNER_SOCKET)).toBe(503);
  expect(requests).toEqual([]);
  open[0]?.();
  expect(await send('GET /x', [HOST, OWNER])).toMatchObject({ status: 200 });
});

test('a user with the most open requests to all workbenches gets no further one, and others do', async () => {
  const { port, send, openRequests, requests } = await openGate();
  const open = Array.from({ length: OPEN_REQUESTS_PER_USER_MAX }, (_, n) =>
    openRequests.add(anOpenRequest({ workbenchId: `other-${n % 4}` })),
  );
  const refused = await send('GET /x', [HOST, OWNER]);
  expect(refused).toMatchObject({ status: 429 });
  expect(refused.head).toMatch(/^retry-after: 10/im);
  expect(await openWebSocket(port, OWNER_SOCKET)).toBe(429);
  expect(requests).toEqual([]);
  open[0]?.();
  expect(await send('GET /x', [HOST, OWNER])).toMatchObject({ status: 200 });
});

describe('a WebSocket', () => {
  test.each([
    [{ host: `${ID}.wb.example` }, 401],
    [{ host: `${ID}.wb.example`, cookie: `__Host-wb_s=eve@${ID}` }, 404],
    [{ host: `${UNKNOWN_ID}.wb.example`, cookie: `__Host-wb_s=eve@${UNKNOWN_ID}` }, 404],
    [{ host: 'wb.example' }, 404],
    [{ host: 'evil.example' }, 404],
  ])('with %j is refused with %i', async (headers, status) => {
    const { port, requests } = await openGate();
    expect(await openWebSocket(port, headers)).toBe(status);
    expect(requests).toEqual([]);
  });

  test.each([
    ['stops', 1001, ({ table }: OpenGate) => table.put(stopping())],
    ['is deleted', 1008, ({ table }: OpenGate) => table.records.clear()],
    ['belongs to another user', 1008, ({ table }: OpenGate) => table.put(running({ userId: 'eve' }))],
  ] as const)('ends within five seconds when its workbench %s', async (_title, code, revoke) => {
    const gate = await openGate();
    const client = (await openWebSocket(gate.port, OWNER_SOCKET)) as WebSocket;
    await gate.timers.advanceAsync(10_000);
    expect(client.readyState).toBe(WebSocket.OPEN);
    const closed = once(client, 'close');
    revoke(gate);
    await gate.timers.advanceAsync(5_000);
    expect((await closed)[0]).toBe(code);
    expect(await openWebSocket(gate.port, OWNER_SOCKET)).not.toBeInstanceOf(WebSocket);
  });

  test('ends within five seconds when its user signs out', async () => {
    const { port, timers, visitors } = await openGate();
    const client = (await openWebSocket(port, OWNER_SOCKET)) as WebSocket;
    const closed = once(client, 'close');
    visitors.signedOut.add(USER);
    await timers.advanceAsync(5_000);
    expect((await closed)[0]).toBe(1008);
  });

  test('counts as activity when the browser sends data, and not because it is open', async () => {
    const { port, timers, activity } = await openGate();
    const client = (await openWebSocket(port, OWNER_SOCKET)) as WebSocket;
    await timers.advanceAsync(60_000);
    expect(await activity.read([ID])).toEqual(new Map());
    const other = (await openWebSocket(port, OWNER_SOCKET)) as WebSocket;
    other.send('hello');
    await once(other, 'message');
    const at = timers.now();
    await timers.advanceAsync(60_000);
    expect(await activity.read([ID])).toEqual(new Map([[ID, at]]));
    client.terminate();
  });

  test('is listed with its decision while it is open, reports what the browser sends, and can be closed', async () => {
    const { port, openRequests, sockets } = await openGate();
    const client = (await openWebSocket(port, OWNER_SOCKET)) as WebSocket;
    const [open] = openRequests.list();
    expect(open).toMatchObject({
      target: '/socket',
      request: { webSocket: true, workbenchId: ID },
      visitor: { kind: 'user', userId: USER },
      forwarded: { kind: 'forward', workbenchId: ID, userId: USER },
    });
    const sent: unknown[] = [];
    openRequests.observe({ noteRequest: () => {}, noteClientData: (one) => sent.push(one) });
    client.send('hello');
    await once(client, 'message');
    expect(sent).toEqual([open]);
    const [atBackend] = sockets.clients;
    const closed = [once(client, 'close'), once(atBackend as WebSocket, 'close')];
    open?.close('going_away');
    await Promise.all(closed);
    expect(openRequests.size).toBe(0);
  });

  test('is removed from the list when the browser closes it', async () => {
    const { port, openRequests } = await openGate();
    const client = (await openWebSocket(port, OWNER_SOCKET)) as WebSocket;
    client.close();
    await expect.poll(() => openRequests.size).toBe(0);
  });
});

describe('a request in progress', () => {
  test('is listed, and closed on both sides', async () => {
    const { port, openRequests, table } = await openSignedInGate();
    const asked = Promise.withResolvers<IncomingMessage>();
    const backend = await openBackend((request, response) => {
      response.write('first');
      asked.resolve(request);
    });
    table.put(runningAt(backend.url));
    const response = sendRaw(port, rawRequest('GET /events', [HOST, OWNER]));
    const atBackend = await asked.promise;
    const [open] = openRequests.list();
    expect(open).toMatchObject({ target: '/events', request: { webSocket: false } });
    const closed = new Promise((resolve) => atBackend.socket.once('close', resolve));
    open?.close('going_away');
    await Promise.all([response.catch(() => {}), closed]);
    await expect.poll(() => openRequests.size).toBe(0);
  });
});

describe('the host of a request', () => {
  test.each([
    ['GET /', ['Host: evil.example'], 404],
    ['GET /', [`Host: ${ID}.wb.example.`], 404],
    ['GET /', [`Host: ${ID}.wb.example:8443`], 404],
    ['GET /', ['Host: 127.0.0.1'], 404],
    [`GET https://${ID}.wb.example/`, [HOST], 400],
    [`GET http://evil.example/`, [HOST], 400],
    ['OPTIONS *', [HOST], 400],
    ['GET /', [HOST, HOST], 400],
    ['GET /', [], 400],
  ])('%s with %j is refused', async (line, hosts, status) => {
    const { send, requests } = await openGate();
    expect((await send(line, [...hosts, OWNER])).status).toBe(status);
    expect(requests).toEqual([]);
  });

  test('may be written in upper case and with the default port', async () => {
    const { send } = await openGate();
    expect((await send('GET /', [`Host: ${ID.toUpperCase()}.WB.example:443`, OWNER])).status).toBe(200);
  });

  test('decides, not the path: a workbench is not served on the sign-in host', async () => {
    const { send, requests } = await openGate();
    const session = `Cookie: __Host-wb_u=${USER}`;
    const moved = await send(`GET /project/${ID}/lab?x`, ['Host: wb.example', session, ...NAVIGATION]);
    expect([moved.status, moved.head]).toEqual([
      307,
      expect.stringContaining(`location: ${ORIGIN}/lab?x\r\n`),
    ]);
    for (const headers of [[], ['Sec-Fetch-Site: same-origin'], ['Origin: https://wb.example']])
      expect((await send(`GET /project/${ID}/lab`, ['Host: wb.example', session, ...headers])).status).toBe(
        403,
      );
    expect((await send(`GET /project/${OTHER_ID}/x`, [HOST, OWNER])).body).toBe(`GET /project/${OTHER_ID}/x`);
    expect(requests.length).toBe(1);
  });
});

describe('a path of the gate', () => {
  function routesFor(handle: OwnRoute['handle']): readonly OwnRoute[] {
    return [
      { method: 'GET', path: '/.wb/health', on: 'unchecked', from: 'any', handle },
      { method: 'POST', path: '/.wb/start', on: 'workbench_host', from: 'own', handle },
      { method: 'GET', path: '/.wb/login', on: 'sign_in_host', from: 'own', handle },
    ];
  }

  async function openWithRoutes(options: SignedInGateOptions = {}) {
    const handled: OwnRequest[] = [];
    const ownRoutes = routesFor(async (own) => {
      handled.push(own);
      own.response.end('own');
    });
    return { ...(await openGate({ ownRoutes, ...options })), handled };
  }

  test.each(['/.wb/', '/.wb/nothing', '/.wb/health/x', '/.wb/login'])(
    'that does not exist never reaches a workbench: %s',
    async (path) => {
      const { send, requests, port } = await openWithRoutes();
      for (const cookie of [OWNER, 'Cookie: none=1'])
        expect((await send(`GET ${path}`, [HOST, cookie])).body).toContain('The path does not exist.');
      expect((await send(`POST ${path}`, [HOST, OWNER, 'Origin: https://evil.example'])).status).toBe(404);
      expect((await send(`GET ${path}`, ['Host: wb.example'])).status).toBe(
        path === '/.wb/login' ? 200 : 404,
      );
      expect(await openWebSocket(port, OWNER_SOCKET, path)).toBe(404);
      expect(requests).toEqual([]);
    },
  );

  test('gets its public URL, its workbench and its visitor', async () => {
    const { send, handled } = await openWithRoutes();
    expect((await send('POST /.wb/start?a', [HOST, OWNER, `Origin: ${ORIGIN}`])).body).toBe('own');
    expect(handled[0]).toMatchObject({
      url: new URL(`${ORIGIN}/.wb/start?a`),
      workbenchId: ID,
      prefix: '',
      visitor: { kind: 'user', userId: USER, workbenchId: ID },
    });
    await send('GET /.wb/login', ['Host: wb.example', `Cookie: __Host-wb_u=${USER}`]);
    expect(handled[1]).toMatchObject({
      url: new URL('https://wb.example/.wb/login'),
      visitor: { userId: USER },
    });
    expect(handled[1]).not.toHaveProperty('workbenchId');
  });

  test('refuses pages of other origins and other methods', async () => {
    const { send, handled } = await openWithRoutes();
    expect((await send('POST /.wb/start', [HOST, OWNER, 'Origin: https://wb.example'])).status).toBe(403);
    const wrong = await send('GET /.wb/start', [HOST, OWNER]);
    expect([wrong.status, wrong.head]).toEqual([405, expect.stringMatching(/^allow: POST$/im)]);
    expect(handled).toEqual([]);
  });

  test('may exist for every host, and then trusts no cookie', async () => {
    const { send, handled, visitors } = await openWithRoutes();
    visitors.failing = true;
    for (const host of ['Host: 10.0.3.4:8080', HOST, 'Host: wb.example'])
      expect((await send('GET /.wb/health', [host, OWNER])).status).toBe(200);
    expect(handled.map(({ visitor }) => visitor.kind)).toEqual(['none', 'none', 'none']);
    expect((await send('POST /.wb/start', ['Host: 10.0.3.4:8080'])).status).toBe(404);
    expect((await send('POST /.wb/start', [HOST, OWNER])).status).toBe(503);
  });

  test('that fails gets a 503', async () => {
    const ownRoutes = routesFor(async () => {
      throw new Error('the store does not respond');
    });
    const { send, telemetry } = await openGate({ ownRoutes });
    expect((await send('GET /.wb/health', [HOST])).status).toBe(503);
    expect(telemetry.lines.length).toBe(1);
  });

  test('is the workbench’s in another spelling', async () => {
    const { send } = await openWithRoutes();
    for (const path of ['/.wb', '/%2ewb/health', '//.wb/health', '/.WB/health'])
      expect((await send(`GET ${path}`, [HOST, OWNER])).body).toBe(`GET ${path}`);
  });

  test('exists below the path of a workbench in prefix mode', async () => {
    const { send, handled, requests } = await openWithRoutes({
      baseUrl: 'https://wb.example/lab',
      mode: 'prefix',
    });
    const session = `Cookie: __Host-wb_u=${USER}`;
    await send(`POST /project/${ID}/.wb/start`, ['Host: wb.example', session, 'Origin: https://wb.example']);
    expect(handled[0]).toMatchObject({
      url: new URL(`https://wb.example/lab/project/${ID}/.wb/start`),
      workbenchId: ID,
      prefix: `/lab/project/${ID}`,
      visitor: { userId: USER },
    });
    expect((await send(`GET /project/${ID}/.wb/x`, ['Host: wb.example', session])).status).toBe(404);
    await send('GET /.wb/login', ['Host: wb.example']);
    expect(handled[1]?.url.href).toBe('https://wb.example/lab/.wb/login');
    expect(requests).toEqual([]);
  });
});

describe('in prefix mode', () => {
  const options = { baseUrl: 'https://wb.example/lab', mode: 'prefix' } as const;

  test('the session of the sign-in host opens the workbenches of its user', async () => {
    const { send, requests, table } = await openGate(options);
    table.put({ ...(table.records.get(ID) as Workbench), workbenchId: OTHER_ID, userId: 'eve' });
    const ask = (id: string, user: string) =>
      send(`GET /project/${id}/x`, ['Host: wb.example', `Cookie: __Host-wb_u=${user}`]);
    expect((await ask(ID, USER)).body).toBe('GET /x');
    expect((await ask(OTHER_ID, USER)).status).toBe(404);
    expect((await ask(ID, 'eve')).status).toBe(404);
    expect(requests.length).toBe(1);
    expect(requests[0]?.headers['x-forwarded-prefix']).toBe(`/lab/project/${ID}`);
  });

  test('the sign-in comes back to the public URL', async () => {
    const { send } = await openGate(options);
    const { head } = await send(`GET /project/${ID}/x`, ['Host: wb.example', ...NAVIGATION]);
    expect(head).toContain(`rd=${encodeURIComponent(`https://wb.example/lab/project/${ID}/x`)}\r\n`);
  });

  test('workbenches have no host of their own', async () => {
    const { send } = await openGate(options);
    expect((await send('GET /', [HOST, OWNER])).status).toBe(404);
  });
});
