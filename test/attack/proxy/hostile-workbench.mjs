// The program of a workbench that sends any bytes: a GET of `/<ending>/<bytes in base64url>` receives them unchanged.
// The ending is `close`, `keep` (the connection stays open) or `reset`. All other requests receive 200.
import { createServer } from 'node:net';

const ORDINARY = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';

const server = createServer((socket) => {
  socket.on('error', () => {});
  let head = '';
  socket.on('data', (chunk) => {
    head += chunk.toString('latin1');
    if (!head.includes('\r\n\r\n')) return;
    const [, ending = 'close', bytes] = /^GET \/(close|keep|reset)\/([\w-]*) /.exec(head) ?? [];
    head = '';
    const response = bytes === undefined ? ORDINARY : Buffer.from(bytes, 'base64url');
    if (ending === 'close') socket.end(response);
    else socket.write(response, () => ending === 'reset' && socket.resetAndDestroy());
  });
});
server.listen(Number(process.env.PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
