import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Timers } from '#adapters/local/timers.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';

/** The most connections at once: of the API, and of the workbenches' origin, whose WebSockets stay open. */
export const MAX_API_CONNECTIONS = 2000;
export const MAX_WORKBENCH_CONNECTIONS = 4000;

/** The most requests of one connection that wait for their responses. Browsers send one at a time. */
const MAX_PIPELINED = 16;

/** The shortest time between two log lines, milliseconds. */
const LOG_INTERVAL_MS = 60_000;

export interface ConnectionLimitOptions {
  readonly max: number;
  /** For the log: `API`. */
  readonly name: string;
  /** The most files that this process may open. @default that of the system */
  readonly openFilesMax?: number;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
}

/**
 * Closes new connections while `max` are open, or a quarter of the files that this process may open. A connection to a
 * workbench needs two files. So both servers leave a quarter to records and tasks. A client that sends more than
 * MAX_PIPELINED requests without waiting for the responses loses its connection: each could open a file.
 */
export function limitConnections(server: Server, options: ConnectionLimitOptions): void {
  const { max, name, openFilesMax = readOpenFilesMax(), timers, telemetry } = options;
  server.maxConnections = Math.max(1, Math.min(max, Math.floor(openFilesMax / 4)));
  const unanswered = new WeakMap<Socket, number>();
  server.on('request', ({ socket }, response) => {
    const count = (unanswered.get(socket) ?? 0) + 1;
    unanswered.set(socket, count);
    response.once('close', () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1));
    if (count > MAX_PIPELINED) socket.destroy();
  });
  let closed = 0;
  let waiting = false;
  const log = () => {
    telemetry.warn('too many connections', { server: name, max: server.maxConnections, closed });
    closed = 0;
    waiting = true;
    timers.after(LOG_INTERVAL_MS, () => {
      waiting = false;
      if (closed > 0) log();
    });
  };
  server.on('drop', () => {
    closed += 1;
    if (!waiting) log();
  });
}

/** Returns the limit of open files (`ulimit -n`). */
function readOpenFilesMax(): number {
  // Without this, the report resolves the host names of all addresses.
  Object.assign(process.report, { excludeNetwork: true });
  const { userLimits } = process.report.getReport() as {
    readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } };
  };
  const soft = userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : Number.POSITIVE_INFINITY;
}
