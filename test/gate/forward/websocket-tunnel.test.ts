import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { openBackend } from '#test/gate/open-proxy.ts';
import { openForwarder } from './open-forwarder.ts';

/** A browser with a WebSocket to a workbench that records what arrives. */
async function openBoth() {
  const backend = await openBackend((_request, response) => response.end());
  const server = new WebSocketServer({ server: backend.server });
  const accepted = once(server, 'connection');
  const open = await openForwarder(backend.url);
  const browser = new WebSocket(`ws://127.0.0.1:${open.port}/`);
  onTestFinished(() => browser.terminate());
  await once(browser, 'open');
  const [workbench] = (await accepted) as [WebSocket];
  onTestFinished(() => workbench.terminate());
  const control: string[] = [];
  workbench.on('ping', (data) => control.push(`ping ${data}`));
  workbench.on('pong', (data) => control.push(`pong ${data}`));
  const pings: Buffer[] = [];
  browser.on('ping', (data) => pings.push(data));
  return { ...open, browser, workbench, control, pings };
}

/** Sends a message through and waits until it has arrived: everything sent before has arrived, too. */
async function roundTrip({
  browser,
  workbench,
}: {
  browser: WebSocket;
  workbench: WebSocket;
}): Promise<void> {
  const arrived = once(workbench, 'message');
  browser.send('x');
  await arrived;
}

describe('a WebSocket on which nothing is sent', () => {
  test('gets a ping after 20 to 25 s, whose pong does not reach the workbench', async () => {
    const open = await openBoth();
    open.timers.advance(20_000);
    await roundTrip(open);
    expect(open.pings).toEqual([]);
    for (let pings = 1; pings <= 3; pings += 1) {
      open.timers.advance(pings === 1 ? 5_000 : 20_000);
      await expect.poll(() => open.pings.length).toBe(pings);
      await roundTrip(open);
    }
    expect(open.control).toEqual([]);
    expect(open.browser.readyState).toBe(WebSocket.OPEN);
  });

  test('gets no ping while the workbench sends', async () => {
    const open = await openBoth();
    for (let seconds = 0; seconds < 100; seconds += 10) {
      const arrived = once(open.browser, 'message');
      open.workbench.send('still here');
      await arrived;
      open.timers.advance(10_000);
    }
    await roundTrip(open);
    expect(open.pings).toEqual([]);
  });

  test('has pings and pongs of the workbench and of the browser forwarded', async () => {
    const open = await openBoth();
    open.timers.advance(25_000);
    await expect.poll(() => open.pings.length).toBe(1);
    open.workbench.ping('of the workbench');
    await once(open.browser, 'ping');
    open.browser.ping('of the browser');
    open.browser.pong('unsolicited');
    await once(open.browser, 'pong');
    expect(open.control.sort()).toEqual(['ping of the browser', 'pong of the workbench', 'pong unsolicited']);
  });

  test('needs no timer once it has ended', async () => {
    const open = await openBoth();
    expect(open.timers.scheduledCount).toBe(1);
    open.browser.terminate();
    await expect.poll(() => open.timers.scheduledCount).toBe(0);
  });
});

test('no ping is sent within a frame of the workbench', async () => {
  const accepted = Promise.withResolvers<Socket>();
  const server = createServer((socket) => {
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.write(Buffer.from([0x82, 4, 1, 2]));
      accepted.resolve(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const open = await openForwarder(`http://127.0.0.1:${port}`);
  const browser = connect(open.port, '127.0.0.1');
  onTestFinished(() => void browser.destroy());
  const received: Buffer[] = [];
  browser.on('data', (chunk) => received.push(chunk));
  const frames = () => {
    const bytes = Buffer.concat(received);
    return [...bytes.subarray(bytes.indexOf('\r\n\r\n') + 4)];
  };
  browser.write('GET / HTTP/1.1\r\nHost: wb1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
  const workbench = await accepted.promise;
  await expect.poll(() => frames()).toEqual([0x82, 4, 1, 2]);
  open.timers.advance(60_000);
  workbench.write(Buffer.from([3, 4]));
  await expect.poll(() => frames().length).toBe(6);
  expect(frames()).toEqual([0x82, 4, 1, 2, 3, 4]);
  open.timers.advance(25_000);
  await expect.poll(() => frames().slice(6, 8)).toEqual([0x89, 8]);
});

test('the data that a browser sends is counted, without its control frames', async () => {
  const open = await openBoth();
  open.browser.ping('not counted');
  open.browser.send('12345');
  open.browser.send(Buffer.alloc(100_000));
  await once(open.workbench, 'message');
  await once(open.workbench, 'message');
  open.workbench.send('not counted either');
  open.browser.close();
  await once(open.workbench, 'close');
  expect(open.clientData.reduce((sum, bytes) => sum + bytes, 0)).toBe(100_005);
});

test('a browser learns why the gate ends its WebSocket', async () => {
  for (const [reason, code] of [
    ['policy_violation', 1008],
    ['going_away', 1001],
  ] as const) {
    const open = await openBoth();
    const closed = Promise.all([once(open.browser, 'close'), once(open.workbench, 'close')]);
    const [socket] = open.sockets;
    if (socket === undefined) throw new Error('the gate has no WebSocket');
    open.forwarder.endWebSocket(socket, reason);
    const [[received]] = await closed;
    expect(received).toBe(code);
  }
});

test('a browser that does not read stops the workbench', async () => {
  const open = await openBoth();
  open.browser.pause();
  const message = Buffer.alloc(1_048_576);
  for (let sent = 0; sent < 32; sent += 1) open.workbench.send(message);
  await expect.poll(() => open.sockets[0]?.writableNeedDrain).toBe(true);
  const [socket] = open.sockets;
  expect(socket?.writableLength).toBeLessThan(1_048_576);
  let received = 0;
  const all = Promise.withResolvers<void>();
  open.browser.on('message', () => {
    received += 1;
    if (received === 32) all.resolve();
  });
  open.browser.resume();
  await all.promise;
});
