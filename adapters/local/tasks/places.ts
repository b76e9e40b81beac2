/** Lets no more than so many work at once; the rest waits in the order of its coming. */
export class Places {
  readonly #max: number;
  readonly #waiting: (() => Promise<void>)[] = [];
  #taken = 0;

  /** @param max 1 or more */
  constructor(max: number) {
    this.#max = max;
  }

  /** `occupy` is called once there is a place, which is free again when it resolves; it may find nothing to do. */
  add(occupy: () => Promise<void>): void {
    this.#waiting.push(occupy);
    this.#fill();
  }

  /** Like `add`, for what is at work already: it does not wait, even when that is one too many. */
  addAtWork(occupy: () => Promise<void>): void {
    this.#take(occupy);
  }

  #fill(): void {
    while (this.#taken < this.#max) {
      const occupy = this.#waiting.shift();
      if (occupy === undefined) return;
      this.#take(occupy);
    }
  }

  #take(occupy: () => Promise<void>): void {
    this.#taken += 1;
    void occupy().finally(() => {
      this.#taken -= 1;
      this.#fill();
    });
  }
}
