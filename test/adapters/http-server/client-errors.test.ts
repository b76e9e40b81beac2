import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { respondToClientErrors } from '#adapters/http-server/client-errors.ts';
import { closeServer, listen } from '#adapters/http-server/listen.ts';
import { refuseUpgrade } from '#gate/pages/responses.ts';

/** Sends bytes to a server, and never closes the client's side. Returns the response and the server's connection. */
async function send(bytes: string) {
  const server = createServer();
  respondToClientErrors(server);
  server.on('upgrade', (_request, socket) => refuseUpgrade(socket, 403));
  const port = await listen(server, '127.0.0.1', 0, 'PORT');
  onTestFinished(() => closeServer(server, 0));
  const accepted = once(server, 'connection');
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  const [atServer] = await accepted;
  const closed = once(atServer, 'close');
  socket.write(bytes);
  await closed;
  if (!socket.readableEnded) await once(socket, 'end');
  return text;
}

test.each([
  ['that are not HTTP', 'no request\r\n\r\n', 'HTTP/1.1 400 '],
  [
    'of an upgrade that is refused',
    'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    'HTTP/1.1 403 ',
  ],
  [
    'of a URL that is not percent-encoded',
    'GET /?user_id=Jürgen HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'HTTP/1.1 400 [^]*percent-encoded, such as',
  ],
])('bytes %s end the connection, although the client does not close its side', async (_, bytes, status) => {
  expect(await send(bytes)).toMatch(new RegExp(`^${status}`));
});
