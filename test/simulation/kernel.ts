interface ScheduledAction {
  readonly at: number;
  readonly order: number;
  /** Undefined: it was cancelled. */
  action: (() => void) | undefined;
}

/**
 * The virtual clock and scheduler of a simulation. Everything that takes time is an action in its queue. Between two
 * actions all promises settle that can. Actions for the same time run in the order in which they were scheduled.
 */
export class Kernel {
  #now: number;
  #order = 0;
  #steps = 0;
  readonly #heap: ScheduledAction[] = [];

  /** @param now the initial time, milliseconds since 1970 */
  constructor(now = Date.UTC(2030, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  elapsed(): number {
    return this.#now;
  }

  /** Schedules an action in `ms` milliseconds. Returns a function that cancels it. */
  after(ms: number, action: () => void): () => void {
    this.#order += 1;
    const scheduled: ScheduledAction = { at: this.#now + Math.max(0, ms), order: this.#order, action };
    this.#push(scheduled);
    return () => {
      scheduled.action = undefined;
    };
  }

  /** Resolves after `ms` milliseconds. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /**
   * Runs the next action and settles the promises that follow from it. Returns false if no action is scheduled until
   * `end`; the time is then `end`.
   */
  step(end: number): Promise<boolean> {
    let next = this.#heap[0];
    while (next !== undefined && next.action === undefined) {
      this.#pop();
      next = this.#heap[0];
    }
    if (next?.action === undefined || next.at > end) {
      this.#now = Math.max(this.#now, end);
      return Promise.resolve(false);
    }
    this.#pop();
    this.#now = Math.max(this.#now, next.at);
    next.action();
    this.#steps += 1;
    return this.#steps % STEPS_PER_TURN === 0 ? yieldToEventLoop() : settlePromises();
  }

  #push(scheduled: ScheduledAction): void {
    const heap = this.#heap;
    let at = heap.push(scheduled) - 1;
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
  const first = heap[a];
  const second = heap[b];
  if (first === undefined || second === undefined) return;
  heap[a] = second;
  heap[b] = first;
}

/**
 * Node runs a callback of nextTick only when no microtask is left, so every promise that can settle has settled. It must
 * be scheduled by a microtask: before the first one, Node runs the callbacks of nextTick first. A turn of the event loop
 * takes three times as long.
 */
function settlePromises(): Promise<true> {
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve, true)));
}

/** After this number of steps the event loop has a turn, so that timers and messages of the process are not delayed. */
const STEPS_PER_TURN = 500;

/** Settles the promises, too: the event loop continues only when no microtask is left. */
function yieldToEventLoop(): Promise<true> {
  return new Promise((resolve) => setImmediate(resolve, true));
}
