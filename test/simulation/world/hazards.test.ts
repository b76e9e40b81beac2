import { describe, expect, it } from 'vitest';
import { Tape } from '../tape.ts';
import { AWS_HAZARDS, DEFAULT_HAZARDS, HazardDraws, withoutNoticedHazards } from './hazards.ts';

const HALF = 2 ** 31;

describe('HazardDraws.happens', () => {
  it.each([
    [0, false, 0],
    [1, true, 0],
    [0.5, true, 1],
  ])('with probability %d returns %s and reads %i numbers of the tape', (noCapacity, happens, drawCount) => {
    const tape = new Tape([HALF, HALF]);
    expect(new HazardDraws(tape, { noCapacity }).happens('noCapacity')).toBe(happens);
    expect(tape.drawCount).toBe(drawCount);
  });

  it('returns false once the hazards are disabled', () => {
    const draws = new HazardDraws(new Tape([]), { noCapacity: 1 });
    draws.disableHazards();
    expect(draws.happens('noCapacity')).toBe(false);
  });
});

describe('DEFAULT_HAZARDS', () => {
  it('has a probability above 0, and at most 1, for every hazard', () => {
    expect(DEFAULT_HAZARDS).toMatchObject(AWS_HAZARDS);
    for (const probability of Object.values(DEFAULT_HAZARDS)) {
      expect(probability).toBeGreaterThan(0);
      expect(probability).toBeLessThanOrEqual(1);
    }
  });
});

describe('withoutNoticedHazards', () => {
  it('turns off the hazards that make a start fail, and keeps the others', () => {
    const hazards = withoutNoticedHazards({ noCapacity: 0.5, endsEarly: 0.7 });
    expect(hazards).toMatchObject({ noCapacity: 0, mountFails: 0, endsEarly: 0.7 });
    expect(hazards).not.toHaveProperty('describeIsStale');
  });
});
