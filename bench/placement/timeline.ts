interface ScheduledAction {
  readonly at: number;
  readonly order: number;
  readonly act: () => void | Promise<void>;
}

/** What happens when, in seconds: the earliest first, of one second in the order in which it was planned. */
export class Timeline {
  readonly #heap: ScheduledAction[] = [];
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
      if (!isEarlier(planned, heap[parent] as ScheduledAction)) break;
      heap[place] = heap[parent] as ScheduledAction;
      place = parent;
    }
    heap[place] = planned;
  }

  after(seconds: number, act: () => void | Promise<void>): void {
    this.at(this.#now + seconds, act);
  }

  /** Lets everything happen that is planned up to this second. */
  async runUntil(end: number): Promise<void> {
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
      if (
        child + 1 < heap.length &&
        isEarlier(heap[child + 1] as ScheduledAction, heap[child] as ScheduledAction)
      )
        child += 1;
      if (!isEarlier(heap[child] as ScheduledAction, last)) break;
      heap[place] = heap[child] as ScheduledAction;
      place = child;
    }
    heap[place] = last;
  }
}

function isEarlier(one: ScheduledAction, other: ScheduledAction): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
