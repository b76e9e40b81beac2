export type RequestedState = 'running' | 'stopped' | 'deleted';

interface ClientRequest {
  readonly state: RequestedState;
  readonly sentAt: number;
  /** When an answer came, or nobody can be waiting for an effect any more; undefined: it may still take effect. */
  endedAt: number | undefined;
  acknowledged: boolean;
}

/**
 * What each client asked for and was told, kept apart from everything that the controller keeps: it decides
 * which outcomes may be.
 */
export class ClientHistory {
  readonly #requests = new Map<string, ClientRequest[]>();

  /** Workbenches whose creation was acknowledged. */
  get workbenchIds(): readonly string[] {
    return [...this.#requests.keys()];
  }

  recordCreated(workbenchId: string, sentAt: number, now: number): void {
    if (this.#requests.has(workbenchId)) return;
    this.#requests.set(workbenchId, [{ state: 'running', sentAt, endedAt: now, acknowledged: true }]);
  }

  recordRequest(workbenchId: string, state: RequestedState, now: number): ClientRequest {
    const asked = { state, sentAt: now, endedAt: undefined, acknowledged: false };
    // One whose creation nobody was told of may still be found in a list.
    const all = this.#requests.get(workbenchId) ?? [
      { state: 'running', sentAt: now, endedAt: now, acknowledged: true },
    ];
    this.#requests.set(workbenchId, [...all, asked]);
    return asked;
  }

  recordAcknowledged(asked: ClientRequest, now: number): void {
    asked.endedAt = now;
    asked.acknowledged = true;
  }

  /** It was answered that nothing was changed. */
  recordRejected(workbenchId: string, asked: ClientRequest): void {
    const all = this.#requests.get(workbenchId) ?? [];
    this.#requests.set(
      workbenchId,
      all.filter((other) => other !== asked),
    );
  }

  /** Somebody has asked for its destruction, acknowledged or not. */
  isDeletionRequested(workbenchId: string): boolean {
    return (this.#requests.get(workbenchId) ?? []).some(({ state: wish }) => wish === 'deleted');
  }

  isDeletionAcknowledged(workbenchId: string): boolean {
    return (this.#requests.get(workbenchId) ?? []).some(
      ({ state: wish, acknowledged }) => wish === 'deleted' && acknowledged,
    );
  }

  /**
   * What it may be wanted to be: each wish that no acknowledged one has surely overtaken. A destruction is never
   * overtaken.
   */
  possibleStates(workbenchId: string): ReadonlySet<RequestedState> {
    if (this.isDeletionAcknowledged(workbenchId)) return new Set(['deleted']);
    const all = this.#requests.get(workbenchId) ?? [];
    const standing = all.filter(
      ({ endedAt: ended, state: wish }) =>
        wish === 'deleted' ||
        !all.some(
          (later) =>
            later.acknowledged && ended !== undefined && later.sentAt >= ended && later.state !== 'deleted',
        ),
    );
    return new Set(standing.map(({ state: wish }) => wish));
  }
}
