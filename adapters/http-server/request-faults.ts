import { AsyncLocalStorage } from 'node:async_hooks';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { respondOnSocket } from './client-errors.ts';

/** A connection of a client, and the response to its latest request. */
interface ClientConnection {
  readonly socket: Socket;
  response?: ServerResponse;
}

/** The connection whose request is handled. */
const current = new AsyncLocalStorage<ClientConnection>();

/**
 * Makes every exception in the handling of a request attributable to the connection of the client. Must be called
 * before other listeners are added to the server.
 *
 * The context begins with the connection, not with the request: Node.js reports the body of a request in the context
 * of the connection.
 */
export function attributeExceptions(server: Server): void {
  const connections = new WeakMap<Socket, ClientConnection>();
  server.prependListener('connection', (socket: Socket) => {
    const connection = { socket };
    connections.set(socket, connection);
    current.enterWith(connection);
  });
  server.prependListener('request', ({ socket }, response) => {
    const connection = connections.get(socket);
    if (connection !== undefined) connection.response = response;
  });
  // After an uncaught exception, Node.js may emit this event outside of the context of the connection.
  server.prependListener('upgrade', ({ socket }) => {
    const connection = connections.get(socket);
    if (connection !== undefined) current.enterWith(connection);
  });
}

/**
 * Calls an action whose exceptions do not belong to the request. For work on state that all requests share: after an
 * exception there, the server cannot continue.
 */
export function outsideRequest<T>(action: () => T): T {
  return current.exit(action);
}

/** Exceptions without a request that are tolerated within one minute. */
const MAX_UNATTRIBUTED = 20;
/** Exceptions that are logged with their stack within one minute. A workbench can cause any number. */
const MAX_LOGGED = 20;
const MINUTE_MS = 60_000;

/**
 * Decides whether the server survives an uncaught exception. An exception in the handling of a request ends the
 * connection of this request.
 */
export class RequestFaults {
  readonly #telemetry: Telemetry;
  readonly #unattributed: Allowance;
  readonly #logged: Allowance;
  /** Exceptions that the server survived. */
  #count = 0;

  /** @param now milliseconds of a clock that is not set */
  constructor(telemetry: Telemetry, now: () => number = () => performance.now()) {
    this.#telemetry = telemetry;
    this.#unattributed = new Allowance(MAX_UNATTRIBUTED, now);
    this.#logged = new Allowance(MAX_LOGGED, now);
  }

  /**
   * Ends the request to which an exception belongs. Must be called by the listener of the exception, in whose context
   * the request is found.
   * @returns false when the exception belongs to no request: the state of the server is unknown
   */
  contain(error: unknown): boolean {
    const connection = current.getStore();
    if (connection === undefined && !(isThrownByHttp(error) && this.#unattributed.take())) return false;
    this.#count += 1;
    if (this.#logged.take()) {
      this.#telemetry.error('an exception ended a request', { total: this.#count }, error);
    }
    if (connection !== undefined) endRequest(connection);
    return true;
  }
}

/** Responds with 502 if nothing has been sent, and closes the connection. */
function endRequest({ socket, response }: ClientConnection): void {
  // A response without its socket waits for an earlier one on the same connection.
  const isUnanswered = response !== undefined && response.socket === socket && !response.headersSent;
  if (isUnanswered && socket.writable) {
    respondOnSocket(socket, 502);
    // Does not wait for the client to close its side.
    socket.destroySoon();
  } else {
    socket.destroy();
  }
}

const FRAME_OF_NODE = /[( ]node:/;
/** A part that only this server uses. Clients of other servers, such as the one of the table, have other frames. */
const FRAME_OF_SERVER = /node:_http_server/;

/** Whether HTTP alone was involved. Some events of Node.js lose the context of their request. */
function isThrownByHttp(error: unknown): boolean {
  if (!(error instanceof Error) || error.stack === undefined) return false;
  const frames = error.stack.split('\n').filter((line) => line.startsWith('    at '));
  return (
    frames.every((frame) => FRAME_OF_NODE.test(frame)) && frames.some((frame) => FRAME_OF_SERVER.test(frame))
  );
}

/** At most `limit` within one minute. */
class Allowance {
  readonly #limit: number;
  readonly #now: () => number;
  #since = Number.NEGATIVE_INFINITY;
  #taken = 0;

  constructor(limit: number, now: () => number) {
    this.#limit = limit;
    this.#now = now;
  }

  /** Returns whether one more is within the limit. */
  take(): boolean {
    const now = this.#now();
    if (now - this.#since >= MINUTE_MS) [this.#since, this.#taken] = [now, 0];
    this.#taken += 1;
    return this.#taken <= this.#limit;
  }
}
