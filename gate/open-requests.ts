import type { ForwardDecision, GateRequest } from '#core/gate/gate-decision.ts';
import type { Visitor } from '#core/gate/visitor.ts';

/** A request or WebSocket that the gate forwards at this moment, with the inputs of its decision. */
export interface OpenRequest {
  /** Also says whether it is a WebSocket. */
  readonly request: GateRequest;
  /** The request target for the workbench: path and query. */
  readonly target: string;
  readonly visitor: Visitor;
  readonly forwarded: ForwardDecision;
  /**
   * Ends the connections to the client and to the workbench at once. If it can, it sends the reason to the client of a WebSocket. May be
   * called again.
   */
  readonly close: (why: WebSocketEnd) => void;
}

/** Why the gate ends a WebSocket (RFC 6455, section 7.4.1). */
export type WebSocketEnd = 'going_away' | 'policy_violation';

/** Its methods must not throw. */
export interface OpenRequestObserver {
  /** Called for each request before it is forwarded. */
  noteRequest(request: OpenRequest): void;
  /** Called when the browser sends data on a WebSocket. Pings, pongs and closes are no data. */
  noteClientData(request: OpenRequest): void;
}

/** The requests and WebSockets that the gate forwards at this moment. */
export class OpenRequests {
  readonly #open = new Set<OpenRequest>();
  readonly #observers: OpenRequestObserver[] = [];

  /** @param observer is called for every request from then on */
  observe(observer: OpenRequestObserver): void {
    this.#observers.push(observer);
  }

  /** Adds a request. Returns a function that removes it, which the caller must call when the request has ended. */
  add(request: OpenRequest): () => void {
    this.#open.add(request);
    for (const observer of this.#observers) observer.noteRequest(request);
    return () => this.#open.delete(request);
  }

  /** Notes that the browser sent data on a WebSocket. */
  noteClientData(request: OpenRequest): void {
    for (const observer of this.#observers) observer.noteClientData(request);
  }

  /** Returns the requests that are forwarded at this moment. */
  list(): readonly OpenRequest[] {
    return [...this.#open];
  }

  /** Whether the gate still forwards it. */
  has(request: OpenRequest): boolean {
    return this.#open.has(request);
  }

  get size(): number {
    return this.#open.size;
  }
}
