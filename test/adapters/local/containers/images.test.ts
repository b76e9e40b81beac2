import { describe, expect, it } from 'vitest';
import type { EngineMessage } from '#adapters/local/containers/engine-responses.ts';
import { Images, PullFailed, PullProgress } from '#adapters/local/containers/images.ts';
import { systemTimers } from '#adapters/local/timers.ts';

const NEVER = new AbortController().signal;

class Registry {
  readonly pulls: PromiseWithResolvers<void>[] = [];
  onEvent: (event: EngineMessage) => void = () => {};
  readonly present = new Set<string>();

  async hasImage(name: string): Promise<boolean> {
    return this.present.has(name);
  }

  async pull(name: string, onEvent: (event: EngineMessage) => void): Promise<void> {
    const pull = Promise.withResolvers<void>();
    this.pulls.push(pull);
    this.onEvent = onEvent;
    await pull.promise;
    this.present.add(name);
  }

  /** Waits for the n-th pull to begin. */
  async pulled(n = 0): Promise<PromiseWithResolvers<void>> {
    for (;;) {
      const pull = this.pulls[n];
      if (pull !== undefined) return pull;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

describe('Images', () => {
  it('does not pull existing images', async () => {
    const registry = new Registry();
    registry.present.add('a');
    const reported: string[] = [];
    await new Images(registry, systemTimers).ensure('a', (detail) => reported.push(detail), NEVER);
    expect([registry.pulls, reported]).toEqual([[], []]);
    expect(await new Images(registry, systemTimers).probe('a')).toBe('present');
  });

  it('pulls an image once for several callers and reports progress to all', async () => {
    const registry = new Registry();
    const images = new Images(registry, systemTimers);
    const reported: string[] = [];
    const waiting = [1, 2, 3].map(() => images.ensure('a', (detail) => reported.push(detail), NEVER));
    const pull = await registry.pulled();
    pull.resolve();
    await Promise.all(waiting);
    expect(registry.pulls).toHaveLength(1);
    expect(reported).toEqual(['pulling a', 'pulling a', 'pulling a']);
  });

  it('reports progress at intervals, and only changes', async () => {
    const registry = new Registry();
    const steps: (() => void)[] = [];
    const timers = {
      now: () => 0,
      elapsed: () => 0,
      after(_ms: number, action: () => void) {
        steps.push(action);
        return () => {};
      },
    };
    const reported: string[] = [];
    const done = new Images(registry, timers).ensure('a', (detail) => reported.push(detail), NEVER);
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
    expect(reported).toEqual(['pulling a', 'pulling a: 0 of 1 layers, 50 of 100 MiB']);
  });

  it('reports a failed pull to all callers and pulls again for the next', async () => {
    const registry = new Registry();
    const images = new Images(registry, systemTimers);
    const waiting = [1, 2].map(() => images.ensure('a', () => {}, NEVER));
    (await registry.pulled()).reject(new Error('no such manifest'));
    for (const call of waiting) {
      await expect(call).rejects.toThrow(PullFailed);
      await expect(call).rejects.toThrow('no such manifest');
    }
    const again = images.ensure('a', () => {}, NEVER);
    (await registry.pulled(1)).resolve();
    await again;
  });

  it('continues a pull for other callers when one caller aborts', async () => {
    const registry = new Registry();
    const images = new Images(registry, systemTimers);
    const cancelled = new AbortController();
    const one = images.ensure('a', () => {}, cancelled.signal);
    const other = images.ensure('a', () => {}, NEVER);
    const pull = await registry.pulled();
    cancelled.abort();
    await one;
    pull.resolve();
    await other;
    expect(registry.present.has('a')).toBe(true);
  });

  it('probes whether a pull begins or fails', async () => {
    const registry = new Registry();
    const images = new Images(registry, systemTimers);
    const successful = images.probe('a');
    await registry.pulled();
    registry.onEvent({ status: 'Pulling from library/a', id: 'latest' });
    registry.onEvent({ status: 'Pulling fs layer', id: 'layer' });
    expect(await successful).toBe('pulling');
    const failing = images.probe('b');
    (await registry.pulled(1)).reject(new Error('denied'));
    await expect(failing).rejects.toThrow(PullFailed);
  });
});

describe('PullProgress', () => {
  it('sums the progress of the layers', () => {
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
    // The engine counts the extraction from 0 again. It does not count as download progress.
    progress.take({ id: 'c', status: 'Extracting', progressDetail: { current: 1, total: 20 * mib } });
    expect(progress.text).toBe('pulling registry.example/ide:1: 2 of 3 layers, 50 of 120 MiB');
  });

  it('is limited in length for any image name', () => {
    const progress = new PullProgress('x'.repeat(500));
    progress.take({ id: 'a', progressDetail: { current: 1e15, total: 1e15 } });
    expect(progress.text.length).toBeLessThanOrEqual(200);
  });
});
