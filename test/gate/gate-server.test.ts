import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { toSocketEndpoint } from '#adapters/local/tasks/endpoint.ts';
import { deleting, ID, pending, running, starting, stopped, stopping } from '#test/builders/workbench.ts';
import { rawRequest, sendRaw } from '#test/local/raw-http.ts';
import { openBackend, openProxy, runningAt } from './open-proxy.ts';

const HTML = { Accept: 'text/html,application/xhtml+xml' };

/** Opens a proxy in front of one backend. */
async function openBoth(listener: (request: IncomingMessage, response: ServerResponse) => void) {
  const requests: IncomingMessage[] = [];
  const backend = await openBackend((request, response) => {
    requests.push(request);
    listener(request, response);
  });
  return { ...(await openProxy(runningAt(backend.url))), backend, requests };
}

describe('a running workbench', () => {
  test('receives requests without the prefix, which is in a header', async () => {
    const { url, port, requests } = await openBoth((_request, response) => response.end('hello'));
    const response = await fetch(`${url}/a%2Fb/c.js?x=1&x=2`, { headers: { 'X-Forwarded-For': '10.0.0.1' } });
    expect(await response.text()).toBe('hello');
    expect(requests[0]?.url).toBe('/a%2Fb/c.js?x=1&x=2');
    expect(requests[0]?.headers).toMatchObject({
      host: `127.0.0.1:${port}`,
      'x-forwarded-host': `127.0.0.1:${port}`,
      'x-forwarded-prefix': `/project/${ID}`,
      'x-forwarded-proto': 'http',
      'x-forwarded-for': '127.0.0.1',
    });
  });

  test.each(['::1', 'socket'] as const)('is reached at %s', async (address) => {
    const respond: RequestListener = (request, response) => {
      request.resume();
      request.on('end', () => response.end(`${request.method} ${request.url} ${request.headers.host}`));
    };
    const backend = await openBackend(respond, { address });
    const { url, port } = await openProxy(runningAt(backend.url));
    const post = { method: 'POST', body: 'x'.repeat(100_000) };
    expect(await (await fetch(`${url}/a?x=1`)).text()).toBe(`GET /a?x=1 127.0.0.1:${port}`);
    expect(await (await fetch(`${url}/b`, post)).text()).toBe(`POST /b 127.0.0.1:${port}`);
  });

  test('is reported as unresponsive when nothing listens on its socket', async () => {
    const { url } = await openProxy(runningAt(toSocketEndpoint('/nowhere/socket')));
    expect((await fetch(`${url}/`)).status).toBe(502);
  });

  test.each(['127.0.0.1', 'socket'] as const)(
    'receives requests with the path of its endpoint at %s',
    async (address) => {
      const backend = await openBackend((request, response) => response.end(request.url), { address });
      const { url } = await openProxy(runningAt(`${backend.url}/project/wb1`));
      expect(await (await fetch(`${url}/`)).text()).toBe('/project/wb1/');
      expect(await (await fetch(`${url}/a?x=1`)).text()).toBe('/project/wb1/a?x=1');
    },
  );

  test('does not receive forwarding headers of the client', async () => {
    const { url, port, requests } = await openBoth((_request, response) => response.end());
    const forged = { Forwarded: 'host=evil', 'X-Forwarded-Host': 'evil', 'X-Forwarded-Prefix': '/evil' };
    await fetch(`${url}/`, { headers: { ...forged, 'X-Forwarded-Proto': 'gopher' } });
    expect(requests[0]?.headers).toMatchObject({
      'x-forwarded-host': `127.0.0.1:${port}`,
      'x-forwarded-prefix': `/project/${ID}`,
      'x-forwarded-proto': 'http',
    });
    expect(requests[0]?.headers).not.toHaveProperty('forwarded');
  });

  test('does not receive headers for the connection, nor those that a proxy would set', async () => {
    const { port, requests } = await openBoth((_request, response) => response.end());
    await sendRaw(
      port,
      rawRequest(`GET /project/${ID}/`, [
        'Host: localhost',
        'Connection: X-Hop, cookie, Host',
        'X-Hop: 1',
        'Cookie: a=1',
        'Keep-Alive: timeout=5',
        'Proxy-Connection: keep-alive',
        'X-Real-IP: 10.0.0.1',
        'X-Forwarded-Scheme: https',
        'X_Forwarded_Host: evil',
        'X_Forwarded-For: 10.0.0.1',
        'X-Original-URL: /admin',
        'X-Workbench-User: root',
      ]),
    );
    expect(Object.keys(requests[0]?.headers ?? {}).sort()).toEqual([
      'connection',
      'cookie',
      'host',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-port',
      'x-forwarded-prefix',
      'x-forwarded-proto',
      'x-real-ip',
    ]);
  });

  test.each(['h2c', 'HTTP/2.0, h2c', 'TLS/1.0', ''])(
    'responds to a client that offers the protocol "%s"',
    async (protocol) => {
      const { port, requests } = await openBoth((request, response) => {
        request.resume().on('end', () => response.end('in HTTP/1.1'));
      });
      const offer = [
        `Upgrade: ${protocol}`,
        'Connection: Upgrade, HTTP2-Settings',
        'HTTP2-Settings: AAMAAABk',
      ];
      for (const [method, body] of [
        ['GET', ''],
        ['POST', 'hi'],
      ] as const) {
        const request = rawRequest(
          `${method} /project/${ID}/`,
          ['Host: localhost', ...offer, ...(body === '' ? [] : [`Content-Length: ${body.length}`])],
          body,
        );
        expect(await sendRaw(port, request)).toMatchObject({ status: 200, body: 'in HTTP/1.1' });
      }
      for (const { headers } of requests) {
        expect(headers).not.toHaveProperty('upgrade');
        expect(headers).not.toHaveProperty('http2-settings');
      }
    },
  );

  test('receives cookies of 60,000 bytes; more is refused with a page that says what to do', async () => {
    const backend = await openBackend(
      (request, response) => response.end(String(request.headers.cookie?.length)),
      { maxHeaderSize: 65_536 },
    );
    const { port } = await openProxy(runningAt(backend.url));
    const withCookie = (length: number) =>
      sendRaw(
        port,
        rawRequest(`GET /project/${ID}/`, [
          'Host: localhost',
          'Accept: text/html',
          `Cookie: a=${'x'.repeat(length - 2)}`,
        ]),
      );
    expect(await withCookie(60_000)).toMatchObject({ status: 200, body: '60000' });
    const refused = await withCookie(70_000);
    expect(refused.status).toBe(431);
    expect(refused.head).toMatch(/content-type: text\/html/i);
    expect(refused.head).toContain('clear-site-data: "cookies"\r\n');
    expect(refused.head).toMatch(/content-security-policy: default-src 'none'/);
    expect(refused.body).toContain('Delete the cookies of this site');
  });

  test('stays below its prefix with redirects, cookies and service workers', async () => {
    const { url, port, backend } = await openBoth((request, response) =>
      response
        .writeHead(302, {
          location: `http://localhost:${backend.port}/lab${request.url}`,
          'set-cookie': ['a=1; Path=/', 'b=2; Path=/lab; Domain=127.0.0.1'],
          'service-worker-allowed': '/',
        })
        .end(),
    );
    const { headers } = await fetch(`${url}/x`, { redirect: 'manual' });
    expect(headers.get('location')).toBe(`/project/${ID}/lab/x`);
    expect(headers.getSetCookie()).toEqual([`a=1; Path=/project/${ID}/`, `b=2; Path=/project/${ID}/lab`]);
    expect(headers.get('service-worker-allowed')).toBe(`/project/${ID}/`);
    expect(port).not.toBe(backend.port);
  });

  test('cannot keep a connection open that the client wants to close, nor send headers for the connection', async () => {
    const { port } = await openBoth((_request, response) =>
      response
        .writeHead(200, {
          connection: 'X-Hop, keep-alive',
          'x-hop': '1',
          'keep-alive': 'timeout=99',
          upgrade: 'h2c',
        })
        .end('x'),
    );
    const { head } = await sendRaw(
      port,
      rawRequest(`GET /project/${ID}/`, ['Host: localhost', 'Connection: close']),
    );
    expect(head).toMatch(/^connection: close$/im);
    expect(head).not.toMatch(/x-hop|keep-alive|upgrade/i);
  });

  test('is reached by a redirect from its URL without the slash, which keeps the query', async () => {
    const { url, requests } = await openBoth((_request, response) => response.end());
    const response = await fetch(`${url}?folder=/x`, { redirect: 'manual' });
    expect(response.status).toBe(307);
    expect(response.headers.get('location')).toBe(`/project/${ID}/?folder=/x`);
    expect(requests).toEqual([]);
  });

  test.each([
    ['/', `/project/${ID}/`],
    ['/?a=1', `/project/${ID}/?a=1`],
    ['/tree/x', `/project/${ID}/tree/x`],
  ])('that expects its prefix receives %s with it', async (path, expected) => {
    const backend = await openBackend((request, response) => response.end(request.url));
    const { url } = await openProxy(runningAt(`${backend.url}/project/${ID}`));
    expect(await (await fetch(`${url}${path}`)).text()).toBe(expected);
  });

  test('receives the path and protocol of BASE_URL', async () => {
    const backend = await openBackend(({ headers }, response) => {
      response.end(`${headers['x-forwarded-proto']} ${headers['x-forwarded-prefix']}`);
    });
    const { url } = await openProxy(runningAt(backend.url), 'https://wb.example/lab');
    expect(await (await fetch(`${url}/`)).text()).toBe(`https /lab/project/${ID}`);
    const { headers } = await fetch(`${url}?x`, { redirect: 'manual' });
    expect(headers.get('location')).toBe(`/lab/project/${ID}/?x`);
  });

  test('has its response forwarded unchanged', async () => {
    const { url } = await openBoth((_request, response) => {
      response.writeHead(418, { 'Content-Type': 'text/x', 'Set-Cookie': ['a=1', 'b=2'], ETag: '"x"' });
      response.end('short and stout');
    });
    const response = await fetch(`${url}/`);
    expect(response.status).toBe(418);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(response.headers.get('etag')).toBe('"x"');
    expect(await response.text()).toBe('short and stout');
  });

  test.each([
    ['/tree?a=1', `/project/${ID}/tree?a=1`],
    [`/project/${ID}/tree`, `/project/${ID}/tree`],
    ['tree', 'tree'],
    ['https://else.example/x', 'https://else.example/x'],
    ['//else.example/x', '//else.example/x'],
  ])('that redirects to %s has the location changed to %s', async (location, forwarded) => {
    const { url } = await openBoth((_request, response) => response.writeHead(302, { location }).end());
    const response = await fetch(`${url}/`, { redirect: 'manual' });
    expect(response.headers.get('location')).toBe(forwarded);
  });

  test('receives an upload as a stream', async () => {
    const { url, requests } = await openBoth((request, response) => {
      request.once('data', (chunk) => response.write(chunk));
      request.on('end', () => response.end());
    });
    let push: (text: string) => void = () => {};
    let finish = () => {};
    const body = new ReadableStream({
      start(controller) {
        push = (text) => controller.enqueue(new TextEncoder().encode(text));
        finish = () => controller.close();
      },
    });
    push('first');
    const response = await fetch(`${url}/upload`, { method: 'POST', body, duplex: 'half' } as RequestInit);
    const reader = response.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('first');
    expect(requests[0]?.complete).toBe(false);
    finish();
    expect((await reader?.read())?.done).toBe(true);
  });

  test('has its response streamed, and closed when the client disconnects', async () => {
    const { url, requests } = await openBoth((_request, response) => {
      response.write('first');
    });
    const abort = new AbortController();
    const response = await fetch(`${url}/events`, { signal: abort.signal });
    const reader = response.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('first');
    const closed = once(requests[0]?.socket as object as NodeJS.EventEmitter, 'close');
    abort.abort();
    await closed;
  });

  test('that crashes during a response leaves it incomplete', async () => {
    const { url } = await openBoth((request, response) => {
      response.writeHead(200, { 'Content-Length': 100 });
      response.write('half');
      setImmediate(() => request.socket.destroy());
    });
    const response = await fetch(`${url}/`);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  test('is looked up once for concurrent requests, and again after one second', async () => {
    const { url, timers, workbenches } = await openBoth((_request, response) => response.end());
    await Promise.all(Array.from({ length: 50 }, (_, i) => fetch(`${url}/${i}.js`).then((r) => r.text())));
    expect(workbenches.reads).toBe(1);
    timers.advance(1000);
    await fetch(`${url}/`);
    expect(workbenches.reads).toBe(2);
  });
});

describe('a workbench that does not respond although its status is running', () => {
  test('is looked up again and reached at its new address', async () => {
    const dead = await openBackend(() => {});
    dead.server.close();
    await once(dead.server, 'close');
    const alive = await openBackend((request, response) => response.end(request.url));
    const { url, workbenches } = await openProxy(runningAt(dead.url));
    expect((await fetch(`${url}/`)).status).toBe(502);
    workbenches.record = runningAt(alive.url);
    // The last lookup of the failed request is cached. The refused connection removes it.
    expect(await (await fetch(`${url}/x`)).text()).toBe('/x');
  });

  test('has its current status shown if it has stopped in between', async () => {
    const dead = await openBackend(() => {});
    dead.server.close();
    const { url, workbenches } = await openProxy(runningAt(dead.url));
    workbenches.read = async () => {
      const record = workbenches.record;
      workbenches.record = stopped();
      return record;
    };
    expect(await (await fetch(`${url}/`)).json()).toMatchObject({ status: 'stopped' });
  });

  test('gets a page with a reload for browsers, and JSON for other clients', async () => {
    const { url } = await openBoth((request) => request.socket.destroy());
    const page = await fetch(`${url}/`, { headers: HTML });
    expect([page.status, page.headers.get('content-type')]).toEqual([502, 'text/html; charset=utf-8']);
    expect(await page.text()).toContain('http-equiv="refresh" content="2"');
    const json = await fetch(`${url}/`);
    expect([json.status, await json.json()]).toEqual([502, { message: 'The workbench does not respond.' }]);
  });

  test('receives requests that cannot be repeated over connections that were not used before', async () => {
    const used = new WeakSet<Socket>();
    const onUsedConnection: boolean[] = [];
    const { url } = await openBoth((request, response) => {
      onUsedConnection.push(used.has(request.socket));
      used.add(request.socket);
      request.resume().on('end', () => response.end());
    });
    const methods = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
    for (const method of ['GET', ...methods]) await fetch(`${url}/`, { method });
    expect(onUsedConnection).toEqual([false, ...methods.map(() => false)]);
  });

  test('receives a GET whose kept connection it has closed over a new connection', async () => {
    const used = new WeakSet<Socket>();
    const waiting: ServerResponse[] = [];
    const { url } = await openBoth((request, response) => {
      // As if the workbench had closed its kept connections just when the gate used them.
      if (used.has(request.socket)) return request.socket.destroy();
      used.add(request.socket);
      if (request.url === '/late') return response.end('received');
      waiting.push(response);
      if (waiting.length === 3) for (const one of waiting) one.end();
    });
    const kept = await Promise.all([1, 2, 3].map((index) => fetch(`${url}/${index}`)));
    await Promise.all(kept.map((response) => response.text()));
    const response = await fetch(`${url}/late`);
    expect([response.status, await response.text()]).toEqual([200, 'received']);
  });

  test('is not connected to for a client that has disconnected while the record was read', async () => {
    const { port, backend, workbenches } = await openBoth((_request, response) => response.end());
    let connections = 0;
    backend.server.on('connection', () => {
      connections += 1;
    });
    const reading = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const read = workbenches.read.bind(workbenches);
    workbenches.read = async () => {
      reading.resolve();
      await released.promise;
      return read();
    };
    const client = connect({ port, host: '127.0.0.1' });
    client.write(rawRequest(`GET /project/${ID}/`, ['Host: 127.0.0.1']));
    await reading.promise;
    client.destroy();
    await once(client, 'close');
    // The server has seen the end of the connection when it has handled a request that came later.
    await fetch(`http://127.0.0.1:${port}/`);
    released.resolve();
    workbenches.read = read;
    await fetch(`http://127.0.0.1:${port}/project/${ID}/later`);
    expect(connections).toBe(1);
  });

  test('on a socket may respond before it has read the body, and close its side', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'workbench-socket-')), 'socket');
    const backend = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        socket.write(
          'HTTP/1.1 413 Too Large\r\nContent-Length: 9\r\nConnection: close\r\n\r\ntoo large',
          () => socket.destroy(),
        );
      });
    });
    backend.listen(path);
    onTestFinished(() => void backend.close());
    await once(backend, 'listening');
    const { url } = await openProxy(runningAt(toSocketEndpoint(path)));
    for (const size of [2, 100_000, 5_000_000]) {
      const response = await fetch(`${url}/upload`, { method: 'POST', body: 'x'.repeat(size) });
      expect([size, response.status, await response.text()]).toEqual([size, 413, 'too large']);
    }
  });

  test('receives safe requests a second time, and all others once', async () => {
    const { url, requests } = await openBoth((request) => request.socket.destroy());
    expect((await fetch(`${url}/`)).status).toBe(502);
    expect(requests.length).toBe(2);
    expect((await fetch(`${url}/`, { method: 'POST', body: 'x' })).status).toBe(502);
    expect(requests.length).toBe(3);
  });
});

describe('a workbench that is not running', () => {
  test.each([starting(), pending({ detail: 'waiting for port 40001' }), stopping(), deleting()])(
    'gets a page that reloads soon: $status',
    async (record) => {
      const { url, workbenches, timers } = await openProxy();
      workbenches.record = { ...record, startedAt: timers.now(), updatedAt: timers.now() };
      const response = await fetch(`${url}/some/file`, { headers: HTML });
      const html = await response.text();
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('2');
      expect(html).toContain('http-equiv="refresh" content="2"');
      expect(html).toContain(`<b>${record.status}</b>`);
      if (record.status === 'pending') expect(html).toContain('(waiting for port 40001)');
    },
  );

  test('gets a page with its reason and a long reload interval when it is stopped', async () => {
    const reason = { code: 'exited', message: 'It ended with code 1.' } as const;
    const { url } = await openProxy(stopped({ reason }));
    const response = await fetch(`${url}/`, { headers: HTML });
    const html = await response.text();
    expect(html).toContain('http-equiv="refresh" content="30"');
    expect(html).toContain('It ended with code 1. (exited)');
  });

  test('has its name and its reason escaped', async () => {
    const evil = '<script>alert("1")</script>&\'';
    const reason = { code: 'exited', message: evil } as const;
    const { url } = await openProxy(stopped({ name: evil, reason }));
    const html = await (await fetch(`${url}/`, { headers: HTML })).text();
    expect(html).not.toContain('<script');
    expect(html).toContain('&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#38;&#39;');
  });

  test('gets a page that runs no scripts', async () => {
    const { url } = await openProxy(starting());
    const { headers } = await fetch(`${url}/`, { headers: HTML });
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('gets a 503 with JSON for clients that are not browsers', async () => {
    const reason = { code: 'no_capacity', message: 'No capacity.' } as const;
    const { url } = await openProxy(stopping({ reason }));
    const response = await fetch(`${url}/api`, { method: 'POST', body: 'x' });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await response.json()).toEqual({
      message: 'The workbench is not running.',
      status: 'stopping',
      status_detail: 'run',
      status_reason: reason,
    });
  });

  test('gets a 503 while its endpoint is not known', async () => {
    const record = running();
    const { endpoint: _, ...run } = record.run;
    const { url } = await openProxy({ ...record, run });
    expect((await fetch(`${url}/`)).status).toBe(503);
  });
});

describe("the workbenches' origin", () => {
  test('has an index page', async () => {
    const { origin } = await openProxy();
    const response = await fetch(origin, { headers: HTML });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('/project/&lt;workbench id&gt;/');
  });

  test.each(['/nothing', `/project/${ID}/`, '/project/x/'])('responds with 404 at %s', async (path) => {
    const { origin } = await openProxy();
    const page = await fetch(`${origin}${path}`, { headers: HTML });
    expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    expect((await fetch(`${origin}${path}`)).headers.get('content-type')).toBe('application/json');
  });

  test('responds with an error when the records cannot be read, and reads them again for the next request', async () => {
    const { url, workbenches, telemetry } = await openProxy(stopped());
    workbenches.failing = true;
    expect(await (await fetch(`${url}/`)).json()).toEqual({ message: 'The records cannot be read.' });
    expect(telemetry.lines.length).toBe(1);
    workbenches.failing = false;
    expect(await (await fetch(`${url}/`)).json()).toMatchObject({ status: 'stopped' });
  });

  test('refuses foreign host names, and unsafe requests of pages of other origins', async () => {
    const { port, requests } = await openBoth((_request, response) => response.end());
    const target = `/project/${ID}/`;
    const foreign = await sendRaw(port, rawRequest(`GET ${target}`, ['Host: evil.example']));
    expect([foreign.status, foreign.body]).toEqual([403, expect.stringContaining('WB_LOCAL_HOSTNAMES')]);
    const page = ['Host: localhost', 'Origin: http://localhost:8999'];
    expect((await sendRaw(port, rawRequest(`POST ${target}`, page))).status).toBe(403);
    expect((await sendRaw(port, rawRequest('GET http://evil.example/', ['Host: localhost']))).status).toBe(
      400,
    );
    expect(requests).toEqual([]);
  });

  test('closes in time even if a response does not end', async () => {
    const { url, proxy } = await openBoth((_request, response) => void response.write('x'));
    const response = await fetch(`${url}/`);
    await proxy.close(10);
    await expect(response.text()).rejects.toThrow();
  });

  test('closes a connection that sends no complete request line', async () => {
    const { port } = await openProxy();
    const socket = connect(port, '127.0.0.1', () => socket.end('\0\0\0\r\n\r\n'));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    await once(socket, 'close');
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 400 /);
    await expect.poll(() => socket.destroyed).toBe(true);
  });
});
