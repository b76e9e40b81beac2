import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { ID, stopped } from '#test/builders/workbench.ts';
import { rawRequest, sendRaw } from '#test/local/raw-http.ts';
import { type BackendAddress, openBackend, openProxy, runningAt } from './open-proxy.ts';

/** A proxy in front of a workbench that echoes WebSocket messages. */
async function openEcho(address: BackendAddress = '127.0.0.1') {
  const backend = await openBackend((_request, response) => response.writeHead(426).end('no WebSocket'), {
    address,
  });
  const sockets = new WebSocketServer({ noServer: true });
  const upgrades: string[] = [];
  backend.server.on('upgrade', (request, socket, head) => {
    upgrades.push(
      `${request.url} ${request.headers['x-forwarded-prefix']} ${request.headers['x-forwarded-host']}`,
    );
    sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
    });
  });
  onTestFinished(() => {
    for (const client of sockets.clients) client.terminate();
  });
  const open = await openProxy(runningAt(backend.url));
  return { ...open, sockets, upgrades, ws: `ws://127.0.0.1:${open.port}/project/${ID}` };
}

async function connected(url: string, options: WebSocket.ClientOptions = {}): Promise<WebSocket> {
  const client = new WebSocket(url, options);
  onTestFinished(() => client.terminate());
  await once(client, 'open');
  return client;
}

/** Returns the status of a refused upgrade. */
async function refusal(url: string, options: WebSocket.ClientOptions = {}): Promise<number | undefined> {
  const client = new WebSocket(url, options);
  onTestFinished(() => client.terminate());
  client.on('error', () => {});
  const [, response] = await once(client, 'unexpected-response');
  return response.statusCode;
}

describe('a WebSocket to a workbench', () => {
  test('transports messages in both directions, below the prefix', async () => {
    const { ws, port, upgrades } = await openEcho();
    const client = await connected(`${ws}/socket?token=1`, { origin: `http://127.0.0.1:${port}` });
    client.send('hello');
    expect(String((await once(client, 'message'))[0])).toBe('hello');
    const binary = Buffer.alloc(200_000, 7);
    client.send(binary);
    expect((await once(client, 'message'))[0]).toEqual(binary);
    expect(upgrades).toEqual([`/socket?token=1 /project/${ID} 127.0.0.1:${port}`]);
  });

  test.each(['::1', 'socket'] as const)('reaches a workbench at %s', async (address) => {
    const { ws } = await openEcho(address);
    const client = await connected(`${ws}/`);
    client.send('hello');
    expect(String((await once(client, 'message'))[0])).toBe('hello');
  });

  test('is closed at the workbench when the browser disconnects', async () => {
    const { ws, sockets } = await openEcho();
    const client = await connected(`${ws}/`);
    const [atBackend] = sockets.clients;
    if (atBackend === undefined) throw new Error('the backend has no WebSocket');
    client.terminate();
    await once(atBackend, 'close');
  });

  test('is closed in the browser when the workbench disconnects', async () => {
    const { ws, sockets } = await openEcho();
    const client = await connected(`${ws}/`);
    for (const atBackend of sockets.clients) atBackend.terminate();
    await once(client, 'close');
  });

  test('is closed on both sides when the proxy closes', async () => {
    const { ws, sockets, proxy } = await openEcho();
    const client = await connected(`${ws}/`);
    const [atBackend] = sockets.clients;
    if (atBackend === undefined) throw new Error('the backend has no WebSocket');
    await Promise.all([once(client, 'close'), once(atBackend, 'close'), proxy.close(1000)]);
  });

  test.each<[page: string, origin: string, status: number]>([
    ['a page of another site', 'https://evil.example', 403],
    ['a page of the API', 'http://127.0.0.1:8999', 403],
    ['a sandboxed page', 'null', 403],
  ])('is refused to %s', async (_page, origin, status) => {
    const { ws, upgrades } = await openEcho();
    expect(await refusal(`${ws}/`, { origin })).toBe(status);
    expect(upgrades).toEqual([]);
  });

  test('is refused for a foreign host name', async () => {
    const { ws, upgrades } = await openEcho();
    expect(await refusal(`${ws}/`, { headers: { Host: 'evil.example' } })).toBe(403);
    expect(upgrades).toEqual([]);
  });

  test('is refused if the workbench does not exist or does not run', async () => {
    const { port } = await openEcho();
    expect(await refusal(`ws://127.0.0.1:${port}/project/${ID.replace('0', '1')}/`)).toBe(404);
    expect(await refusal(`ws://127.0.0.1:${port}/socket`)).toBe(404);
    const other = await openProxy(stopped());
    expect(await refusal(`ws://127.0.0.1:${other.port}/project/${ID}/`)).toBe(503);
  });

  test('returns the refusal of the workbench', async () => {
    const backend = await openBackend((_request, response) => response.writeHead(426).end('no WebSocket'));
    const { port } = await openProxy(runningAt(backend.url));
    expect(await refusal(`ws://127.0.0.1:${port}/project/${ID}/`)).toBe(426);
  });

  test('is closed when the workbench does not respond, and the next one reads the record again', async () => {
    const { ws, workbenches } = await openEcho();
    const record = workbenches.record;
    const dead = await openBackend(() => {});
    dead.server.close();
    workbenches.record = runningAt(dead.url);
    const client = new WebSocket(`${ws}/`);
    await once(client, 'error');
    workbenches.record = record;
    await connected(`${ws}/`);
  });

  test('is not forwarded with another protocol', async () => {
    const { port, upgrades } = await openEcho();
    const lines = ['Host: localhost', 'Upgrade: h2c'];
    const request = rawRequest(`GET /project/${ID}/`, lines).replace(
      'Connection: close',
      'Connection: Upgrade',
    );
    await sendRaw(port, request);
    expect(upgrades).toEqual([]);
  });
});
