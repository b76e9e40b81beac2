import { request as httpRequest } from 'node:http';
import { outsideRequest } from '#adapters/http-server/request-faults.ts';
import { parseEndpoint } from '#adapters/local/tasks/endpoint.ts';
import type { Timers } from '#adapters/local/timers.ts';
import { PROBE_PATH, verifyProbeToken } from '#adapters/probe-token.ts';
import { errorCode } from '#adapters/system-error.ts';
import type { ProbedTask } from '#core/ports/gate-probe.ts';
import { runOf } from '#core/workbench/workbench.ts';
import type { OwnRoute } from './own-route.ts';
import type { WorkbenchAddresses } from './workbench-addresses.ts';
import type { WorkbenchRecords } from './workbench-records.ts';

export interface ReachableRouteOptions {
  readonly records: Pick<WorkbenchRecords, 'find'>;
  readonly addresses: Pick<WorkbenchAddresses, 'urlOf'>;
  /** Returns the keys of the tokens. It caches them itself. */
  readonly keys: () => Promise<readonly string[]>;
  readonly timers: Timers;
}

/** The time of a connection, as for the request of a browser, and of a response after it. Milliseconds. */
const CONNECT_TIMEOUT_MS = 2_000;
const RESPONSE_TIMEOUT_MS = 1_000;

const BEARER = /^Bearer (\S{1,512})$/i;

/**
 * `POST /.wb/reachable`: the controller asks whether the gate reaches the task of a start. It is no opening and no use of the
 * workbench: neither the audit nor the activity has it.
 */
export function reachableRoute(options: ReachableRouteOptions): OwnRoute {
  const { addresses, keys, records, timers } = options;
  return {
    method: 'POST',
    path: PROBE_PATH,
    on: 'sign_in_host',
    from: 'any',
    async handle({ request, response }) {
      const [, token = ''] = BEARER.exec(request.headers.authorization ?? '') ?? [];
      const task = verifyProbeToken(await keys(), token, timers.now());
      if (task === undefined) {
        response.writeHead(401, { 'cache-control': 'no-store', 'www-authenticate': 'Bearer' }).end();
        return;
      }
      const { host } = new URL(addresses.urlOf(task.workbenchId));
      const detail = await findObstacle(task, records, (endpoint) => connect(endpoint, host, timers));
      const found = detail === undefined ? { reachable: true } : { reachable: false, detail };
      response
        .writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
        .end(JSON.stringify({ task_id: task.taskId, ...found }));
    },
  };
}

/**
 * Returns why the gate does not reach the task; undefined if it does.
 * @param connectTo returns why there is no connection; undefined if there is one
 * @throws as `WorkbenchRecords.find`
 */
export async function findObstacle(
  { workbenchId, taskId }: ProbedTask,
  records: ReachableRouteOptions['records'],
  connectTo: (endpoint: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  const record = await outsideRequest(() => records.find(workbenchId));
  if (record === undefined) return 'the gate does not find the workbench';
  const run = runOf(record);
  if (run?.phase !== 'accepted' || run.taskId !== taskId) return 'the gate sees another task';
  if (run.endpoint === undefined) return 'the address of the task is not known yet';
  return await connectTo(run.endpoint);
}

/** Returns why there is no connection, or why it ended before a response: the cases in which a browser gets a 502. */
function connect(endpoint: string, host: string, timers: Timers): Promise<string | undefined> {
  return new Promise((resolve) => {
    const { pathname: path, ...address } = parseEndpoint(endpoint);
    const request = httpRequest({ ...address, path, headers: { host }, agent: false });
    let cancel = timers.after(CONNECT_TIMEOUT_MS, () =>
      end(`no connection within ${CONNECT_TIMEOUT_MS / 1000} seconds`),
    );
    const end = (detail: string | undefined) => {
      cancel();
      resolve(detail);
      request.destroy();
    };
    request.once('socket', (socket) => {
      socket.once('connect', () => {
        cancel();
        // A program that is slow with its response is slow for browsers, too.
        cancel = timers.after(RESPONSE_TIMEOUT_MS, () => end(undefined));
      });
    });
    request.on('response', () => end(undefined));
    request.on('upgrade', () => end(undefined));
    request.on('error', (error) => end(describe(error)));
    request.end();
  });
}

function describe(error: unknown): string {
  const code = errorCode(error);
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
      return 'the connection ended without a response';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'no route to the task';
    case 'ETIMEDOUT':
      return 'no connection in time';
    default:
      // A code of the parser.
      if (code.startsWith('HPE_')) return 'the response is not HTTP';
      return code === '' ? 'no connection' : `no connection (${code})`.slice(0, 100);
  }
}
