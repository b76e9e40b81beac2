import { describe, expect, it } from 'vitest';
import type { EngineMessage } from '#adapters/local/containers/engine-messages.ts';
import { Images, PullFailed, PullProgress } from '#adapters/local/containers/images.ts';
import { systemTimers } from '#adapters/local/timers.ts';

const NEVER = new AbortController().signal;

class Registry {
  readonly pulls: PromiseWithResolvers<void>[] = [];
  onEvent: (event: EngineMessage) => void = () => {};
  readonly there = new Set<string>();

  async hasImage(name: string): Promise<boolean> {
    return this.there.has(name);
  }

  async pull(name: string, onEvent: (event: EngineMessage) => void): Promise<void> {
    const pull = Promise.withResolvers<void>();
    this.pulls.push(pull);
    this.onEvent = onEvent;
    await pull.promise;
    this.there.add(name);
  }

  /** The n-th pull, once it has begun. */
  async pulled(n = 0): Promise<PromiseWithResolvers<void>> {
    for (;;) {
      const pull = this.pulls[n];
      if (pull !== undefined) return pull;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

describe('images', () => {
  it('that are there are not pulled', async () => {
    const registry = new Registry();
    registry.there.add('a');
    const told: string[] = [];
    await new Images(registry, systemTimers).ensure('a', (detail) => told.push(detail), NEVER);
    expect([registry.pulls, told]).toEqual([[], []]);
    expect(await new Images(registry, systemTimers).probe('a')).toBe('present');
  });

  it('are pulled once, however many wait, and all are told how far it is', async () => {
    const registry = new Registry();
    const images = new Images(registry, systemTimers);
    const told: string[] = [];
    const waiting = [1, 2, 3].map(() => images.ensure('a', (detail) => told.push(detail), NEVER));
    const pull = await registry.pulled();
    pull.resolve();
    await Promise.all(waiting);
    expect(registry.pulls).toHaveLength(1);
    expect(told).toEqual(['pulling a', 'pulling a', 'pulling a']);
  });

  it('tell those who wait now and then, and only of what is new', async () => {
    const registry = new Registry();
    const steps: (() => void)[] = [];
    const timers = {
      now: () => 0,
      after(_ms: number, action: () => void) {
        steps.push(action);
        return () => {};
      },
    };
    const told: string[] = [];
    const done = new Images(registry, timers).ensure('a', (detail) => told.push(detail), NEVER);
    const step = async () => {
      while (steps.length === 0) await new Promise((resolve) => setImmediate(resolve));
      steps.shift()?.();
    };
    const pull = await registry.pulled();
    for (let current = 1; current <= 50; current += 1) {
      registry.onEvent({
        id: 'layer',
        progressDetail: { current: current * 1024 ** 2, total: 100 * 1024 ** 2 },
      });
    }
    await step();
    await step();
    await step();
    pull.resolve();
    await done;
    expect(told).toEqual(['pulling a', 'pulling a: 0 of 1 layers, 50 of 100 MiB']);
  });

  it('that cannot be pulled are told to all, and are tried again by the next', async () => {
    const registry = new Registry();
    const images = new Images(registry, systemTimers);
    const waiting = [1, 2].map(() => images.ensure('a', () => {}, NEVER));
    (await registry.pulled()).reject(new Error('no such manifest'));
    for (const one of waiting) {
      await expect(one).rejects.toThrow(PullFailed);
      await expect(one).rejects.toThrow('no such manifest');
    }
    const again = images.ensure('a', () => {}, NEVER);
    (await registry.pulled(1)).resolve();
    await again;
  });

  it('are no longer waited for by who gives up, while the pull goes on for others', async () => {
    const registry = new Registry();
    const images = new Images(registry, systemTimers);
    const leaving = new AbortController();
    const one = images.ensure('a', () => {}, leaving.signal);
    const other = images.ensure('a', () => {}, NEVER);
    const pull = await registry.pulled();
    leaving.abort();
    await one;
    pull.resolve();
    await other;
    expect(registry.there.has('a')).toBe(true);
  });

  it('are looked for at a start: coming, or not to be had', async () => {
    const registry = new Registry();
    const images = new Images(registry, systemTimers);
    const coming = images.probe('a');
    await registry.pulled();
    registry.onEvent({ status: 'Pulling from library/a', id: 'latest' });
    registry.onEvent({ status: 'Pulling fs layer', id: 'layer' });
    expect(await coming).toBe('pulling');
    const failing = images.probe('b');
    (await registry.pulled(1)).reject(new Error('denied'));
    await expect(failing).rejects.toThrow(PullFailed);
  });
});

describe('how far a pull is', () => {
  it('is put together from its layers', () => {
    const progress = new PullProgress('registry.example/ide:1');
    expect(progress.text).toBe('pulling registry.example/ide:1');
    const mib = 1024 ** 2;
    progress.take({ status: 'Pulling from ide', id: '1' });
    for (const id of ['a', 'b', 'c']) progress.take({ id, status: 'Pulling fs layer' });
    expect(progress.text).toBe('pulling registry.example/ide:1: 0 of 3 layers');
    progress.take({ id: 'a', status: 'Already exists' });
    progress.take({
      id: 'b',
      status: 'Downloading',
      progressDetail: { current: 30 * mib, total: 100 * mib },
    });
    progress.take({ id: 'c', status: 'Downloading', progressDetail: { current: 10 * mib, total: 20 * mib } });
    expect(progress.text).toBe('pulling registry.example/ide:1: 1 of 3 layers, 40 of 120 MiB');
    progress.take({ id: 'c', status: 'Download complete' });
    // What is unpacked is counted anew by the engine, and not here.
    progress.take({ id: 'c', status: 'Extracting', progressDetail: { current: 1, total: 20 * mib } });
    expect(progress.text).toBe('pulling registry.example/ide:1: 2 of 3 layers, 50 of 120 MiB');
  });

  it('fits into what a task may say, however long the name is', () => {
    const progress = new PullProgress('x'.repeat(500));
    progress.take({ id: 'a', progressDetail: { current: 1e15, total: 1e15 } });
    expect(progress.text.length).toBeLessThanOrEqual(200);
  });
});
