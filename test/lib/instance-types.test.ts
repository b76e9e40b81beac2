import { describe, expect, it } from 'vitest';
import { allocatableCapacityOf, KNOWN_INSTANCE_TYPES } from '#lib/instance-types.ts';

describe('allocatableCapacityOf', () => {
  it('is below what the agent registers, which keeps 3 % and at least 256 MiB for the instance', () => {
    for (const [name, size] of Object.entries(KNOWN_INSTANCE_TYPES)) {
      const kernelMib = Math.floor(size.memoryMib * 0.94);
      const registeredMib = kernelMib - Math.max(256, Math.floor(kernelMib * 0.03));
      expect(allocatableCapacityOf(size).memoryMib, name).toBeLessThanOrEqual(registeredMib);
    }
  });

  it('is at most 90 % of the nominal memory', () => {
    const memoryOf = (name: string) => {
      const size = KNOWN_INSTANCE_TYPES[name];
      return size && allocatableCapacityOf(size).memoryMib;
    };
    expect([memoryOf('t3.medium'), memoryOf('m6i.large'), memoryOf('c5.18xlarge')]).toEqual([
      3594, 7372, 132_710,
    ]);
  });
});
