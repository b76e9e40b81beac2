/** A function in the queue of a ConcurrencyLimit. */
export interface WaitingWork {
  /**
   * Returns how many waiting functions are called before it if no others are enqueued; undefined if it does not wait.
   */
  countBefore(): number | undefined;
  /** Removes the function from the queue. Does nothing if it does not wait. */
  leave(): void;
}

/**
 * Runs at most `max` functions at the same time. Further ones wait in a queue per user. A free slot goes to the users in
 * turn, so that many functions of one user do not delay the first function of another.
 */
export class ConcurrencyLimit {
  readonly #max: number;
  /** The users with waiting functions, in the order of their next turns, with their functions in order. */
  readonly #waiting = new Map<string, (() => Promise<void>)[]>();
  #running = 0;

  /** @param max 1 or more */
  constructor(max: number) {
    this.#max = max;
  }

  /** Calls `work` when a slot is free and it is its turn. The slot is occupied until the returned promise has settled. */
  enqueue(userId: string, work: () => Promise<void>): WaitingWork {
    const works = this.#waiting.get(userId) ?? [];
    works.push(work);
    this.#waiting.set(userId, works);
    this.#startWaiting();
    return {
      countBefore: () => this.#countBefore(userId, work),
      leave: () => this.#remove(userId, work),
    };
  }

  /** Calls `work` at once, even if all slots are occupied. For tasks that were running before. */
  startNow(work: () => Promise<void>): void {
    this.#start(work);
  }

  #startWaiting(): void {
    while (this.#running < this.#max) {
      const [next] = this.#waiting;
      if (next === undefined) return;
      const [userId, works] = next;
      const work = works.shift();
      // The user's next turn comes after one turn of every other user.
      this.#waiting.delete(userId);
      if (works.length > 0) this.#waiting.set(userId, works);
      if (work !== undefined) this.#start(work);
    }
  }

  #start(work: () => Promise<void>): void {
    this.#running += 1;
    void work().finally(() => {
      this.#running -= 1;
      this.#startWaiting();
    });
  }

  #remove(userId: string, work: () => Promise<void>): void {
    const others = this.#waiting.get(userId)?.filter((waiting) => waiting !== work) ?? [];
    if (others.length === 0) this.#waiting.delete(userId);
    else this.#waiting.set(userId, others);
  }

  #countBefore(userId: string, work: () => Promise<void>): number | undefined {
    const turns = this.#waiting.get(userId)?.indexOf(work) ?? -1;
    if (turns === -1) return undefined;
    let count = turns;
    let isEarlier = true;
    for (const [otherId, works] of this.#waiting) {
      if (otherId === userId) isEarlier = false;
      else count += Math.min(works.length, isEarlier ? turns + 1 : turns);
    }
    return count;
  }
}
