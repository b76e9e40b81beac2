import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type RequestListener } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openBackend } from '#test/gate/open-proxy.ts';
import { rawRequest, sendRaw } from '#test/local/raw-http.ts';
import { openForwarder } from './open-forwarder.ts';
import { openSilentPort } from './silent-address.ts';

const HOST = 'Host: wb1.gate.example';

async function openBoth(listener: RequestListener) {
  const backend = await openBackend(listener);
  return { backend, ...(await openForwarder(backend.url)) };
}

/** A workbench that responds with these bytes, and records what it receives. */
async function openRaw(respond: (received: string, socket: Socket) => void) {
  const received: string[] = [];
  const server = createServer((socket) => {
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      received[0] = text;
      respond(text, socket);
    });
    onTestFinished(() => void socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return { received, ...(await openForwarder(`http://127.0.0.1:${port}`)) };
}

describe('a workbench', () => {
  test('whose address does not respond is unreachable after two seconds', async () => {
    const { url, timers, results } = await openForwarder(`http://127.0.0.1:${await openSilentPort()}`);
    const response = fetch(url);
    await expect.poll(() => timers.scheduledCount).toBe(1);
    timers.advance(1999);
    expect(results).toEqual([]);
    timers.advance(1);
    expect(await (await response).text()).toBe('unreachable');
    expect(timers.scheduledCount).toBe(0);
  });

  test('whose address does not respond to a WebSocket is unreachable after two seconds', async () => {
    const { port, timers } = await openForwarder(`http://127.0.0.1:${await openSilentPort()}`);
    const upgrade = ['Upgrade: websocket', 'Sec-WebSocket-Key: x'];
    const request = rawRequest('GET /', [HOST, ...upgrade]).replace(
      'Connection: close',
      'Connection: Upgrade',
    );
    const response = sendRaw(port, request);
    await expect.poll(() => timers.scheduledCount).toBe(1);
    timers.advance(2000);
    expect((await response).status).toBe(502);
  });

  test('that has accepted the connection may take any time to respond', async () => {
    const waiting = Promise.withResolvers<() => void>();
    const { url, timers, results } = await openBoth((_request, response) =>
      waiting.resolve(() => response.end('late')),
    );
    const response = fetch(url);
    const respond = await waiting.promise;
    timers.advance(3_600_000);
    expect(results).toEqual([]);
    respond();
    expect(await (await response).text()).toBe('late');
  });

  test.each([500, 502, 503, 504])('has its own %i forwarded unchanged', async (status) => {
    const { url } = await openBoth((_request, response) => {
      response.writeHead(status, { 'x-of': 'workbench', 'retry-after': '7' }).end('own page');
    });
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([status, 'own page']);
    expect(response.headers.get('x-of')).toBe('workbench');
    expect(response.headers.get('retry-after')).toBe('7');
  });

  test('has the headers of a stream of events forwarded before the first event, and each event at once', async () => {
    let send: (event: string) => void = () => {};
    const { url } = await openBoth((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      send = (event) => response.write(event);
    });
    const response = await fetch(url);
    const reader = response.body?.getReader();
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      send(event);
      expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe(event);
    }
    await reader?.cancel();
  });

  test('receives Range, and its 206 is forwarded', async () => {
    const { url } = await openBoth(({ headers }, response) => {
      response.writeHead(206, { 'content-range': 'bytes 2-3/6', 'x-range': headers.range }).end('cd');
    });
    const response = await fetch(url, { headers: { range: 'bytes=2-3' } });
    expect([response.status, await response.text()]).toEqual([206, 'cd']);
    expect(response.headers.get('content-range')).toBe('bytes 2-3/6');
    expect(response.headers.get('x-range')).toBe('bytes=2-3');
  });

  test('has the length of a response to HEAD forwarded, and no body', async () => {
    const { port } = await openBoth((request, response) => {
      response.writeHead(200, { 'content-length': '1000', 'x-method': request.method }).end();
    });
    const { status, head, body } = await sendRaw(port, rawRequest('HEAD /', [HOST]));
    expect([status, body]).toEqual([200, '']);
    expect(head).toMatch(/^content-length: 1000$/im);
    expect(head).toMatch(/^x-method: HEAD$/im);
  });

  test('may end its response without a length by closing the connection', async () => {
    const { port } = await openRaw((_received, socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nhello'));
    const { status, body } = await sendRaw(port, rawRequest('GET /', [HOST]));
    expect([status, body]).toEqual([200, '5\r\nhello\r\n0\r\n\r\n']);
  });

  test('has its 103 forwarded to browsers only', async () => {
    const { port } = await openBoth((_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
      response.end('page');
    });
    const browser = await sendRaw(port, rawRequest('GET /', [HOST, 'Sec-Fetch-Mode: navigate']));
    expect(browser.head).toMatch(/^HTTP\/1\.1 103 Early Hints\r\nlink: <\/style\.css>/i);
    expect(browser.body).toMatch(/^HTTP\/1\.1 200 OK/);
    expect((await sendRaw(port, rawRequest('GET /', [HOST]))).head).toMatch(/^HTTP\/1\.1 200 OK/);
  });
});

describe('the end of a client', () => {
  test('ends a request before its response', async () => {
    const arrived = Promise.withResolvers<IncomingMessage>();
    const { port } = await openBoth((request) => arrived.resolve(request));
    const client = connect(port, '127.0.0.1');
    client.write(rawRequest('GET /', [HOST]));
    const { socket } = await arrived.promise;
    const closed = once(socket, 'close');
    client.destroy();
    await closed;
  });

  test('ends an upload in progress', async () => {
    const arrived = Promise.withResolvers<IncomingMessage>();
    const { port } = await openBoth((request) => {
      request.on('error', () => {});
      request.once('data', () => arrived.resolve(request));
    });
    const client = connect(port, '127.0.0.1');
    client.write(`PUT / HTTP/1.1\r\n${HOST}\r\nContent-Length: 1000\r\n\r\nhalf`);
    const request = await arrived.promise;
    const closed = new Promise((resolve) => request.socket.once('close', resolve));
    client.destroy();
    await closed;
    expect(request.complete).toBe(false);
  });
});

describe('trailers', () => {
  test('of a response are forwarded, but not those that would change its meaning', async () => {
    const { port } = await openRaw((received, socket) => {
      if (!received.endsWith('\r\n\r\n')) return;
      socket.end(
        'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\nSet-Cookie: a=b\r\nLocation: /x\r\n\r\n',
      );
    });
    const { head, body } = await sendRaw(port, rawRequest('GET /', [HOST, 'TE: trailers']));
    expect(head).toMatch(/^trailer: X-Sum$/im);
    expect(body).toBe('2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n');
  });

  test('of a request are forwarded', async () => {
    const { port, received } = await openRaw((text, socket) => {
      if (text.includes('0\r\nX-Sum')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
    const body =
      '2\r\nhi\r\n0\r\nX-Sum: 1\r\nHost: evil\r\nX_Workbench_User: root\r\nX-WB-Run: root\r\nX.Rewrite-URL: root\r\n\r\n';
    const headers = [HOST, 'Trailer: X-Sum', 'Transfer-Encoding: chunked'];
    expect((await sendRaw(port, rawRequest('POST /', headers, body))).status).toBe(200);
    expect(received[0]).toMatch(/^trailer: X-Sum$/im);
    expect(received[0]?.endsWith('2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n')).toBe(true);
  });

  test('are accepted from the workbench if the client accepts them', async () => {
    const { port, received } = await openRaw((_text, socket) =>
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
    );
    await sendRaw(port, rawRequest('GET /', [HOST, 'TE: gzip, trailers;q=0.5']));
    expect(received[0]).toMatch(/^te: trailers$/im);
    expect(received[0]).toMatch(/^connection: te, keep-alive$/im);
    await sendRaw(port, rawRequest('GET /', [HOST, 'TE: trailers-not']));
    expect(received[0]).not.toMatch(/^te:/im);
  });
});

describe('a client that waits for 100-continue', () => {
  const headers = [HOST, 'Expect: 100-continue', 'Content-Length: 2'];
  const head = rawRequest('PUT /', headers);

  test('receives it from the workbench, and then sends the body', async () => {
    const backend = await openBackend((request, response) => {
      request.resume().on('end', () => response.end('stored'));
    });
    const expected: (string | undefined)[] = [];
    backend.server.on('checkContinue', (request, response) => {
      expected.push(request.headers.expect);
      response.writeContinue();
      backend.server.emit('request', request, response);
    });
    const { port } = await openForwarder(backend.url);
    const client = connect(port, '127.0.0.1');
    onTestFinished(() => void client.destroy());
    client.write(head);
    expect(String((await once(client, 'data'))[0])).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    client.write('hi');
    expect(String((await once(client, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*stored/);
    expect(expected).toEqual(['100-continue']);
  });

  test('receives a refusal of the workbench instead', async () => {
    const backend = await openBackend(() => {});
    backend.server.on('checkContinue', (_request, response) => response.writeHead(413).end());
    const { port } = await openForwarder(backend.url);
    const { status } = await sendRaw(port, head);
    expect(status).toBe(413);
  });

  test('receives it after a second from a workbench that ignores the header', async () => {
    const { port, timers, received } = await openRaw((text, socket) => {
      if (text.endsWith('\r\n\r\nhi')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
    const client = connect(port, '127.0.0.1');
    onTestFinished(() => void client.destroy());
    client.write(head);
    await expect.poll(() => received[0]).toContain('100-continue');
    timers.advance(1000);
    expect(String((await once(client, 'data'))[0])).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    client.write('hi');
    expect(String((await once(client, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(timers.scheduledCount).toBe(0);
  });
});

describe('a body of many megabytes', () => {
  const CHUNK = randomBytes(1_048_576);
  const CHUNKS = 24;
  const digest = createHash('sha256');
  for (let index = 0; index < CHUNKS; index += 1) digest.update(CHUNK);
  const EXPECTED = digest.digest('hex');

  test('is downloaded unchanged, and no faster than the client reads', async () => {
    let written = 0;
    const { port, server } = await openBoth((_request, response) => {
      const write = () => {
        while (written < CHUNKS) {
          written += 1;
          if (!response.write(CHUNK)) {
            response.once('drain', write);
            return;
          }
        }
        response.end();
      };
      write();
    });
    const connected = once(server, 'connection');
    const client = httpRequest({ port, host: '127.0.0.1', path: '/' }).end();
    const [toClient] = (await connected) as [Socket];
    const [response] = (await once(client, 'response')) as [IncomingMessage];
    await expect.poll(() => toClient.writableNeedDrain).toBe(true);
    // Without a limit, some megabytes would arrive in these turns of the event loop.
    for (let turn = 0; turn < 300; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(toClient.writableLength).toBeLessThan(CHUNK.length);
    expect(written).toBeLessThan(CHUNKS);
    const received = createHash('sha256');
    for await (const chunk of response) received.update(chunk as Buffer);
    expect(received.digest('hex')).toBe(EXPECTED);
  });

  test('is uploaded unchanged, and no faster than the workbench reads', async () => {
    const arrived = Promise.withResolvers<IncomingMessage>();
    const { port } = await openBoth((request, response) => {
      arrived.resolve(request);
      request.once('end', () => response.end('stored'));
    });
    const client = httpRequest({ port, host: '127.0.0.1', path: '/', method: 'PUT' });
    let written = 0;
    let isBlocked = false;
    while (!isBlocked && written < CHUNKS) {
      written += 1;
      isBlocked = !client.write(CHUNK);
    }
    const request = await arrived.promise;
    const received = createHash('sha256');
    request.on('data', (chunk) => received.update(chunk));
    for (; written < CHUNKS; written += 1) if (!client.write(CHUNK)) await once(client, 'drain');
    client.end();
    const [response] = (await once(client, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    expect(received.digest('hex')).toBe(EXPECTED);
    response.resume();
  });
});
