import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { startWorkbench, stopWorkbench } from '#core/workbench/commands.ts';
import { BUCKETS_MAX, bucketOf, listStartTimes, percentileOf } from '#core/workbench/start-times.ts';
import { keyOf } from '#core/workbench/workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';

describe('percentileOf', () => {
  it('returns a duration with an error of at most a quarter', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 250, max: 7_000_000 }), { minLength: 1, maxLength: 300 }),
        fc.constantFrom(0.5, 0.95),
        (durations, share) => {
          const counts = new Map<number, number>();
          for (const ms of durations) counts.set(bucketOf(ms), (counts.get(bucketOf(ms)) ?? 0) + 1);
          const exact = durations.toSorted((a, b) => a - b)[Math.ceil(share * durations.length) - 1] ?? 0;
          const estimate = percentileOf(counts, share);
          expect(estimate / exact).toBeGreaterThan(0.79);
          expect(estimate / exact).toBeLessThan(1.26);
        },
      ),
    );
  });

  it('is 0 without starts', () => {
    expect(percentileOf(new Map(), 0.5)).toBe(0);
  });
});

describe('bucketOf', () => {
  it('has a bucket for every duration', () => {
    expect([0, 250, 251, Number.MAX_SAFE_INTEGER].map(bucketOf)).toEqual([0, 0, 1, BUCKETS_MAX - 1]);
  });
});

describe('a completed start', () => {
  it('is counted once, as the first or a later one, with the type of its instance', async () => {
    const world = new MemoryWorld();
    const first = await world.create();
    const own = await world.create({ dedicatedInstanceType: 'm7i.large' });
    for (const workbench of [first, own]) await world.waitForStatus(keyOf(workbench), 'running');
    await stopWorkbench(world.ports, world.policy, keyOf(first), 'ada');
    await world.waitForStatus(keyOf(first), 'stopped');
    await startWorkbench(world.ports, world.policy, keyOf(first), 'ada');
    await world.waitForStatus(keyOf(first), 'running');
    const times = await listStartTimes(world.ports, world.clock.now());
    expect(times).toHaveLength(3);
    expect(times).toEqual(
      expect.arrayContaining([
        { kind: 'first', count: 1, p50Ms: expect.any(Number), p95Ms: expect.any(Number) },
        expect.objectContaining({ kind: 'later', count: 1 }),
        expect.objectContaining({ kind: 'first', instanceType: 'm7i.large', count: 1 }),
      ]),
    );
    expect(times.every(({ p50Ms, p95Ms }) => p50Ms > 0 && p95Ms >= p50Ms)).toBe(true);
  });

  it('is left out of the counts of five weeks later', async () => {
    const world = new MemoryWorld();
    await world.waitForStatus(keyOf(await world.create()), 'running');
    const sixWeeks = 6 * 7 * 24 * 60 * 60 * 1000;
    expect(await listStartTimes(world.ports, world.clock.now() + sixWeeks)).toEqual([]);
  });

  it('does not fail if it cannot be counted', async () => {
    const world = new MemoryWorld();
    world.startTimes.add = async () => {
      throw new PortError('unavailable', 'dynamodb UpdateItem');
    };
    const workbench = await world.waitForStatus(keyOf(await world.create()), 'running');
    expect(workbench.status).toBe('running');
    expect(world.telemetry.lines).toContainEqual({
      level: 'warn',
      message: 'the duration of a start could not be counted',
    });
  });
});
