import { expect, it } from 'vitest';
import { systemClock } from '#adapters/system-clock.ts';
import { ageOf, momentOf } from '#core/ports/clock.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

it('is the time that has passed, even if the clock was set back several times by less than the age', () => {
  const clock = new ManualClock();
  const moment = momentOf(clock);
  for (let times = 0; times < 3; times += 1) {
    clock.advance(10_000);
    clock.set(-9000);
  }
  expect(clock.now() - moment.now).toBe(3000);
  expect(ageOf(moment, clock)).toBe(30_000);
});

it('is the time of the clock while the process was frozen', () => {
  const clock = { now: () => 60_000, elapsed: () => 1 };
  expect(ageOf({ now: 0, elapsed: 0 }, clock)).toBe(60_000);
});

it('is infinite for a moment in the future', () => {
  const clock = new ManualClock();
  const moment = momentOf(clock);
  clock.set(-1);
  expect(ageOf(moment, clock)).toBe(Number.POSITIVE_INFINITY);
});

it('of the system is measured by two clocks', () => {
  const moment = momentOf(systemClock);
  expect(moment.elapsed).toBeLessThan(moment.now);
  expect(ageOf(moment, systemClock)).toBeGreaterThanOrEqual(0);
});
