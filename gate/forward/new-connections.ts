import { Agent } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Opens a connection for each request. A workbench may respond and close its side before it has read the body, for example
 * because the body is too large. The response can be read then, although the rest of the body cannot be written.
 */
export class NewConnections extends Agent {
  constructor() {
    super({ keepAlive: false });
  }

  override createConnection(
    options: Parameters<Agent['createConnection']>[0],
    callback?: Parameters<Agent['createConnection']>[1],
  ): Duplex | null | undefined {
    const socket = super.createConnection(options, callback);
    if (socket) discardWhatIsNotRead(socket);
    return socket;
  }
}

/** Without this, Node.js closes a connection at the first write that fails, with the response that has arrived. */
function discardWhatIsNotRead(socket: Duplex): void {
  const write = socket._write.bind(socket);
  const writev = socket._writev?.bind(socket);
  const tolerant = (callback: (error?: Error | null) => void) => (error?: NodeJS.ErrnoException | null) =>
    callback(error?.code === 'EPIPE' ? null : error);
  socket._write = (chunk, encoding, callback) => write(chunk, encoding, tolerant(callback));
  if (writev !== undefined) socket._writev = (chunks, callback) => writev(chunks, tolerant(callback));
}
