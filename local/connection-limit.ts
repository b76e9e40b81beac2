import type { Server } from 'node:http';
import type { Timers } from '#adapters/local/timers.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';

/** The most connections at once: of the API, and of the workbenches' origin, whose WebSockets stay open. */
export const MAX_API_CONNECTIONS = 2000;
export const MAX_WORKBENCH_CONNECTIONS = 4000;

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
 * workbench needs two files. So both servers leave a quarter to records and tasks.
 */
export function limitConnections(server: Server, options: ConnectionLimitOptions): void {
  const { max, name, openFilesMax = readOpenFilesMax(), timers, telemetry } = options;
  server.maxConnections = Math.max(1, Math.min(max, Math.floor(openFilesMax / 4)));
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
