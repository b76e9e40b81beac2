import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Nothing was started because of something the user can put right: told without a stack trace. */
export class StartError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StartError';
  }
}

/**
 * Listens, and answers the port taken (`port` 0: any free one).
 * @param setting the name of the setting that chose the port, for the message
 * @throws StartError when the port cannot be had
 */
export async function listen(server: Server, host: string, port: number, setting: string): Promise<number> {
  server.listen({ host, port, exclusive: true });
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') {
      throw new StartError(
        `Port ${port} is in use. Stop what uses it, or set ${setting} to another one.`,
        error,
      );
    }
    if (code === 'EACCES') {
      throw new StartError(
        `Port ${port} may not be used by this user. Set ${setting} to one above 1,023.`,
        error,
      );
    }
    throw new StartError(`${setting} ${port} on ${host} cannot be listened on: ${String(code)}.`, error);
  }
  return (server.address() as AddressInfo).port;
}

/** Stops accepting, lets what is being answered end for so long, then cuts. */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(cut);
}
