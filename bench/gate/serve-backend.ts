/**
 * What the measured proxies forward to, as a process of its own: `node bench/gate/serve-backend.ts`. Prints its port. Responds with
 * 1 KiB, at `/download?bytes=N` with N bytes, and echoes what WebSockets send.
 */
import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WEBSOCKET_GUID } from './websockets.ts';

const BODY = Buffer.alloc(1024, 'x');
const CHUNK = Buffer.alloc(65_536, 'x');

function sendBytes(response: ServerResponse, bytes: number): void {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes });
  let left = bytes;
  const send = () => {
    while (left > 0) {
      const chunk = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
      left -= chunk.length;
      if (!response.write(chunk) && left > 0) return;
    }
    response.end();
  };
  response.on('drain', send);
  send();
}

const server = createServer((request, response) => {
  const bytes = /^\/download\?bytes=(\d+)$/.exec(request.url ?? '')?.[1];
  if (bytes !== undefined) sendBytes(response, Number(bytes));
  else response.writeHead(200, { 'content-type': 'text/plain', 'content-length': BODY.length }).end(BODY);
});

server.on('upgrade', (request, socket) => {
  const key = `${request.headers['sec-websocket-key']}${WEBSOCKET_GUID}`;
  const accept = createHash('sha1').update(key).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  // The frames of the load generator are masked with zeros and shorter than 126 bytes. An echo has no mask.
  socket.on('data', (frame: Buffer) => {
    if (frame[0] !== 0x82) return;
    socket.write(Buffer.concat([Buffer.of(0x82, (frame[1] as number) & 0x7f), frame.subarray(6)]));
  });
  socket.on('end', () => socket.end());
  socket.on('error', () => socket.destroy());
});

server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
