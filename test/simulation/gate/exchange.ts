import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { SimulatedSession } from './gate-checks.ts';

/** A request as a browser or a program sends it to a gate. */
export interface Sent {
  readonly method: 'GET' | 'POST';
  /** The workbench whose host is asked. */
  readonly workbenchId: string;
  readonly host: string;
  /** Path and query. */
  readonly target: string;
  /** The session whose cookie is sent; undefined: none. */
  readonly session?: SimulatedSession | undefined;
  /** The origin of the page that sends it; undefined: it is no page, or the request is a navigation. */
  readonly origin?: string;
  readonly referer?: string;
  /** Whether the page is that of another workbench. All workbenches are one site, so that the browser sends the cookie. */
  readonly isFromSibling?: boolean;
  readonly webSocket?: boolean;
}

export interface Received {
  readonly status: number;
  readonly setCookies: readonly string[];
}

/** Thrown responses do not exist: a connection that ends without one. */
const ABORTED: Received = { status: 0, setCookies: [] };

/** One request and its connection, without a network. It has what the gate uses of the objects of Node.js. */
export class Exchange {
  readonly sent: Sent;
  readonly socket = new ExchangeSocket();
  readonly response = new ExchangeResponse();
  readonly #request: object;

  constructor(sent: Sent) {
    this.sent = sent;
    const { method, host, target, session, origin, referer, isFromSibling, webSocket } = sent;
    const headers = {
      host,
      accept: '*/*',
      ...(session === undefined ? {} : { cookie: session.cookie }),
      ...(origin === undefined
        ? {}
        : { origin, 'sec-fetch-site': isFromSibling ? 'same-site' : 'same-origin' }),
      // All of them are forms.
      ...(method === 'POST' ? { 'sec-fetch-mode': 'navigate' } : {}),
      ...(referer === undefined ? {} : { referer }),
      ...(webSocket ? { connection: 'Upgrade', upgrade: 'websocket' } : {}),
    };
    const headersDistinct = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, [value]]),
    );
    const rawHeaders = Object.entries(headers).flat();
    const shared = { headers, headersDistinct, rawHeaders, socket: this.socket, exchange: this };
    this.#request = Object.assign(new EventEmitter(), { method, url: target, complete: true, ...shared });
  }

  /** Returns the exchange of a request that the gate forwards. */
  static of(request: IncomingMessage): Exchange {
    return (request as unknown as { readonly exchange: Exchange }).exchange;
  }

  get request(): IncomingMessage {
    return this.#request as IncomingMessage;
  }

  get serverResponse(): ServerResponse {
    return this.response as unknown as ServerResponse;
  }

  get connection(): Socket {
    return this.socket as unknown as Socket;
  }
}

class ExchangeSocket extends EventEmitter {
  readonly bytesRead = 0;
  destroyed = false;
  /** Resolves with the status of a refused WebSocket, or with 0 when the connection ends. */
  readonly refused: Promise<number>;
  #resolve: (status: number) => void = () => {};

  constructor() {
    super();
    this.refused = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  end(text: string, onSent: () => void): void {
    this.#resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]));
    onSent();
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.#resolve(0);
    this.emit('close');
  }
}

class ExchangeResponse extends EventEmitter {
  headersSent = false;
  destroyed = false;
  readonly received: Promise<Received>;
  #resolve: (received: Received) => void = () => {};
  readonly #setCookies: string[] = [];
  #status = 200;

  constructor() {
    super();
    this.received = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  appendHeader(name: string, value: string): this {
    if (name === 'set-cookie') this.#setCookies.push(value);
    return this;
  }

  writeHead(status: number): this {
    this.headersSent = true;
    this.#status = status;
    return this;
  }

  end(): this {
    this.headersSent = true;
    this.#resolve({ status: this.#status, setCookies: this.#setCookies });
    this.emit('close');
    return this;
  }

  destroy(): void {
    this.destroyed = true;
    this.#resolve(ABORTED);
    this.emit('close');
  }
}
