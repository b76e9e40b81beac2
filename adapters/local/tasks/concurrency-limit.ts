/** Runs at most `max` functions at the same time. Further ones wait in a queue. */
export class ConcurrencyLimit {
  readonly #max: number;
  readonly #waiting: (() => Promise<void>)[] = [];
  #running = 0;

  /** @param max 1 or more */
  constructor(max: number) {
    this.#max = max;
  }

  /** Calls `work` when a slot is free. The slot is occupied until the returned promise has settled. */
  enqueue(work: () => Promise<void>): void {
    this.#waiting.push(work);
    this.#startWaiting();
  }

  /** Calls `work` at once, even if all slots are occupied. For tasks that were running before. */
  startNow(work: () => Promise<void>): void {
    this.#start(work);
  }

  #startWaiting(): void {
    while (this.#running < this.#max) {
      const work = this.#waiting.shift();
      if (work === undefined) return;
      this.#start(work);
    }
  }

  #start(work: () => Promise<void>): void {
    this.#running += 1;
    void work().finally(() => {
      this.#running -= 1;
      this.#startWaiting();
    });
  }
}
