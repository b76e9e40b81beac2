import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CapacityProvider } from '#core/ports/capacity-catalog.ts';
import { LowerBound } from '../../../bench/placement/lower-bound.ts';
import { PROVIDER_SETS } from '../../../bench/placement/provider-sets.ts';

describe('the lower bound of the cost', () => {
  it('is the price of an instance for its whole capacity, and half of it for half', () => {
    const only: CapacityProvider = {
      name: 'only',
      cpuUnits: 2048,
      memoryMib: 7000,
      gpuCount: 0,
      interfaces: 10,
      price: 0.1,
    };
    const bound = new LowerBound([only]);
    expect(bound.costOf(only)).toBeCloseTo(0.1, 12);
    expect(bound.costOf({ cpuUnits: 1024, memoryMib: 3500, gpuCount: 0, interfaces: 1 })).toBeCloseTo(
      0.05,
      12,
    );
    expect(bound.costOf({ cpuUnits: 1024, memoryMib: 0, gpuCount: 0, interfaces: 0 })).toBeCloseTo(0.05, 12);
  });

  it('combines instance types if that is cheaper', () => {
    const compute = { name: 'compute', cpuUnits: 10, memoryMib: 1, gpuCount: 0, interfaces: 2, price: 1 };
    const memory = { name: 'memory', cpuUnits: 1, memoryMib: 10, gpuCount: 0, interfaces: 2, price: 1 };
    expect(
      new LowerBound([compute, memory]).costOf({ cpuUnits: 11, memoryMib: 11, gpuCount: 0, interfaces: 4 }),
    ).toBeCloseTo(2);
  });

  it('counts network interfaces', () => {
    const few: CapacityProvider = {
      name: 'few',
      cpuUnits: 10,
      memoryMib: 10,
      gpuCount: 0,
      interfaces: 2,
      price: 1,
    };
    const many: CapacityProvider = { ...few, name: 'many', interfaces: 8, price: 2 };
    const running = { cpuUnits: 1, memoryMib: 1, gpuCount: 0, interfaces: 8 };
    expect(new LowerBound([few]).costOf(running)).toBeCloseTo(4);
    expect(new LowerBound([few, many]).costOf(running)).toBeCloseTo(2);
  });

  it('never exceeds the price of whole instances with enough capacity', () => {
    for (const { providers } of PROVIDER_SETS) {
      const bound = new LowerBound(providers);
      const counts = fc.array(fc.nat(9), { minLength: providers.length, maxLength: providers.length });
      fc.assert(
        fc.property(counts, fc.double({ min: 0, max: 1, noNaN: true }), (instances, share) => {
          const total = { cpuUnits: 0, memoryMib: 0, gpuCount: 0, interfaces: 0 };
          let price = 0;
          for (const [index, provider] of providers.entries()) {
            const count = instances[index] ?? 0;
            total.cpuUnits += count * provider.cpuUnits * share;
            total.memoryMib += count * provider.memoryMib;
            total.gpuCount += count * provider.gpuCount;
            total.interfaces += count * provider.interfaces;
            price += count * provider.price;
          }
          expect(bound.costOf(total)).toBeLessThanOrEqual(price + 1e-9);
        }),
      );
    }
  });
});
