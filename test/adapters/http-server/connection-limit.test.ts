import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { limitConnections } from '#adapters/http-server/connection-limit.ts';
import { closeServer, listen } from '#adapters/http-server/listen.ts';
import { TelemetryRecorder } from '#test/local/telemetry-recorder.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

interface OpenOptions {
  readonly openFilesMax?: number;
  readonly respond?: (response: ServerResponse) => void;
  readonly upgrade?: (socket: Duplex) => void;
}

/** A server with a limit, and functions that connect to it. */
async function open(
  max: number,
  { openFilesMax, respond = (response) => response.end('ok'), upgrade }: OpenOptions = {},
) {
  const timers = new ManualClock();
  const telemetry = new TelemetryRecorder();
  const server = createServer((_request, response) => respond(response));
  if (upgrade !== undefined) server.on('upgrade', (_request, socket) => upgrade(socket));
  const files = openFilesMax === undefined ? {} : { openFilesMax };
  limitConnections(server, { max, name: 'API', timers, telemetry, ...files });
  const port = await listen(server, '127.0.0.1', 0, 'PORT');
  onTestFinished(() => closeServer(server, 0));
  const openConnection = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    socket.resume();
    await once(socket, 'connect');
    return socket;
  };
  /** Whether a new connection is closed without a response. */
  const isClosed = async (): Promise<boolean> => {
    const socket = await openConnection();
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    await once(socket, 'close');
    return text === '';
  };
  return { server, timers, telemetry, openConnection, isClosed };
}

test('a connection above the limit is closed, and admitted when another has ended', async () => {
  const { server, openConnection, isClosed, telemetry } = await open(1);
  const accepted = once(server, 'connection');
  const first = await openConnection();
  const [atServer] = await accepted;
  expect(await isClosed()).toBe(true);
  const ended = once(atServer, 'close');
  first.destroy();
  await ended;
  expect(await isClosed()).toBe(false);
  expect(telemetry.lines).toEqual([
    { level: 'warn', message: 'too many connections', fields: { server: 'API', max: 1, closed: 1 } },
  ]);
});

test('closed connections are logged once a minute', async () => {
  const { server, openConnection, isClosed, telemetry, timers } = await open(1);
  const accepted = once(server, 'connection');
  await openConnection();
  await accepted;
  for (let sent = 0; sent < 3; sent += 1) await isClosed();
  expect(telemetry.lines.map(({ fields }) => fields.closed)).toEqual([1]);
  timers.advance(60_000);
  expect(telemetry.lines.map(({ fields }) => fields.closed)).toEqual([1, 2]);
  timers.advance(60_000);
  await isClosed();
  expect(telemetry.lines.map(({ fields }) => fields.closed)).toEqual([1, 2, 1]);
});

test.each([
  [2000, 20_000, 2000],
  [2000, 1024, 256],
  [2000, 2, 1],
  [2000, Number.POSITIVE_INFINITY, 2000],
])('a limit of %i with %d open files is %i', async (max, openFilesMax, expected) => {
  expect((await open(max, { openFilesMax })).server.maxConnections).toBe(expected);
});

test("the limit of open files is the system's by default", async () => {
  const { server } = await open(Number.MAX_SAFE_INTEGER);
  const files = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }));
  expect(server.maxConnections).toBe(Number.isNaN(files) ? Number.MAX_SAFE_INTEGER : Math.floor(files / 4));
});

test('a connection with more than 16 requests that wait for responses is closed', async () => {
  const requests = (count: number) => 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(count);
  const server = createServer();
  let received = 0;
  server.on('request', () => {
    received += 1;
    server.emit('received', received);
  });
  limitConnections(server, {
    max: 9,
    name: 'API',
    timers: new ManualClock(),
    telemetry: new TelemetryRecorder(),
  });
  const port = await listen(server, '127.0.0.1', 0, 'PORT');
  onTestFinished(() => closeServer(server, 0));
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  socket.resume();
  socket.write(requests(16));
  while (received < 16) await once(server, 'received');
  expect(socket.closed).toBe(false);
  const closed = once(socket, 'close');
  socket.write(requests(1));
  await closed;
  expect(received).toBe(17);
});

describe('at the limit', () => {
  const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

  /** Sends a request and keeps the connection. Resolves when both sides have the whole response. */
  async function becomeIdle(server: Server, socket: Socket): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      server.once('request', (_request, response) => response.once('close', resolve));
    });
    socket.write(GET);
    await Promise.all([ended, once(socket, 'data')]);
  }

  test('the connection that has been idle for longest is closed in favour of a new one', async () => {
    const { server, openConnection, isClosed, telemetry } = await open(3);
    const first = await openConnection();
    await becomeIdle(server, first);
    const second = await openConnection();
    await becomeIdle(server, second);
    const firstClosed = once(first, 'close');
    const third = await openConnection();
    await firstClosed;
    const secondClosed = once(second, 'close');
    expect(await isClosed()).toBe(false);
    await secondClosed;
    await becomeIdle(server, third);
    expect(telemetry.lines).toEqual([]);
  });

  test('a connection keeps its request in progress, and is closed after the response', async () => {
    const held: ServerResponse[] = [];
    const { server, openConnection, isClosed } = await open(2, {
      respond: (response) => held.push(response),
    });
    const sockets = [await openConnection(), await openConnection()];
    for (const socket of sockets) {
      const received = once(server, 'request');
      socket.write(GET);
      await received;
    }
    expect(await isClosed()).toBe(true);
    const closed = once(sockets[0] as Socket, 'close');
    held[0]?.end('ok');
    await closed;
    expect(sockets[1]?.closed).toBe(false);
  });

  test('a WebSocket is not idle, and the server without a listener for upgrades gets none', async () => {
    const { server, openConnection, isClosed } = await open(2, {
      upgrade: (socket) => {
        socket.once('end', () => socket.destroy()).resume();
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n');
      },
    });
    const socket = await openConnection();
    await becomeIdle(server, socket);
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    await once(socket, 'data');
    const accepted = once(server, 'connection');
    await openConnection();
    await accepted;
    expect(await isClosed()).toBe(true);
    expect(socket.closed).toBe(false);
    expect((await open(2)).server.listenerCount('upgrade')).toBe(0);
  });
});
