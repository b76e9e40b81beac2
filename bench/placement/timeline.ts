interface Planned {
  readonly at: number;
  readonly order: number;
  readonly act: () => void | Promise<void>;
}

/** What happens when, in seconds: the earliest first, of one second in the order in which it was planned. */
export class Timeline {
  readonly #heap: Planned[] = [];
  #order = 0;
  #now = 0;

  get now(): number {
    return this.#now;
  }

  at(second: number, act: () => void | Promise<void>): void {
    this.#order += 1;
    const planned = { at: Math.max(second, this.#now), order: this.#order, act };
    const heap = this.#heap;
    let place = heap.push(planned) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!earlier(planned, heap[parent] as Planned)) break;
      heap[place] = heap[parent] as Planned;
      place = parent;
    }
    heap[place] = planned;
  }

  after(seconds: number, act: () => void | Promise<void>): void {
    this.at(this.#now + seconds, act);
  }

  /** Lets everything happen that is planned up to this second. */
  async until(end: number): Promise<void> {
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      this.#removeFirst();
      this.#now = next.at;
      const done = next.act();
      if (done !== undefined) await done;
    }
    this.#now = end;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && earlier(heap[child + 1] as Planned, heap[child] as Planned)) child += 1;
      if (!earlier(heap[child] as Planned, last)) break;
      heap[place] = heap[child] as Planned;
      place = child;
    }
    heap[place] = last;
  }
}

function earlier(one: Planned, other: Planned): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
