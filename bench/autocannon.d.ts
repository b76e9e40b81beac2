/** The part of autocannon's API that is used here. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  interface Request {
    readonly method?: string;
    readonly path?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    /** Is called before each request and returns what is sent. */
    readonly setupRequest?: (request: Request) => Request;
  }

  interface Options {
    readonly url: string;
    readonly connections: number;
    /** Seconds. */
    readonly duration?: number;
    /** Requests, instead of a duration. */
    readonly amount?: number;
    /** Seconds until a request counts as failed. @default 10 */
    readonly timeout?: number;
    /** Each connection sends these requests in a loop. */
    readonly requests: readonly Request[];
  }

  interface Result {
    /** Failed connections, including timeouts. */
    readonly errors: number;
    readonly timeouts: number;
  }

  /** Emits `response` with (client, status, bytes, milliseconds). */
  export default function autocannon(options: Options): EventEmitter & PromiseLike<Result>;
}
