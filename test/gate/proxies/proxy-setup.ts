import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, request as send } from 'node:http';
import WebSocket, { WebSocketServer } from 'ws';
import { closeServer, listen } from '#adapters/http-server/listen.ts';
import { systemTimers } from '#adapters/local/timers.ts';
import type { ProxyKind } from '#gate/forward-auth/proxy-kind.ts';
import type { OwnRoute } from '#gate/own-route.ts';
import { ID, USER } from '#test/builders/workbench.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { openForwardAuth } from '#test/gate/forward-auth/open-forward-auth.ts';
import { runningAt } from '#test/gate/open-proxy.ts';
import { findFreePort, startProxy } from './proxy-process.ts';

export const HOST = `${ID}.wb.example`;
export const ORIGIN = `https://${HOST}`;
export const OWNER = `__Host-wb_s=${USER}@${ID}`;

export interface ProxyResponse {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What the workbench of the tests received. */
export interface ReceivedRequest {
  readonly server: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A path of the gate that shows that the gate was reached. */
const OWN_ROUTE: OwnRoute = {
  method: 'GET',
  path: '/.wb/health',
  on: 'any',
  from: 'any',
  async handle({ response, url }) {
    response.end(`gate ${url.host}`);
  },
};

/** A program with WebSockets, events and uploads. `name` is in each of its responses. */
export async function openProgram(name: string) {
  const events = new EventTarget();
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    if (path === '/own-502') return void response.writeHead(502).end('own 502');
    if (path === '/clear') return void response.writeHead(200, { 'clear-site-data': '"*"' }).end('cleared');
    if (path === '/own-504') return void response.writeHead(504).end('own 504');
    if (path === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
      events.addEventListener('next', () => response.end('data: 2\n\n'), { once: true });
      return;
    }
    if (path === '/range') {
      const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
      const [from, to] = [Number(range?.[1]), Number(range?.[2])];
      response.writeHead(206, { 'content-range': `bytes ${from}-${to}/10` });
      return void response.end('0123456789'.slice(from, to + 1));
    }
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of request) {
      bytes += (chunk as Buffer).length;
      hash.update(chunk as Buffer);
    }
    response.setHeader('set-cookie', ['own=1; Path=/']);
    response.end(
      JSON.stringify({
        server: name,
        method: request.method,
        url: request.url,
        headers: request.headers,
        bytes,
        sha256: hash.digest('hex'),
      }),
    );
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket, request) => {
    socket.send(JSON.stringify({ server: name, url: request.url, headers: request.headers }));
    socket.on('message', (data) => socket.send(data));
  });
  const port = await listen(server, '127.0.0.1', 0, 'PORT');
  return { server, port, url: `http://127.0.0.1:${port}`, events, close: () => closeAll(server, sockets) };
}

async function closeAll(server: Server, sockets: WebSocketServer): Promise<void> {
  for (const client of sockets.clients) client.terminate();
  await closeServer(server, 0);
}

/** Starts a gate, the proxy in front of it, and a running workbench. */
export async function openProxied(kind: ProxyKind) {
  const ends: (() => Promise<void>)[] = [];
  const gate = await openForwardAuth({
    proxy: kind,
    timers: systemTimers,
    ownRoutes: [OWN_ROUTE],
    onEnd: (close) => ends.unshift(close),
  });
  const program = await openProgram('first');
  ends.unshift(program.close);
  gate.table.put(runningAt(program.url));
  let decisions = 0;
  gate.auth.server.on('request', ({ url }) => {
    if (url?.startsWith('/auth/')) decisions += 1;
  });
  const port = await findFreePort();
  ends.unshift(await startProxy(kind, { public: port, gate: gate.port, decisions: gate.authPort }));

  const ask = async (
    path: string,
    headers: Readonly<Record<string, string>> = {},
    { method = 'GET', body }: { method?: string; body?: Buffer } = {},
  ): Promise<ProxyResponse> => {
    const all = { host: HOST, ...headers };
    const message = send({ host: '127.0.0.1', port, path, method, headers: all, agent: false });
    message.end(body);
    const [response] = (await once(message, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: Buffer.concat(chunks).toString(),
    };
  };
  /** Sends a request of the owner. Returns what the workbench received. */
  const receive = async (path: string, headers: Readonly<Record<string, string>> = {}) =>
    JSON.parse((await ask(path, { cookie: OWNER, ...headers })).body) as ReceivedRequest;
  /** Waits until the proxy itself forwards to the workbench, and not the gate for it. */
  const untilForwarded = () =>
    eventually(waitRealStep, 'the proxy forwards', async () => {
      const before = decisions;
      const { status } = await ask('/', { cookie: OWNER });
      return status === 200 && decisions > before;
    });
  const openSocket = async (headers: Readonly<Record<string, string>>) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket?a=1`, {
      headers: { host: HOST, ...headers },
    });
    socket.on('error', () => {});
    const first = once(socket, 'message').then(([data]) => ({
      socket,
      received: JSON.parse(String(data)) as ReceivedRequest,
    }));
    const refused = once(socket, 'unexpected-response').then(
      ([, response]) => (response as IncomingMessage).statusCode ?? 0,
    );
    return await Promise.race([first, refused]);
  };
  await untilForwarded();
  const close = async () => {
    for (const end of ends) await end();
  };
  return { ...gate, program, publicPort: port, ask, receive, untilForwarded, openSocket, close };
}
