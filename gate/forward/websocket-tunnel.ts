import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { removeConnectionHeaders } from './backend-response.ts';

/** One side of a WebSocket, and the bytes that arrived with the head of the HTTP message. */
export interface TunnelSide {
  readonly socket: Socket;
  readonly head: Buffer;
}

/** Sends the 101 to the browser, and then the bytes of each side to the other. */
export function openTunnel(browser: TunnelSide, backend: TunnelSide, accepted: IncomingMessage): void {
  for (const { socket } of [browser, backend]) {
    socket.setTimeout(0);
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    socket.on('error', () => {});
  }
  removeConnectionHeaders(accepted);
  browser.socket.write(renderSwitch(accepted), 'latin1');
  relay(backend, browser.socket);
  relay(browser, backend.socket);
}

function relay({ socket, head }: TunnelSide, to: Socket): void {
  if (head.length > 0) to.write(head);
  socket.on('data', (chunk) => {
    if (!to.write(chunk)) socket.pause();
  });
  to.on('drain', () => socket.resume());
  socket.once('end', () => to.end());
  socket.once('close', () => to.destroy());
}

function renderSwitch({ headers }: IncomingMessage): string {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => `${name}: ${one}\r\n`),
  );
  return `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n${lines.join('')}\r\n`;
}
