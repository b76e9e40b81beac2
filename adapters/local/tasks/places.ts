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

  #fill(): void {
    while (this.#taken < this.#max) {
      const occupy = this.#waiting.shift();
      if (occupy === undefined) return;
      this.#taken += 1;
      void occupy().finally(() => {
        this.#taken -= 1;
        this.#fill();
      });
    }
  }
}
