import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  canHold,
  covers,
  dominantShare,
  findInstanceFor,
  freeCapacityAfter,
  type InstanceObservation,
  unusedShare,
  updateFreeCapacity,
} from '#core/placement/capacity.ts';
import type { FreeCapacity } from '#core/ports/capacity-catalog.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';

const request = { cpuUnits: 10, memoryMib: 20, gpuCount: 0 };
const fuller: FreeCapacity = { provider: 'a', cpuUnits: 10, memoryMib: 25, gpuCount: 0, interfaces: 1 };
const emptier: FreeCapacity = { provider: 'a', cpuUnits: 99, memoryMib: 90, gpuCount: 1, interfaces: 5 };
const foreign: FreeCapacity = { provider: 'b', cpuUnits: 10, memoryMib: 20, gpuCount: 0, interfaces: 1 };

describe('free capacity', () => {
  it('is used on the fitting instance with the least free memory', () => {
    expect(findInstanceFor(request, 'a', [emptier, fuller, foreign])).toBe(fuller);
    expect(findInstanceFor({ ...request, cpuUnits: 11 }, 'a', [emptier, fuller, foreign])).toBe(emptier);
    expect(findInstanceFor({ ...request, memoryMib: 91 }, 'a', [emptier, fuller, foreign])).toBeUndefined();
  });

  it('decreases by the request on that instance alone', () => {
    expect(freeCapacityAfter({ ...request, gpuCount: 1 }, 'a', [fuller, emptier, foreign])).toEqual([
      fuller,
      { provider: 'a', cpuUnits: 89, memoryMib: 70, gpuCount: 0, interfaces: 4 },
      foreign,
    ]);
  });

  it('is not used on an instance without a free network interface', () => {
    expect(findInstanceFor(request, 'a', [emptier, { ...fuller, interfaces: 0 }])).toBe(emptier);
    expect(findInstanceFor(request, 'a', [{ ...emptier, interfaces: 0 }])).toBeUndefined();
    const afterOne = freeCapacityAfter({ ...request, cpuUnits: 0, memoryMib: 0 }, 'a', [fuller]);
    expect(afterOne).toEqual([{ ...fuller, interfaces: 0 }]);
    expect(freeCapacityAfter(request, 'a', afterOne)).toBe(afterOne);
  });

  it('stays unchanged if the request waits for a new instance', () => {
    expect(freeCapacityAfter({ ...request, gpuCount: 2 }, 'a', [fuller, emptier])).toEqual([fuller, emptier]);
  });

  it('never becomes negative, and never changes for other providers', () => {
    const capacity = { cpuUnits: fc.nat(99), memoryMib: fc.nat(99), gpuCount: fc.nat(2) };
    const anyFreeCapacity = fc.array(
      fc.record({ provider: fc.constantFrom('a', 'b'), ...capacity, interfaces: fc.nat(3) }),
    );
    fc.assert(
      fc.property(fc.record(capacity), anyFreeCapacity, (request, freeCapacity) => {
        const after = freeCapacityAfter(request, 'a', freeCapacity);
        for (const instance of after) {
          expect(covers(instance, { cpuUnits: 0, memoryMib: 0, gpuCount: 0 })).toBe(true);
          expect(instance.interfaces).toBeGreaterThanOrEqual(0);
        }
        const others = (all: readonly FreeCapacity[]) => all.filter(({ provider }) => provider === 'b');
        expect(others(after)).toEqual(others(freeCapacity));
      }),
    );
  });
});

describe('an instance with three network interfaces for tasks', () => {
  const instance = { cpuUnits: 100, memoryMib: 100, gpuCount: 0, interfaces: 3 };

  it('holds a request while one of them is free', () => {
    expect(canHold({ ...instance, interfaces: 1 }, request)).toBe(true);
    const used = { ...instance, interfaces: 0 };
    expect(canHold(used, request)).toBe(false);
    expect(covers(used, request)).toBe(true);
  });

  it('has a third of its price used by a small request', () => {
    expect(dominantShare(request, instance)).toBe(1 / 3);
    expect(dominantShare({ ...request, memoryMib: 50 }, instance)).toBe(0.5);
    expect(dominantShare(request, { ...instance, interfaces: 120 })).toBe(0.2);
    expect(dominantShare(request, { ...instance, interfaces: Number.POSITIVE_INFINITY })).toBe(0.2);
  });

  it('has no unused capacity once CPU and memory are used up', () => {
    expect(unusedShare({ cpuUnits: 100, memoryMib: 100, gpuCount: 0 }, instance, instance)).toBe(0);
  });
});

const AT = 1_900_000_000_000;
const OBSERVATION: InstanceObservation = {
  containerInstanceId: 'instance-1',
  provider: 'small',
  acceptsTasks: true,
  free: { cpuUnits: 512, memoryMib: 1000, gpuCount: 0 },
  tasks: 1,
  trunked: true,
  version: 7,
  at: AT,
};

describe('updateFreeCapacity', () => {
  let world: MemoryWorld;
  beforeEach(() => {
    world = new MemoryWorld();
  });
  const observe = (change: Partial<InstanceObservation> = {}) =>
    updateFreeCapacity(world.ports, { ...OBSERVATION, ...change });
  const freeCapacity = () => world.freeCapacity.list(AT);

  it('saves the free capacity of an instance that accepts tasks', async () => {
    expect(await observe()).toBe(true);
    expect(await freeCapacity()).toEqual([
      {
        containerInstanceId: 'instance-1',
        provider: 'small',
        cpuUnits: 512,
        memoryMib: 1000,
        gpuCount: 0,
        interfaces: 19,
        version: 7,
        at: AT,
      },
    ]);
  });

  it.each([
    ['small', true, 5, 15],
    ['small', false, 1, 2],
    ['small', false, 3, 0],
    // Placed by others, or before the limit was lowered.
    ['small', false, 4, 0],
    ['large', true, 1, 1],
    ['large', false, 1, 1],
  ])(
    'counts the free network interfaces of an instance of %s with trunk %s and %i tasks: %i',
    async (provider, trunked, tasks, interfaces) => {
      await observe({ provider, trunked, tasks });
      expect(await freeCapacity()).toMatchObject([{ interfaces }]);
    },
  );

  it('removes an instance that accepts no tasks', async () => {
    await observe();
    expect(await observe({ acceptsTasks: false, version: 8 })).toBe(true);
    expect(await freeCapacity()).toEqual([]);
  });

  it('ignores an instance of a provider that is not configured', async () => {
    expect(await observe({ provider: 'not-configured' })).toBe(false);
    await observe();
    expect(await observe({ provider: 'not-configured', acceptsTasks: false, version: 8 })).toBe(false);
    expect(await freeCapacity()).toHaveLength(1);
  });

  it('does not save an instance without a provider', async () => {
    const { provider: _, ...withoutProvider } = OBSERVATION;
    expect(await updateFreeCapacity(world.ports, withoutProvider)).toBe(false);
    expect(await freeCapacity()).toEqual([]);
  });

  it('removes an instance that accepts no tasks although its provider is no longer named', async () => {
    await observe();
    const { provider: _, ...withoutProvider } = OBSERVATION;
    expect(
      await updateFreeCapacity(world.ports, { ...withoutProvider, acceptsTasks: false, version: 8 }),
    ).toBe(false);
    expect(await freeCapacity()).toEqual([]);
  });
});
