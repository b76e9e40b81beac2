import type { Server } from 'node:http';
import type { Context } from 'aws-lambda';
import { onTestFinished } from 'vitest';
import { closeServer, listen } from '#adapters/http-server/listen.ts';
import type { GatewayEvent } from '#functions/middleware/gateway.ts';
import { createGateway, type GatewayOptions } from '#local/gateway/gateway.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { TelemetryRecorder } from '../telemetry-recorder.ts';

export interface OpenGateway {
  readonly server: Server;
  readonly port: number;
  readonly url: string;
  readonly timers: ManualClock;
  readonly telemetry: TelemetryRecorder;
  /** The arguments of the handlers. */
  readonly events: GatewayEvent[];
  readonly contexts: Context[];
}

/** Opens a gateway on a free port whose handlers return the result of `respond`. It is closed when the test ends. */
export async function openGateway(
  respond: (event: GatewayEvent) => unknown = () => ({ statusCode: 200, body: 'ok' }),
  options: Partial<GatewayOptions> = {},
): Promise<OpenGateway> {
  const timers = new ManualClock();
  const telemetry = new TelemetryRecorder();
  const events: GatewayEvent[] = [];
  const contexts: Context[] = [];
  const handler = async (event: GatewayEvent, context: Context) => {
    events.push(event);
    contexts.push(context);
    return respond(event);
  };
  const server = createGateway({
    routes: [
      { method: 'GET', path: '/open', access: 'public', hasBody: false, handler },
      { method: 'GET', path: '/items', access: 'user', hasBody: false, handler },
      { method: 'POST', path: '/items', access: 'user', hasBody: true, handler },
      { method: 'GET', path: '/items/{id}', access: 'user', hasBody: false, handler },
    ],
    corsOrigins: [],
    guard: { hosts: [], origins: options.corsOrigins ?? [] },
    timers,
    telemetry,
    ...options,
  });
  const port = await listen(server, '127.0.0.1', 0, 'PORT');
  onTestFinished(() => closeServer(server, 0));
  return { server, port, url: `http://127.0.0.1:${port}`, timers, telemetry, events, contexts };
}

/** Returns the event of the last call. */
export function lastEvent(gateway: OpenGateway): GatewayEvent {
  const event = gateway.events.at(-1);
  if (event === undefined) throw new Error('no handler was called');
  return event;
}
