import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorCode } from '#adapters/system-error.ts';

/** The server cannot start for a reason that the user can correct. The message is printed without a stack trace. */
export class StartError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StartError';
  }
}

/** Whether `listen` failed because a program uses the port. */
export function isPortInUse(error: unknown): error is StartError {
  return error instanceof StartError && errorCode(error.cause) === 'EADDRINUSE';
}

/**
 * Listens on a port and returns its number (`port` 0: any free port).
 * @param setting the setting with the port, for messages
 * @throws StartError when the server cannot listen on the port
 */
export async function listen(server: Server, host: string, port: number, setting: string): Promise<number> {
  server.listen({ host, port, exclusive: true });
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') {
      throw new StartError(
        `Port ${port} is in use. Stop the program that uses it, or set ${setting} to another port.`,
        error,
      );
    }
    if (code === 'EACCES') {
      throw new StartError(
        `This user may not use port ${port}. Set ${setting} to a port above 1,023.`,
        error,
      );
    }
    throw new StartError(
      `The server cannot listen on ${host}, port ${port} (${setting}): ${String(code)}.`,
      error,
    );
  }
  return (server.address() as AddressInfo).port;
}

/** Accepts no more connections, waits at most `graceMs` for responses in progress, then closes all connections. */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const force = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(force);
}
