// The program of a workbench: serves a secret, echoes the messages of WebSockets, and shows what it receives.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const received = { posts: 0, sockets: 0 };
const server = createServer((request, response) => {
  if (request.method === 'POST') received.posts += 1;
  const bodies = {
    '/secret': 'the secret',
    '/received': JSON.stringify(received),
    '/headers': JSON.stringify(request.headers),
  };
  response.setHeader('set-cookie', `session=${process.env.WORKBENCH_ID}; Path=/`);
  response.setHeader('content-type', 'text/html');
  response.end(bodies[request.url] ?? `<title>${request.headers.cookie ?? 'no cookie'}</title>`);
});
new WebSocketServer({ server }).on('connection', (socket) => {
  received.sockets += 1;
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
server.listen(Number(process.env.PORT), '127.0.0.1');
