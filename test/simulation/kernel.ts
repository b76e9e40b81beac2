interface ScheduledAction {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
}

/**
 * Owns time. Everything that takes time in a simulated world is an action in this queue; between two actions
 * every promise that can go on does. Two actions at one moment run in the order in which they were set.
 */
export class Kernel {
  #now: number;
  #order = 0;
  readonly #heap: ScheduledAction[] = [];

  /** @param now where time begins, milliseconds since 1970 */
  constructor(now = Date.UTC(2030, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** Runs the action after `ms` milliseconds; what it answers takes it back. */
  after(ms: number, action: () => void): () => void {
    let wanted = true;
    this.#order += 1;
    this.#push({ at: this.#now + Math.max(0, ms), order: this.#order, action: () => wanted && action() });
    return () => {
      wanted = false;
    };
  }

  /** Resolves after `ms` milliseconds. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /**
   * Runs one action and then every promise that it set off. False when there is none until `end`; time is then
   * at `end`.
   */
  async step(end: number): Promise<boolean> {
    const next = this.#heap[0];
    if (next === undefined || next.at > end) {
      this.#now = Math.max(this.#now, end);
      return false;
    }
    this.#pop();
    this.#now = Math.max(this.#now, next.at);
    next.action();
    await settlePromises();
    return true;
  }

  #push(event: ScheduledAction): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(heap[at], heap[parent])) return;
      swap(heap, at, parent);
      at = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let first = at;
      if (isBefore(heap[left], heap[first])) first = left;
      if (isBefore(heap[right], heap[first])) first = right;
      if (first === at) return;
      swap(heap, at, first);
      at = first;
    }
  }
}

function isBefore(a: ScheduledAction | undefined, b: ScheduledAction | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function swap(heap: ScheduledAction[], a: number, b: number): void {
  const held = heap[a];
  const other = heap[b];
  if (held === undefined || other === undefined) return;
  heap[a] = other;
  heap[b] = held;
}

/** A macrotask runs only when no promise is left that could go on. */
function settlePromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
