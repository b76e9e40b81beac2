export type RequestedState = 'running' | 'stopped' | 'deleted';

interface ClientRequest {
  readonly state: RequestedState;
  readonly sentAt: number;
  /** When the response arrived, or when the request can no longer take effect. Undefined: it may still take effect. */
  endedAt: number | undefined;
  acknowledged: boolean;
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

  /** The response was a client error: the request has changed nothing. */
  recordRejected(workbenchId: string, request: ClientRequest): void {
    const all = this.#requests.get(workbenchId) ?? [];
    this.#requests.set(
      workbenchId,
      all.filter((other) => other !== request),
    );
  }

  /** Whether a client has requested the deletion, acknowledged or not. */
  isDeletionRequested(workbenchId: string): boolean {
    return (this.#requests.get(workbenchId) ?? []).some(({ state }) => state === 'deleted');
  }

  /** Whether a request to stop or delete the workbench may have taken effect since then. */
  isEndRequestedSince(workbenchId: string, at: number): boolean {
    return (this.#requests.get(workbenchId) ?? []).some(
      ({ state, endedAt }) => state !== 'running' && (endedAt === undefined || endedAt >= at),
    );
  }

  isDeletionAcknowledged(workbenchId: string): boolean {
    return (this.#requests.get(workbenchId) ?? []).some(
      ({ state, acknowledged }) => state === 'deleted' && acknowledged,
    );
  }

  /**
   * The states that the workbench may have been asked for last. A request no longer counts if an acknowledged request was
   * sent after it had ended. A deletion always counts.
   */
  possibleStates(workbenchId: string): ReadonlySet<RequestedState> {
    if (this.isDeletionAcknowledged(workbenchId)) return new Set(['deleted']);
    const all = this.#requests.get(workbenchId) ?? [];
    const effective = all.filter(
      ({ endedAt, state }) =>
        state === 'deleted' ||
        !all.some(
          (later) =>
            later.acknowledged &&
            endedAt !== undefined &&
            later.sentAt >= endedAt &&
            later.state !== 'deleted',
        ),
    );
    return new Set(effective.map(({ state }) => state));
  }
}
