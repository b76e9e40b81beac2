export type Wish = 'running' | 'stopped' | 'deleted';

interface Asked {
  readonly wish: Wish;
  readonly began: number;
  /** When an answer came, or nobody can be waiting for an effect any more; undefined: it may still take effect. */
  ended: number | undefined;
  acknowledged: boolean;
}

/**
 * What each client asked for and was told, kept apart from everything that the controller keeps: it decides
 * which outcomes may be.
 */
export class ClientHistory {
  readonly #asked = new Map<string, Asked[]>();

  /** Workbenches whose creation was acknowledged. */
  get workbenchIds(): readonly string[] {
    return [...this.#asked.keys()];
  }

  created(workbenchId: string, began: number, now: number): void {
    if (this.#asked.has(workbenchId)) return;
    this.#asked.set(workbenchId, [{ wish: 'running', began, ended: now, acknowledged: true }]);
  }

  ask(workbenchId: string, wish: Wish, now: number): Asked {
    const asked = { wish, began: now, ended: undefined, acknowledged: false };
    // One whose creation nobody was told of may still be found in a list.
    const all = this.#asked.get(workbenchId) ?? [
      { wish: 'running', began: now, ended: now, acknowledged: true },
    ];
    this.#asked.set(workbenchId, [...all, asked]);
    return asked;
  }

  acknowledge(asked: Asked, now: number): void {
    asked.ended = now;
    asked.acknowledged = true;
  }

  /** It was answered that nothing was changed. */
  refuse(workbenchId: string, asked: Asked): void {
    const all = this.#asked.get(workbenchId) ?? [];
    this.#asked.set(
      workbenchId,
      all.filter((other) => other !== asked),
    );
  }

  /** Somebody has asked for its destruction, acknowledged or not. */
  mayBeDeleted(workbenchId: string): boolean {
    return (this.#asked.get(workbenchId) ?? []).some(({ wish }) => wish === 'deleted');
  }

  isDeleted(workbenchId: string): boolean {
    return (this.#asked.get(workbenchId) ?? []).some(
      ({ wish, acknowledged }) => wish === 'deleted' && acknowledged,
    );
  }

  /**
   * What it may be wanted to be: each wish that no acknowledged one has surely overtaken. A destruction is never
   * overtaken.
   */
  possibleWishes(workbenchId: string): ReadonlySet<Wish> {
    if (this.isDeleted(workbenchId)) return new Set(['deleted']);
    const all = this.#asked.get(workbenchId) ?? [];
    const standing = all.filter(
      ({ ended, wish }) =>
        wish === 'deleted' ||
        !all.some(
          (later) =>
            later.acknowledged && ended !== undefined && later.began >= ended && later.wish !== 'deleted',
        ),
    );
    return new Set(standing.map(({ wish }) => wish));
  }
}
