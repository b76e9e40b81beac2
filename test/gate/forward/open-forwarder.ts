import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { closeServer, listen } from '#adapters/http-server/listen.ts';
import { parseEndpoint } from '#adapters/local/tasks/endpoint.ts';
import {
  deferContinue,
  Forwarder,
  type ForwarderOptions,
  type ForwardResult,
  type ForwardTarget,
} from '#gate/forward/forwarder.ts';
import { ID } from '#test/builders/workbench.ts';
import { TelemetryRecorder } from '#test/local/telemetry-recorder.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

/** Opens a server that forwards every request to one endpoint. It responds with 502 when the forwarder has not. */
export async function openForwarder(
  endpoint: string,
  { prefix = '', userId, ...options }: Partial<ForwarderOptions> & Partial<ForwardTarget> = {},
) {
  const timers = new ManualClock();
  const telemetry = new TelemetryRecorder();
  const results: ForwardResult[] = [];
  const sockets: Socket[] = [];
  const clientData: number[] = [];
  const forwarder = new Forwarder({
    telemetry,
    timers,
    baseUrl: () => new URL('http://gate.example'),
    ...options,
  });
  const targetOf = ({ url = '/' }: IncomingMessage): ForwardTarget => ({
    workbenchId: ID,
    runId: 'run',
    prefix,
    rest: url,
    endpoint: parseEndpoint(endpoint),
    ...(userId === undefined ? {} : { userId }),
  });
  const server = createServer(async (request, response) => {
    const result = await forwarder.forward(request, response, targetOf(request));
    results.push(result);
    if (result !== 'done') response.writeHead(502).end(result);
  });
  deferContinue(server);
  server.on('upgrade', async (request, socket: Socket, head) => {
    sockets.push(socket);
    const result = await forwarder.upgrade(request, socket, head, targetOf(request), (bytes) => {
      clientData.push(bytes);
    });
    results.push(result);
    if (result !== 'done') socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n');
  });
  const port = await listen(server, '127.0.0.1', 0, 'PORT');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await closeServer(server, 0);
    forwarder.close();
  });
  return {
    server,
    forwarder,
    timers,
    telemetry,
    results,
    sockets,
    clientData,
    port,
    url: `http://127.0.0.1:${port}`,
  };
}
