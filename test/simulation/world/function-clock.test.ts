import { describe, expect, it } from 'vitest';
import { Kernel } from '../kernel.ts';
import { Tape } from '../tape.ts';
import { FunctionClock } from './function-clock.ts';
import { HazardDraws } from './hazards.ts';

const HOUR = 3_600_000;

/** A clock that is an hour behind from the 60th to the 130th second. */
function createClock(clockSteps: number) {
  const kernel = new Kernel();
  const tape = new Tape([0, 60, 10, 3]);
  const draws = new HazardDraws(tape, { clockSteps });
  const clock = new FunctionClock(kernel, draws);
  const advance = (seconds: number) => kernel.step(kernel.now() + seconds * 1000);
  return { kernel, tape, draws, clock, advance };
}

describe('the clock of the functions', () => {
  it('is wrong for a while with the hazard clockSteps, and then right again', async () => {
    const { kernel, draws, clock, advance } = createClock(1);
    expect([clock.steps, clock.offset]).toEqual([true, 0]);
    await advance(60);
    expect(clock.now(2000)).toBe(kernel.now() - HOUR + 2000);
    await advance(69);
    expect(clock.offset).toBe(-HOUR);
    await advance(1);
    expect(clock.offset).toBe(0);
    expect(draws.counts.get('clockSteps')).toBe(1);
  });

  it('knows when a time was read', async () => {
    const { kernel, clock, advance } = createClock(1);
    await advance(60);
    expect(clock.actualTimeOf(clock.now())).toBe(kernel.now());
    expect(clock.actualTimeOf(1)).toBe(1);
  });

  it('is right once the hazards are disabled', async () => {
    const { kernel, draws, clock, advance } = createClock(1);
    await advance(60);
    draws.disableHazards();
    expect(clock.now()).toBe(kernel.now());
  });

  it('is right without the hazard, and reads no number of the tape', async () => {
    const { kernel, tape, clock, advance } = createClock(0);
    await advance(60);
    expect([clock.steps, clock.now()]).toEqual([false, kernel.now()]);
    expect(tape.drawCount).toBe(0);
  });
});
