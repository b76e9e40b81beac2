import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Timers } from '#adapters/local/timers.ts';

/** How long the body of a request to the gate itself may take, milliseconds. Such a body is a form of a few kilobytes. */
export const BODY_DEADLINE_MS = 10_000;

export interface BodyDeadline {
  /** Whether the request was ended because its body was late. */
  readonly hasPassed: () => boolean;
}

/**
 * Responds with 408 and closes the connection if the body of a request is not complete in time. The server itself has no
 * such limit, because uploads to a workbench may take any time.
 */
export function setBodyDeadline(
  request: IncomingMessage,
  response: ServerResponse,
  timers: Timers,
): BodyDeadline {
  let passed = false;
  const cancel = timers.after(BODY_DEADLINE_MS, () => {
    if (request.complete) return;
    passed = true;
    const { socket } = request;
    // A response without its socket waits for an earlier one on the same connection.
    if (response.headersSent || response.socket !== socket) {
      socket.destroy();
      return;
    }
    response.writeHead(408, { connection: 'close', 'content-length': 0 });
    response.end(() => socket.destroy());
  });
  request.once('end', cancel);
  request.once('close', cancel);
  return { hasPassed: () => passed };
}
