/**
 * A proxy in front of one backend, as a process of its own: `node bench/proxies/serve-proxy.ts NAME FOLDER PORT`. Prints the port
 * on which it listens. FOLDER has the packages of the candidates.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { parseEndpoint } from '#adapters/local/tasks/endpoint.ts';
import { deferContinue, Forwarder } from '#gate/forward/forwarder.ts';

const [, , name = '', folder = '', backendPort = ''] = process.argv;
const backend = `http://127.0.0.1:${backendPort}`;
const load = createRequire(`${folder}/index.js`);

/** Returns a handler for requests, or a server. */
const CANDIDATES: Readonly<Record<string, () => Server>> = {
  forwarder() {
    const silent = () => {};
    const forwarder = new Forwarder({
      telemetry: { info: silent, warn: silent, error: silent, metric: silent } as never,
      baseUrl: () => new URL('http://localhost'),
    });
    const endpoint = parseEndpoint(backend);
    const server = createServer(async (request, response) => {
      const rest = request.url ?? '/';
      const target = { workbenchId: 'wb', runId: 'run', prefix: '', rest, endpoint };
      const result = await forwarder.forward(request, response, target);
      if (result !== 'done') response.writeHead(502).end();
    });
    deferContinue(server);
    return server;
  },
  httpxy() {
    const proxy = load('httpxy').createProxyServer();
    return createServer((request, response) => {
      proxy.web(request, response, { target: backend }).catch(() => fail(response));
    });
  },
  'http-proxy-3'() {
    const proxy = load('http-proxy-3').createProxyServer({ target: backend });
    proxy.on('error', (_error: Error, _request: IncomingMessage, response: ServerResponse) => fail(response));
    return createServer((request, response) => proxy.web(request, response));
  },
  'fast-proxy'() {
    const { proxy } = load('fast-proxy')({ base: backend });
    return createServer((request, response) => proxy(request, response, request.url, {}));
  },
  '@fastify/http-proxy'() {
    const fastify = load('fastify')();
    fastify.register(load('@fastify/http-proxy'), { upstream: backend });
    void fastify.ready();
    return fastify.server;
  },
  undici() {
    const { Pool } = load('undici');
    const pool = new Pool(backend);
    const drop = new Set([
      'connection',
      'keep-alive',
      'transfer-encoding',
      'upgrade',
      'expect',
      'te',
      'trailer',
    ]);
    return createServer((request, response) => {
      const headers = Object.fromEntries(Object.entries(request.headers).filter(([key]) => !drop.has(key)));
      const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
      const options = { path: request.url, method: request.method, headers, body: hasBody ? request : null };
      pool
        .stream(
          options,
          ({ statusCode, headers: received }: { statusCode: number; headers: Record<string, string> }) => {
            for (const key of drop) delete received[key];
            return response.writeHead(statusCode, received);
          },
        )
        .catch(() => fail(response));
    });
  },
};

function fail(response: ServerResponse): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(502).end();
}

const server = CANDIDATES[name]?.();
if (server === undefined) throw new Error(`unknown candidate: ${name}`);
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
