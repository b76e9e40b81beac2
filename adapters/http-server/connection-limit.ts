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
 * workbench needs two files. So both servers leave a quarter to records and tasks. At the limit, the connection that
 * has been idle for longest is closed, so that clients that keep theirs open do not lock out others. A client that
 * sends more than MAX_PIPELINED requests without waiting for the responses loses its connection: each could open a file.
 *
 * Must be called after the listener of `upgrade` is added, if the server has one.
 */
export function limitConnections(server: Server, options: ConnectionLimitOptions): void {
  const { max, name, openFilesMax = readOpenFilesMax(), timers, telemetry } = options;
  const maxConnections = Math.max(1, Math.min(max, Math.floor(openFilesMax / 4)));
  server.maxConnections = maxConnections;
  const open = new Set<Socket>();
  /** Connections between two requests, the one that has been idle for longest first. */
  const idle = new Set<Socket>();
  // Node.js refuses a connection at the limit before any listener is called, so one is closed in advance.
  const closeOldestIdle = () => {
    const [oldest] = idle;
    if (open.size < maxConnections || oldest === undefined) return;
    idle.delete(oldest);
    oldest.destroy();
  };
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      idle.delete(socket);
    });
    closeOldestIdle();
  });
  const unanswered = new WeakMap<Socket, number>();
  server.on('request', ({ socket }, response) => {
    idle.delete(socket);
    const count = (unanswered.get(socket) ?? 0) + 1;
    unanswered.set(socket, count);
    response.once('close', () => {
      const remaining = (unanswered.get(socket) ?? 1) - 1;
      unanswered.set(socket, remaining);
      if (remaining > 0 || socket.destroyed) return;
      idle.add(socket);
      closeOldestIdle();
    });
    if (count > MAX_PIPELINED) socket.destroy();
  });
  // With a listener, Node.js gives every upgrade to it. A server without one must not get one here.
  if (server.listenerCount('upgrade') > 0) server.on('upgrade', ({ socket }) => idle.delete(socket));
  let closed = 0;
  let waiting = false;
  const log = () => {
    telemetry.warn('too many connections', { server: name, max: maxConnections, closed });
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
