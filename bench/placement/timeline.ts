interface ScheduledAction {
  readonly at: number;
  readonly order: number;
  readonly act: () => void | Promise<void>;
}

/** Runs scheduled actions in order of time (seconds). Actions of the same second run in the order of scheduling. */
export class Timeline {
  readonly #heap: ScheduledAction[] = [];
  #order = 0;
  #now = 0;

  get now(): number {
    return this.#now;
  }

  at(second: number, act: () => void | Promise<void>): void {
    this.#order += 1;
    const scheduled = { at: Math.max(second, this.#now), order: this.#order, act };
    const heap = this.#heap;
    let position = heap.push(scheduled) - 1;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      if (!isEarlier(scheduled, heap[parent] as ScheduledAction)) break;
      heap[position] = heap[parent] as ScheduledAction;
      position = parent;
    }
    heap[position] = scheduled;
  }

  after(seconds: number, act: () => void | Promise<void>): void {
    this.at(this.#now + seconds, act);
  }

  /** Runs all actions that are scheduled up to this second. */
  async runUntil(end: number): Promise<void> {
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      this.#removeFirst();
      this.#now = next.at;
      const pending = next.act();
      if (pending !== undefined) await pending;
    }
    this.#now = end;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let position = 0;
    for (;;) {
      let child = 2 * position + 1;
      if (child >= heap.length) break;
      if (
        child + 1 < heap.length &&
        isEarlier(heap[child + 1] as ScheduledAction, heap[child] as ScheduledAction)
      )
        child += 1;
      if (!isEarlier(heap[child] as ScheduledAction, last)) break;
      heap[position] = heap[child] as ScheduledAction;
      position = child;
    }
    heap[position] = last;
  }
}

function isEarlier(one: ScheduledAction, other: ScheduledAction): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
