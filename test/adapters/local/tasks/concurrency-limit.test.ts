import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConcurrencyLimit, type WaitingWork } from '#adapters/local/tasks/concurrency-limit.ts';

/** A limit whose functions end when the test says so. */
class Bench {
  readonly started: string[] = [];
  readonly places = new Map<string, WaitingWork>();
  readonly #limit: ConcurrencyLimit;
  readonly #ends: (() => void)[] = [];

  constructor(max: number) {
    this.#limit = new ConcurrencyLimit(max);
  }

  enqueue(userId: string, name: string): void {
    this.places.set(
      name,
      this.#limit.enqueue(userId, () => this.#run(name)),
    );
  }

  startNow(name: string): void {
    this.#limit.startNow(() => this.#run(name));
  }

  /** The number before each function that waits. */
  get before(): Record<string, number> {
    const before: Record<string, number> = {};
    for (const [name, place] of this.places) {
      const count = place.countBefore();
      if (count !== undefined) before[name] = count;
    }
    return before;
  }

  /** Ends the function that started first, and lets the next one start. */
  async endOne(): Promise<void> {
    this.#ends.shift()?.();
    for (let n = 0; n < 3; n += 1) await Promise.resolve();
  }

  get running(): number {
    return this.#ends.length;
  }

  async #run(name: string): Promise<void> {
    this.started.push(name);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ends.push(resolve);
    await promise;
  }
}

describe('ConcurrencyLimit', () => {
  it('starts functions at once while slots are free, and then one for each that ends', async () => {
    const bench = new Bench(2);
    for (const name of ['a1', 'a2', 'a3']) bench.enqueue('ada', name);
    expect(bench.started).toEqual(['a1', 'a2']);
    expect(bench.before).toEqual({ a3: 0 });
    await bench.endOne();
    expect(bench.started).toEqual(['a1', 'a2', 'a3']);
    expect(bench.before).toEqual({});
  });

  it('gives each user one turn, however many functions another user has enqueued before', async () => {
    const bench = new Bench(1);
    for (let n = 1; n <= 5; n += 1) bench.enqueue('ada', `a${n}`);
    for (let n = 1; n <= 2; n += 1) bench.enqueue('bob', `b${n}`);
    bench.enqueue('cy', 'c1');
    expect(bench.before).toEqual({ a2: 0, b1: 1, c1: 2, a3: 3, b2: 4, a4: 5, a5: 6 });
    for (let n = 0; n < 7; n += 1) await bench.endOne();
    expect(bench.started).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4', 'a5']);
  });

  it('gives a user no further turn for leaving the queue and joining it again', async () => {
    const bench = new Bench(1);
    for (const name of ['a1', 'a2', 'a3']) bench.enqueue('ada', name);
    bench.enqueue('bob', 'b1');
    for (const name of ['a2', 'a3']) bench.places.get(name)?.leave();
    bench.enqueue('ada', 'a4');
    await bench.endOne();
    await bench.endOne();
    expect(bench.started).toEqual(['a1', 'b1', 'a4']);
  });

  it('does not start a function that has left the queue, and counts it no longer', async () => {
    const bench = new Bench(1);
    for (const name of ['a1', 'a2', 'a3']) bench.enqueue('ada', name);
    bench.places.get('a2')?.leave();
    bench.places.get('a1')?.leave();
    expect(bench.before).toEqual({ a3: 0 });
    await bench.endOne();
    expect(bench.started).toEqual(['a1', 'a3']);
  });

  it('starts a function at once beyond the limit, which occupies a slot', async () => {
    const bench = new Bench(1);
    bench.startNow('r1');
    bench.startNow('r2');
    bench.enqueue('ada', 'a1');
    expect(bench.started).toEqual(['r1', 'r2']);
    await bench.endOne();
    expect(bench.started).toEqual(['r1', 'r2']);
    await bench.endOne();
    expect(bench.started).toEqual(['r1', 'r2', 'a1']);
  });

  it('starts every function in the order that its counts say, for any users', async () => {
    const anyUser = fc.constantFrom('ada', 'bob', 'cy', 'dora');
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyUser, { maxLength: 30 }),
        fc.integer({ min: 1, max: 4 }),
        async (users, max) => {
          const bench = new Bench(max);
          for (const [n, userId] of users.entries()) bench.enqueue(userId, `${userId}-${n}`);
          const expected = Object.entries(bench.before).sort(([, a], [, b]) => a - b);
          expect(expected.map(([, before]) => before)).toEqual(expected.map((_, n) => n));
          const first = bench.started.length;
          while (bench.running > 0) await bench.endOne();
          expect(bench.started.slice(first)).toEqual(expected.map(([name]) => name));
          expect(bench.started).toHaveLength(users.length);
        },
      ),
      { numRuns: 100 },
    );
  });
});
