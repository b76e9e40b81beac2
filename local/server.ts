import type { Server } from 'node:http';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { settlesWithin, systemTimers } from '#adapters/local/timers.ts';
import { RandomIds } from '#adapters/random-ids.ts';
import type { Settings } from '#contract/settings/function-settings.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { build as buildAuthorizer } from '#functions/authorizer/authorizer.ts';
import { build as buildDrive } from '#functions/drive/drive.ts';
import { openData } from './data.ts';
import { createGateway, type GatewayOptions } from './gateway/gateway.ts';
import { buildRoutes, type LocalPorts } from './handlers.ts';
import { openInfrastructure } from './infrastructure.ts';
import { closeServer, listen } from './listen.ts';
import type { ApiAddress } from './proxy/pages.ts';
import { WorkbenchProxy } from './proxy/workbench-proxy.ts';
import { WorkbenchRoutes } from './proxy/workbench-routes.ts';
import { LocalQueue } from './queue.ts';
import type { Runtime } from './runtime.ts';
import { startSchedules } from './schedules.ts';
import type { LocalSettings } from './settings.ts';
import { RESPONSE_DRAIN_TIMEOUT_MS, Shutdown, WORK_DRAIN_TIMEOUT_MS } from './shutdown.ts';
import { deliverAsMessage } from './work-messages.ts';

export interface RunningServer {
  /** Where the API is, with its prefix: `http://127.0.0.1:8999`. */
  readonly api: ApiAddress;
  /** Where workbenches are opened. */
  readonly baseUrl: string;
  /** The port behind it on this machine. */
  readonly workbenchPort: number;
  /** What its workbenches run in, for people. */
  readonly summary: Runtime['summary'];
  /** The table's client: calls can be counted at its middleware stack. */
  readonly client: DynamoDBClient;
  /**
   * Takes no more requests, ends every workbench, writes down that they are stopped, and closes the data. Takes
   * no longer than the workbenches' grace and some seconds.
   */
  close(): Promise<void>;
}

/**
 * Opens everything, in an order in which what fails has touched nothing else: first the records, whose lock
 * finds out a second server, then what runs workbenches, which ends what an earlier server left behind, then
 * the two ports.
 * @throws StartError for what the user can put right; all that was opened is closed again
 */
export async function startServer(
  settings: LocalSettings,
  runtime: Runtime,
  telemetry: Telemetry,
): Promise<RunningServer> {
  const closing = new Shutdown();
  try {
    return await open(settings, runtime, telemetry, closing);
  } catch (error) {
    await closing.run().catch(() => {});
    throw error;
  }
}

async function open(
  settings: LocalSettings,
  runtime: Runtime,
  telemetry: Telemetry,
  closing: Shutdown,
): Promise<RunningServer> {
  const timers = systemTimers;
  const { bindAddress } = settings;
  const name = displayHostname(settings);
  const data = await openData(settings.dataDir, settings.functions.WB_TABLE_NAME, telemetry, closing);
  const queue = new LocalQueue({ timers, telemetry, deliver: (key) => drive(key) });
  closing.add(async () => {
    await settlesWithin(timers, WORK_DRAIN_TIMEOUT_MS, queue.idle());
    await settlesWithin(timers, WORK_DRAIN_TIMEOUT_MS, queue.close());
  });
  const machine = await openInfrastructure(settings, runtime, telemetry, closing, () => baseUrl);

  let api: ApiAddress = { url: `http://${name}:${settings.port}`, authorized: true };
  const proxy = new WorkbenchProxy({
    routes: new WorkbenchRoutes({ workbenches: data.workbenches, timers }),
    guard: { hosts: workbenchHostnames(settings), origins: [] },
    telemetry,
    api: () => api,
    baseUrl: () => new URL(baseUrl),
  });
  const workbenchPort = await listen(proxy.server, bindAddress, settings.workbenchPort, 'WB_WORKBENCH_PORT');
  closing.add(() => proxy.close(RESPONSE_DRAIN_TIMEOUT_MS));
  const baseUrl = settings.baseUrl ?? `http://${name}:${workbenchPort}`;

  const ports: LocalPorts = { ...data, ...machine, queue, telemetry, clock: timers, ids: new RandomIds() };
  const functions: Settings = { ...settings.functions, BASE_URL: baseUrl };
  const drive = deliverAsMessage(buildDrive(ports, functions));
  machine.connect(ports, functions);

  const front = createGateway(gatewayOptions(ports, functions, settings));
  yieldToRequests(front, queue);
  const port = await listen(front, bindAddress, settings.port, 'PORT');
  closing.add(() => closeServer(front, RESPONSE_DRAIN_TIMEOUT_MS));
  api = {
    url: `http://${name}:${port}${functions.RESTAPI_URL_PREFIX ?? ''}`,
    authorized: functions.RESTAPI_AUTH !== 'none',
  };

  closing.add(startSchedules(ports, functions, data));
  return {
    api,
    baseUrl,
    workbenchPort,
    summary: runtime.summary,
    client: data.client,
    close: () => closing.run(),
  };
}

function gatewayOptions(ports: LocalPorts, functions: Settings, { hosts }: LocalSettings): GatewayOptions {
  const { RESTAPI_AUTH, RESTAPI_URL_PREFIX: prefix = '', RESTAPI_CORS_ORIGIN: corsOrigins } = functions;
  const authorizer = {
    authorize: buildAuthorizer(ports, functions),
    ttlSeconds: functions.RESTAPI_AUTH_CACHE_SECONDS,
  };
  return {
    routes: buildRoutes(ports, functions),
    ...(RESTAPI_AUTH === 'none' ? {} : { authorizer }),
    prefix,
    corsOrigins,
    guard: { hosts, origins: corsOrigins },
    timers: systemTimers,
    telemetry: ports.telemetry,
  };
}

/** With so many requests at once the server counts as busy. */
const BUSY_REQUESTS_MIN = 4;

/** One process does everything here: while requests are being answered, the work behind them steps back. */
function yieldToRequests(front: Server, queue: LocalQueue): void {
  let answering = 0;
  front.on('request', (_request, response) => {
    answering += 1;
    if (answering === BUSY_REQUESTS_MIN) queue.setConcurrency(1);
    response.once('close', () => {
      answering -= 1;
      if (answering === 0) queue.setConcurrency(Number.POSITIVE_INFINITY);
    });
  });
}

/** The name that addresses are printed with. */
function displayHostname({ bindAddress, hosts: [first] }: LocalSettings): string {
  return bindAddress === '127.0.0.1' || first === undefined ? '127.0.0.1' : first.replace(/:\d+$/, '');
}

/** Who has set BASE_URL has thereby named the host. */
function workbenchHostnames({ hosts, baseUrl }: LocalSettings): readonly string[] {
  return baseUrl === undefined ? hosts : [...hosts, new URL(baseUrl).host];
}
