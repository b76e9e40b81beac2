/**
 * httpxy without any check, as a process of its own: `node bench/gate/serve-httpxy.ts FOLDER PORT`. Prints its port. FOLDER has
 * the package; PORT is that of the backend.
 */
import { Agent, createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo, Socket } from 'node:net';

const [, , folder = '', backendPort = ''] = process.argv;
const { createProxyServer } = createRequire(`${folder}/index.js`)('httpxy');
const target = `http://127.0.0.1:${backendPort}`;
// Without an agent, it opens a connection for each request.
const proxy = createProxyServer({ target, agent: new Agent({ keepAlive: true }) });

const server = createServer((request, response) => {
  proxy.web(request, response).catch(() => response.destroy());
});
server.on('upgrade', (request, socket: Socket, head) => {
  proxy.ws(request, socket, { target, agent: undefined }, head).catch(() => socket.destroy());
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
