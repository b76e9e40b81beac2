import type { ForwardDecision, GateRequest } from '#core/gate/gate-decision.ts';
import type { Visitor } from '#core/gate/visitor.ts';

/** A request or WebSocket that the gate forwards at this moment, with everything that its decision was made of. */
export interface OpenRequest {
  /** Also says whether it is a WebSocket. */
  readonly request: GateRequest;
  /** The request target for the workbench: path and query. */
  readonly target: string;
  readonly visitor: Visitor;
  readonly forwarded: ForwardDecision;
  /** Bytes that the client has sent on this connection since the request was forwarded: for a WebSocket, its frames. */
  readonly bytesFromClient: () => number;
  /**
   * Ends the connections to the client and to the workbench at once. If it can, it sends the reason to the client of a WebSocket. May be
   * called again.
   */
  readonly close: (why: WebSocketEnd) => void;
}

/** Why the gate ends a WebSocket (RFC 6455, section 7.4.1). */
export type WebSocketEnd = 'going_away' | 'policy_violation';

/** The requests and WebSockets that the gate forwards at this moment. */
export class OpenRequests {
  readonly #open = new Set<OpenRequest>();
  readonly #onOpen: (opened: OpenRequest) => void;

  /** @param onOpen is called for each request before it is forwarded. It must not throw. */
  constructor(onOpen: (opened: OpenRequest) => void = () => {}) {
    this.#onOpen = onOpen;
  }

  /** Adds a request. Returns a function that removes it, which the caller must call when the request has ended. */
  add(request: OpenRequest): () => void {
    this.#open.add(request);
    this.#onOpen(request);
    return () => this.#open.delete(request);
  }

  /** Returns those of this moment. */
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
