import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { openBackend } from '#test/gate/open-proxy.ts';
import { openForwarder } from './open-forwarder.ts';

type Opened = Awaited<ReturnType<typeof openForwarder>> & {
  readonly workbench: WebSocket;
  /** The connection of the workbench to the gate. */
  readonly backend: Socket;
};

/** What ends a WebSocket while the browser sends. */
const ENDS: Readonly<Record<string, (open: Opened) => void>> = {
  'the workbench is killed': ({ backend }) => backend.resetAndDestroy(),
  'the workbench exits': ({ backend }) => backend.destroy(),
  'the workbench closes the WebSocket': ({ workbench }) => workbench.close(1001),
  'the workbench ends its side of the connection': ({ backend }) => backend.end(),
  'the right is lost': ({ forwarder, sockets }) =>
    forwarder.endWebSocket(sockets.at(-1) as Socket, 'policy_violation'),
  'the gate stops': ({ forwarder, sockets }) =>
    forwarder.endWebSocket(sockets.at(-1) as Socket, 'going_away'),
  'the gate is killed': ({ sockets }) => sockets.at(-1)?.resetAndDestroy(),
};

/** The lengths of frame headers differ below and above 126 and 65,536 bytes. */
const LENGTHS = [1, 125, 126, 5_000, 65_535, 65_536, 200_000];
/** The messages that have arrived before the end. */
const ARRIVED = 40;

/** A message that shows its place in the sequence. */
function messageOf(index: number): string {
  return `${index} `.padEnd(LENGTHS[index % LENGTHS.length] as number, '.');
}

function placeOf(message: string): number {
  return Number(message.slice(0, message.indexOf(' ')));
}

/** A gate and a workbench that keeps the messages of each of its WebSockets. */
async function openRecorder() {
  const backend = await openBackend((_request, response) => response.end());
  const server = new WebSocketServer({ server: backend.server, perMessageDeflate: false });
  const received: string[][] = [];
  server.on('connection', (socket) => {
    const messages: string[] = [];
    received.push(messages);
    socket.on('error', () => {});
    socket.on('message', (data) => messages.push(String(data)));
  });
  const open = await openForwarder(backend.url);
  const connect = async () => {
    const accepted = once(server, 'connection');
    const browser = new WebSocket(`ws://127.0.0.1:${open.port}/`, { perMessageDeflate: false });
    browser.on('error', () => {});
    onTestFinished(() => browser.terminate());
    await once(browser, 'open');
    const [workbench, request] = (await accepted) as [WebSocket, { socket: Socket }];
    return { browser, workbench, backend: request.socket };
  };
  return { open, received, connect };
}

test.each(Object.keys(ENDS))(
  'what a browser sends arrives once and in order until %s, and then its WebSocket is closed',
  async (name) => {
    const { open, received, connect } = await openRecorder();
    const { browser, workbench, backend } = await connect();
    const closed = once(browser, 'close');
    let sent = 0;
    const send = () => {
      if (browser.readyState !== WebSocket.OPEN) return;
      browser.send(messageOf(sent));
      sent += 1;
      setImmediate(send);
    };
    send();
    await expect.poll(() => received[0]?.length).toBeGreaterThan(ARRIVED / 2);
    // The gate removes the pong, which it reads together with the messages before and after it.
    const pinged = once(browser, 'ping');
    const atGate = open.sockets.at(-1);
    atGate?.pause();
    open.timers.advance(25_000);
    await pinged;
    browser.send(messageOf(sent));
    sent += 1;
    atGate?.resume();
    await expect.poll(() => received[0]?.length).toBeGreaterThan(ARRIVED);
    ENDS[name]?.({ ...open, workbench, backend });
    await closed;

    const next = await connect();
    next.browser.send('0 of the next WebSocket');
    await expect.poll(() => received[1]).toEqual(['0 of the next WebSocket']);
    const [first = []] = received;
    expect(first.length).toBeGreaterThan(ARRIVED);
    expect(first.length).toBeLessThanOrEqual(sent);
    expect(first.map(placeOf)).toEqual(first.map((_, index) => index));
    expect(first.every((message, index) => message === messageOf(index))).toBe(true);
  },
);
