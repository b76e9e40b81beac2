/** `restored`: no longer deleted, and stopped. */
export type RequestedState = 'running' | 'stopped' | 'deleted' | 'restored';

interface ClientRequest {
  readonly state: RequestedState;
  readonly sentAt: number;
  /** When the response arrived, or when the request can no longer take effect. Undefined: it may still take effect. */
  endedAt: number | undefined;
  acknowledged: boolean;
  /** Whether the controller did it by itself, by a schedule or a retention. */
  readonly byController?: boolean;
}

/**
 * The requests of the clients and the responses that they received, independent of what the controller stores. It
 * determines which final states are valid.
 */
export class ClientHistory {
  readonly #requests = new Map<string, ClientRequest[]>();

  /** The workbenches that the clients know of. */
  get workbenchIds(): readonly string[] {
    return [...this.#requests.keys()];
  }

  recordCreated(workbenchId: string, sentAt: number, now: number): void {
    if (this.#requests.has(workbenchId)) return;
    this.#requests.set(workbenchId, [{ state: 'running', sentAt, endedAt: now, acknowledged: true }]);
  }

  recordRequest(workbenchId: string, state: RequestedState, now: number): ClientRequest {
    const request = { state, sentAt: now, endedAt: undefined, acknowledged: false };
    // A client can find a workbench in a list although the response to its creation was lost.
    const all = this.#requests.get(workbenchId) ?? [
      { state: 'running', sentAt: now, endedAt: now, acknowledged: true },
    ];
    this.#requests.set(workbenchId, [...all, request]);
    return request;
  }

  recordAcknowledged(request: ClientRequest, now: number): void {
    request.endedAt = now;
    request.acknowledged = true;
  }

  /** The controller has done by itself what a client may request. */
  recordDone(workbenchId: string, state: RequestedState, now: number): void {
    const all = this.#requests.get(workbenchId) ?? [];
    const done = { state, sentAt: now, endedAt: now, acknowledged: true, byController: true };
    this.#requests.set(workbenchId, [...all, done]);
  }

  /** Whether a request of a client was confirmed that was sent after this time. */
  isConfirmedSince(workbenchId: string, at: number): boolean {
    return (this.#requests.get(workbenchId) ?? []).some(
      ({ sentAt, acknowledged, byController }) => acknowledged && !byController && sentAt > at,
    );
  }

  /** The response was a client error: the request has changed nothing. */
  recordRejected(workbenchId: string, request: ClientRequest): void {
    const all = this.#requests.get(workbenchId) ?? [];
    this.#requests.set(
      workbenchId,
      all.filter((other) => other !== request),
    );
  }

  /**
   * Whether a client has requested the deletion, acknowledged or not, and it was not taken back.
   * @param since whether it was so at some time since then. @default only now
   */
  isDeletionRequested(workbenchId: string, since = Number.POSITIVE_INFINITY): boolean {
    const all = this.#requests.get(workbenchId) ?? [];
    return all.some((request) => request.state === 'deleted' && !isTakenBack(request, all, since));
  }

  /** Whether a client has ever requested the deletion. */
  wasDeletionRequested(workbenchId: string): boolean {
    return (this.#requests.get(workbenchId) ?? []).some(({ state }) => state === 'deleted');
  }

  /** Whether a request to stop or delete the workbench may have taken effect since then. */
  isEndRequestedSince(workbenchId: string, at: number): boolean {
    return (this.#requests.get(workbenchId) ?? []).some(
      ({ state, endedAt }) => state !== 'running' && (endedAt === undefined || endedAt >= at),
    );
  }

  /** Whether it was confirmed that the workbench is deleted, and no request since can have taken this back. */
  isDeletionAcknowledged(workbenchId: string): boolean {
    const all = this.#requests.get(workbenchId) ?? [];
    const mayBeTakenBack = ({ sentAt }: ClientRequest) =>
      all.some(({ state, endedAt = Number.POSITIVE_INFINITY }) => state === 'restored' && endedAt >= sentAt);
    return all.some(
      (request) => request.state === 'deleted' && request.acknowledged && !mayBeTakenBack(request),
    );
  }

  /**
   * The states that the workbench may have been asked for last. A request no longer counts if an acknowledged request was
   * sent after it had ended. A deletion counts unless it was taken back.
   */
  possibleStates(workbenchId: string): ReadonlySet<RequestedState> {
    if (this.isDeletionAcknowledged(workbenchId)) return new Set(['deleted']);
    const all = this.#requests.get(workbenchId) ?? [];
    const effective = all.filter(
      (request) =>
        (request.state === 'deleted' && this.isDeletionRequested(workbenchId)) ||
        !all.some(
          (later) =>
            later !== request &&
            later.acknowledged &&
            request.endedAt !== undefined &&
            later.sentAt >= request.endedAt &&
            later.state !== 'deleted',
        ),
    );
    return new Set(effective.map(({ state }) => (state === 'restored' ? 'stopped' : state)));
  }
}

/** Whether a request that was sent after the deletion had ended has restored the workbench, at the latest at `by`. */
function isTakenBack(deletion: ClientRequest, all: readonly ClientRequest[], by: number): boolean {
  return all.some(
    ({ state, acknowledged, sentAt, endedAt = Number.POSITIVE_INFINITY }) =>
      state === 'restored' &&
      acknowledged &&
      endedAt <= by &&
      deletion.endedAt !== undefined &&
      sentAt >= deletion.endedAt,
  );
}
