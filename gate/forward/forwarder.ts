import {
  Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type EndpointTarget, hostsOf } from '#adapters/local/tasks/endpoint.ts';
import { systemTimers, type Timers } from '#adapters/local/timers.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { isForTab, noticeTagOf } from '#gate/notice/notice-tag.ts';
import { NewConnections, sendRequestBody } from './request-body.ts';
import { buildRequestHeaders, hasBody } from './request-headers.ts';
import { forwardInformation, forwardResponse } from './response.ts';
import { IdlePings } from './websocket-frames.ts';
import { type TunnelEnd, WebSocketTunnel } from './websocket-tunnel.ts';
import { confineResponse, type WorkbenchScope } from './workbench-scope.ts';

/** Where a request is forwarded. */
export interface ForwardTarget {
  readonly workbenchId: string;
  readonly runId: string;
  /** The path of the workbench in its public URL, without a slash at the end. Empty on a host of its own. */
  readonly prefix: string;
  /** The request target for the workbench: path and query. */
  readonly rest: string;
  /** Where the workbench listens. */
  readonly endpoint: EndpointTarget;
  /** Who sent the request. Absent if visitors are not authenticated. */
  readonly userId?: string;
}

/**
 * - `done`: a response of the workbench was forwarded, or the client has disconnected. Nothing may be sent any more.
 * - `unreachable`: no connection within two seconds, or it ended before a response. Nothing was sent to the client.
 * - `invalid_response`: the response cannot be forwarded. Nothing was sent to the client.
 */
export type ForwardResult = 'done' | 'unreachable' | 'invalid_response';

export interface ForwarderOptions {
  readonly telemetry: Telemetry;
  /** Returns the public URL of the host that all workbenches share. */
  readonly baseUrl: () => URL;
  /** Proxies in front of this server, each of which appends an address to `X-Forwarded-For`. @default 0 */
  readonly trustedHops?: number;
  /** Whether `Authorization` is for the gate, and not for the workbench. @default false */
  readonly removesAuthorization?: boolean;
  /** Whether documents in tabs get the script that shows when the workbench stops. @default false */
  readonly addsNotice?: boolean;
  /** How long a connection to a workbench may take, milliseconds. @default 2,000 */
  readonly connectTimeoutMs?: number;
  readonly timers?: Timers;
}

/** Node.js parses the Host header of each request for a name of TLS, also without TLS. */
const NO_SERVER_NAME = { servername: '' };

/** What the gate needs of a Forwarder. */
export type RequestForwarder = Pick<Forwarder, 'forward' | 'upgrade' | 'endWebSocket' | 'close'>;

/** Forwards requests and WebSockets to workbenches as streams. */
export class Forwarder {
  readonly #options: Required<ForwarderOptions>;
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 64 });
  /** For requests that cannot be repeated: the workbench may close a kept connection just when it is used. */
  readonly #newConnections = new NewConnections();
  readonly #tunnels = new WeakMap<Duplex, WebSocketTunnel>();
  readonly #pings: IdlePings;

  constructor(options: ForwarderOptions) {
    this.#options = {
      trustedHops: 0,
      removesAuthorization: false,
      addsNotice: false,
      connectTimeoutMs: 2000,
      timers: systemTimers,
      ...options,
    };
    this.#pings = new IdlePings(this.#options.timers);
  }

  /**
   * Forwards a request and its response. The caller must have checked both.
   * @param connection `new`: over a connection that was not used before, as for each request that cannot be repeated
   */
  forward(
    request: IncomingMessage,
    response: ServerResponse,
    target: ForwardTarget,
    connection: 'kept' | 'new' = 'kept',
  ): Promise<ForwardResult> {
    return new Promise((resolve, reject) => {
      const agent = connection === 'kept' && isRepeatable(request) ? this.#agent : this.#newConnections;
      const headers = this.#requestHeaders(request, target);
      if (acceptsTrailers(request)) {
        headers.te = 'trailers';
        headers.connection = agent === this.#agent ? 'te, keep-alive' : 'te, close';
      }
      const tag = this.#options.addsNotice && isForTab(request) ? noticeTagOf(target.prefix) : undefined;
      if (tag !== undefined) headers['accept-encoding'] = 'identity';
      const toBackend = this.#connect(request, target, { agent, headers });
      const abort = () => {
        if (!response.writableFinished) toBackend.destroy();
        resolve('done');
      };
      response.once('close', abort);
      const fail = (result: ForwardResult) => {
        response.removeListener('close', abort);
        request.unpipe(toBackend);
        if (response.headersSent) response.destroy();
        toBackend.destroy();
        resolve(response.headersSent || response.destroyed ? 'done' : result);
      };
      const refuse = (problem: string) => {
        this.#logInvalid(target, problem);
        fail('invalid_response');
      };
      let hasResponse = false;
      toBackend.on('error', (error: NodeJS.ErrnoException) => {
        // Bytes after the end of a response are an error, too. What is missing before its end, `forwardResponse` notices.
        if (hasResponse) return;
        if (error.code?.startsWith('HPE_') === true) refuse(error.code);
        else fail('unreachable');
      });
      toBackend.once('upgrade', (_backend, socket: Duplex) => {
        socket.destroy();
        refuse('the status 101');
      });
      toBackend.on('information', (information) => forwardInformation(information, request, response));
      toBackend.once('response', (backend) => {
        hasResponse = true;
        try {
          const problem = forwardResponse(request, backend, response, this.#scope(request, target), tag);
          if (problem !== undefined) refuse(problem);
        } catch (error) {
          fail('invalid_response');
          reject(error);
        }
      });
      sendRequestBody(request, response, toBackend, this.#options.timers);
    });
  }

  /**
   * Forwards an upgrade to a WebSocket, and the frames in both directions. Sends pings to an idle browser.
   * @param onClientData is called with the bytes of data that the browser sent: not those of pings, pongs and closes
   * @returns once the workbench has accepted or refused it
   */
  upgrade(
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
    target: ForwardTarget,
    onClientData: (bytes: number) => void = () => {},
  ): Promise<ForwardResult> {
    return new Promise((resolve, reject) => {
      const headers = {
        ...this.#requestHeaders(request, target),
        connection: 'Upgrade',
        upgrade: 'websocket',
      };
      const toBackend = this.#connect(request, target, { agent: this.#newConnections, headers });
      const abort = () => {
        toBackend.destroy();
        resolve('done');
      };
      socket.once('close', abort);
      const fail = (result: ForwardResult) => {
        socket.removeListener('close', abort);
        toBackend.destroy();
        resolve(socket.destroyed ? 'done' : result);
      };
      const refuse = (problem: string) => {
        this.#logInvalid(target, problem);
        fail('invalid_response');
      };
      toBackend.on('error', () => fail('unreachable'));
      toBackend.once('upgrade', (backend, backendSocket: Socket, backendHead: Buffer) => {
        if (backend.headers.upgrade?.toLowerCase() !== 'websocket') {
          backendSocket.destroy();
          refuse('the status 101 without a WebSocket');
          return;
        }
        socket.removeListener('close', abort);
        confineResponse(backend.headers, this.#scope(request, target));
        const atBackend = { socket: backendSocket, head: backendHead };
        const tunnel = new WebSocketTunnel({ socket, head }, atBackend, onClientData);
        this.#tunnels.set(socket, tunnel);
        this.#pings.add(tunnel);
        socket.once('close', () => this.#pings.delete(tunnel));
        tunnel.open(backend);
        resolve('done');
      });
      toBackend.once('response', (backend) => {
        const response = new ServerResponse(request);
        response.shouldKeepAlive = false;
        try {
          const problem = forwardResponse(request, backend, response, this.#scope(request, target));
          if (problem !== undefined) {
            refuse(problem);
            return;
          }
          response.once('finish', () => socket.end(() => socket.destroy()));
          response.once('close', () => socket.destroy());
          response.assignSocket(socket);
          resolve('done');
        } catch (error) {
          fail('invalid_response');
          reject(error);
        }
      });
      toBackend.end();
    });
  }

  /** Ends the WebSocket of a browser with a reason. Without one, the caller may destroy the socket. */
  endWebSocket(socket: Duplex, reason: TunnelEnd): void {
    const tunnel = this.#tunnels.get(socket);
    if (tunnel === undefined) socket.destroy();
    else tunnel.end(reason);
  }

  /** Closes the connections to workbenches that no request uses. */
  close(): void {
    this.#agent.destroy();
    this.#newConnections.destroy();
  }

  #connect(
    request: IncomingMessage,
    { endpoint, rest }: ForwardTarget,
    options: { readonly agent: Agent; readonly headers: OutgoingHttpHeaders },
  ): ClientRequest {
    const { pathname, ...address } = endpoint;
    const path = `${pathname.slice(0, -1)}${rest.startsWith('/') ? rest : `/${rest}`}`;
    const toBackend = httpRequest({
      ...address,
      ...options,
      ...NO_SERVER_NAME,
      method: request.method,
      path,
      setHost: false,
    });
    toBackend.once('socket', (socket) => {
      if (!socket.connecting) return;
      const cancel = this.#options.timers.after(this.#options.connectTimeoutMs, () =>
        toBackend.destroy(new Error('the workbench does not accept connections')),
      );
      socket.once('connect', cancel).once('close', cancel);
    });
    return toBackend;
  }

  #requestHeaders(request: IncomingMessage, { prefix, userId }: ForwardTarget): OutgoingHttpHeaders {
    const { trustedHops, removesAuthorization } = this.#options;
    const baseUrl = this.#options.baseUrl();
    return buildRequestHeaders(request, {
      baseUrl,
      prefix,
      trustedHops,
      removesAuthorization,
      ...(userId === undefined ? {} : { userId }),
    });
  }

  /** Returns what the workbench may name in its response. */
  #scope({ headers }: IncomingMessage, { prefix, endpoint }: ForwardTarget): WorkbenchScope {
    const hosts = new Set(hostsOf(endpoint));
    if (headers.host !== undefined) hosts.add(headers.host.toLowerCase());
    // On a host of its own the workbench does not have the shared one.
    if (prefix !== '') hosts.add(this.#options.baseUrl().host);
    return { prefix, hosts };
  }

  #logInvalid({ workbenchId }: ForwardTarget, problem: string): void {
    this.#options.telemetry.warn('a workbench sent an invalid response', { workbenchId, problem });
  }
}

/** Whether a request may be sent twice. A body cannot be sent a second time. */
export function isRepeatable(request: IncomingMessage): boolean {
  return !hasBody(request) && (request.method === 'GET' || request.method === 'HEAD');
}

/** Lets the workbench decide about `Expect: 100-continue`. Otherwise Node.js sends the 100 before the request is checked. */
export function deferContinue(server: Server): void {
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
}

function acceptsTrailers({ headers }: IncomingMessage): boolean {
  return headers.te !== undefined && /(?:^|,)\s*trailers\s*(?:$|[;,])/i.test(String(headers.te));
}
