/** Lets no more than so many work at once; the rest waits in the order of its coming. */
export class ConcurrencyLimit {
  readonly #max: number;
  readonly #waiting: (() => Promise<void>)[] = [];
  #running = 0;

  /** @param max 1 or more */
  constructor(max: number) {
    this.#max = max;
  }

  /** `occupy` is called once there is a place, which is free again when it resolves; it may find nothing to do. */
  enqueue(work: () => Promise<void>): void {
    this.#waiting.push(work);
    this.#startWaiting();
  }

  /** Like `add`, for what is at work already: it does not wait, even when that is one too many. */
  startNow(work: () => Promise<void>): void {
    this.#start(work);
  }

  #startWaiting(): void {
    while (this.#running < this.#max) {
      const occupy = this.#waiting.shift();
      if (occupy === undefined) return;
      this.#start(occupy);
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
