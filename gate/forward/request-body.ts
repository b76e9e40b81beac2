import { Agent, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Timers } from '#adapters/local/timers.ts';
import { forwardableTrailers } from './backend-response.ts';
import { hasBody } from './request-headers.ts';

/** How long a workbench may take to ask for a body. Many programs ignore `Expect`, and clients wait for it. */
const CONTINUE_TIMEOUT_MS = 1000;

/** Sends the body of a request, and its trailers. */
export function sendRequestBody(
  request: IncomingMessage,
  response: ServerResponse,
  toBackend: ClientRequest,
  timers: Timers,
): void {
  if (!hasBody(request)) {
    toBackend.end();
    return;
  }
  if (expectsContinue(request)) askForBody(request, response, toBackend, timers);
  request.once('end', () => {
    if (request.rawTrailers.length === 0 || toBackend.destroyed) return;
    toBackend.addTrailers(forwardableTrailers(request));
  });
  request.pipe(toBackend);
}

export function expectsContinue({ headers }: IncomingMessage): boolean {
  return headers.expect?.toLowerCase() === '100-continue';
}

/** Asks the client for the body when the workbench does, or when it has not responded for CONTINUE_TIMEOUT_MS. */
function askForBody(
  request: IncomingMessage,
  response: ServerResponse,
  toBackend: ClientRequest,
  timers: Timers,
): void {
  let isDecided = false;
  const decide = () => {
    isDecided = true;
    cancel();
  };
  const proceed = () => {
    if (isDecided) return;
    decide();
    if (!response.headersSent && response.writable) response.writeContinue();
  };
  const cancel = timers.after(CONTINUE_TIMEOUT_MS, proceed);
  toBackend.once('continue', proceed);
  toBackend.once('response', decide).once('close', decide);
  request.once('data', decide);
}

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
