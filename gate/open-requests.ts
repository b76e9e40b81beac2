import type { ForwardDecision, GateRequest } from '#core/gate/decide-request.ts';
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

/**
 * Most requests and WebSockets to one workbench at the same time. They may last for any time, so that one user could otherwise
 * hold all connections of the gate.
 */
export const OPEN_REQUESTS_PER_WORKBENCH_MAX = 500;

/**
 * Most requests and WebSockets of one user at the same time, to all workbenches together: twice as many as to one workbench, so that a
 * user with many workbenches cannot hold all connections of the gate either.
 */
export const OPEN_REQUESTS_PER_USER_MAX = 1000;

/** Who has as many open requests as the gate allows. */
export type FullOf = 'workbench' | 'user';

/** The requests and WebSockets that the gate forwards at this moment. */
export class OpenRequests {
  readonly #open = new Set<OpenRequest>();
  /** Workbench id → number of its requests, if there are any. */
  readonly #counts = new Map<string, number>();
  /** User id → number of the user's requests, if there are any. Visitors without a sign-in are not counted. */
  readonly #countsOfUsers = new Map<string, number>();
  readonly #observers: OpenRequestObserver[] = [];

  /** @param observer is called for every request from then on */
  observe(observer: OpenRequestObserver): void {
    this.#observers.push(observer);
  }

  /** Adds a request. Returns a function that removes it, which the caller must call when the request has ended. */
  add(request: OpenRequest): () => void {
    const { workbenchId, userId } = request.forwarded;
    this.#open.add(request);
    change(this.#counts, workbenchId, 1);
    if (userId !== undefined) change(this.#countsOfUsers, userId, 1);
    for (const observer of this.#observers) observer.noteRequest(request);
    return () => {
      if (!this.#open.delete(request)) return;
      change(this.#counts, workbenchId, -1);
      if (userId !== undefined) change(this.#countsOfUsers, userId, -1);
    };
  }

  /** Returns why the gate must not forward a further request. Undefined: it may. */
  findFull({ workbenchId, userId }: Pick<ForwardDecision, 'workbenchId' | 'userId'>): FullOf | undefined {
    if ((this.#counts.get(workbenchId) ?? 0) >= OPEN_REQUESTS_PER_WORKBENCH_MAX) return 'workbench';
    const ofUser = userId === undefined ? 0 : (this.#countsOfUsers.get(userId) ?? 0);
    return ofUser >= OPEN_REQUESTS_PER_USER_MAX ? 'user' : undefined;
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

/** Adds to a count, and deletes it when it is 0, so that the map does not grow. */
function change(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count <= 0) counts.delete(key);
  else counts.set(key, count);
}
