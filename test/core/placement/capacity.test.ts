import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canHold, findInstanceFor, freeCapacityAfter } from '#core/placement/capacity.ts';
import type { FreeCapacity } from '#core/ports/capacity-catalog.ts';

const request = { cpuUnits: 10, memoryMib: 20, gpuCount: 0 };
const fuller: FreeCapacity = { provider: 'a', cpuUnits: 10, memoryMib: 25, gpuCount: 0 };
const emptier: FreeCapacity = { provider: 'a', cpuUnits: 99, memoryMib: 90, gpuCount: 1 };
const foreign: FreeCapacity = { provider: 'b', cpuUnits: 10, memoryMib: 20, gpuCount: 0 };

describe('free capacity', () => {
  it('is used on the fitting instance with the least free memory', () => {
    expect(findInstanceFor(request, 'a', [emptier, fuller, foreign])).toBe(fuller);
    expect(findInstanceFor({ ...request, cpuUnits: 11 }, 'a', [emptier, fuller, foreign])).toBe(emptier);
    expect(findInstanceFor({ ...request, memoryMib: 91 }, 'a', [emptier, fuller, foreign])).toBeUndefined();
  });

  it('decreases by the request on that instance alone', () => {
    expect(freeCapacityAfter({ ...request, gpuCount: 1 }, 'a', [fuller, emptier, foreign])).toEqual([
      fuller,
      { provider: 'a', cpuUnits: 89, memoryMib: 70, gpuCount: 0 },
      foreign,
    ]);
  });

  it('stays unchanged if the request waits for a new instance', () => {
    expect(freeCapacityAfter({ ...request, gpuCount: 2 }, 'a', [fuller, emptier])).toEqual([fuller, emptier]);
  });

  it('never becomes negative, and never changes for other providers', () => {
    const capacity = { cpuUnits: fc.nat(99), memoryMib: fc.nat(99), gpuCount: fc.nat(2) };
    const anyFreeCapacity = fc.array(fc.record({ provider: fc.constantFrom('a', 'b'), ...capacity }));
    fc.assert(
      fc.property(fc.record(capacity), anyFreeCapacity, (request, freeCapacity) => {
        const after = freeCapacityAfter(request, 'a', freeCapacity);
        for (const instance of after) {
          expect(canHold(instance, { cpuUnits: 0, memoryMib: 0, gpuCount: 0 })).toBe(true);
        }
        const others = (all: readonly FreeCapacity[]) => all.filter(({ provider }) => provider === 'b');
        expect(others(after)).toEqual(others(freeCapacity));
      }),
    );
  });
});
