import { describe, expect, it } from 'vitest';
import { OutputRate } from '#adapters/local/tasks/output-rate.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

/** Takes bytes and waits as long as the rate demands. Returns how long. */
function waitFor(rate: OutputRate, clock: ManualClock, bytes: number): number {
  const waitMs = rate.take(bytes);
  clock.advance(waitMs);
  return waitMs;
}

describe('OutputRate', () => {
  it('admits the bytes of a second at once, and later ones at the rate', () => {
    const clock = new ManualClock();
    const rate = new OutputRate(1000, clock);
    expect(waitFor(rate, clock, 1000)).toBe(0);
    expect(waitFor(rate, clock, 500)).toBe(500);
    expect(waitFor(rate, clock, 100)).toBe(100);
    clock.advance(300);
    expect(waitFor(rate, clock, 300)).toBe(0);
    expect(waitFor(rate, clock, 50)).toBe(50);
  });

  it('saves at most the bytes of a second', () => {
    const clock = new ManualClock();
    const rate = new OutputRate(1000, clock);
    clock.advance(60 * 60 * 1000);
    expect(waitFor(rate, clock, 1500)).toBe(500);
  });

  it('waits no longer than the bytes need when the clock is set back', () => {
    const clock = new ManualClock(2_000_000);
    let steppedBackMs = 0;
    const rate = new OutputRate(1000, { now: () => clock.now() - steppedBackMs });
    expect(waitFor(rate, clock, 1000)).toBe(0);
    steppedBackMs = 1_000_000;
    expect(waitFor(rate, clock, 500)).toBe(500);
    expect(waitFor(rate, clock, 500)).toBe(500);
  });
});
