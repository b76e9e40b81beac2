import { describe, expect, it } from 'vitest';
import type { CapacityCatalog } from '#core/ports/capacity-catalog.ts';
import { FREE_CAPACITY_LISTED_MAX } from '#core/ports/free-capacity-store.ts';

/** The contract of CapacityCatalog. `make` returns a catalog with at least one provider. */
export function describeCapacityCatalogContract(name: string, make: () => Promise<CapacityCatalog>): void {
  describe(`${name} fulfils the contract of CapacityCatalog`, () => {
    it('returns providers with unique names, sizes and prices', async () => {
      const providers = await (await make()).providers();
      expect(providers.length).toBeGreaterThan(0);
      expect(providers.length).toBeLessThanOrEqual(20);
      expect(new Set(providers.map((provider) => provider.name)).size).toBe(providers.length);
      for (const { cpuUnits, memoryMib, gpuCount, interfaces, price } of providers) {
        expect(cpuUnits).toBeGreaterThan(0);
        expect(memoryMib).toBeGreaterThan(0);
        expect(gpuCount).toBeGreaterThanOrEqual(0);
        expect(interfaces).toBeGreaterThanOrEqual(1);
        expect(price).toBeGreaterThanOrEqual(0);
      }
    });

    it('returns the same sizes after a placement', async () => {
      const catalog = await make();
      const before = [await catalog.providers(), await catalog.instanceTypes()];
      await catalog.freeCapacity();
      for (const provider of await catalog.providers()) catalog.reserve(provider.name, provider);
      expect([await catalog.providers(), await catalog.instanceTypes()]).toEqual(before);
    });

    it('returns at most FREE_CAPACITY_LISTED_MAX entries of free capacity', async () => {
      const freeCapacity = await (await make()).freeCapacity();
      expect(freeCapacity.length).toBeLessThanOrEqual(FREE_CAPACITY_LISTED_MAX);
    });

    it('subtracts a reservation from the free capacity, and ignores one that does not fit', async () => {
      const catalog = await make();
      const [instance] = await catalog.freeCapacity();
      catalog.reserve('unknown', { cpuUnits: 1, memoryMib: 1, gpuCount: 0 });
      if (instance === undefined) {
        expect(await catalog.freeCapacity()).toEqual([]);
        return;
      }
      const of = async () =>
        (await catalog.freeCapacity())
          .filter(({ provider }) => provider === instance.provider)
          .reduce((sum, { memoryMib }) => sum + memoryMib, 0);
      const before = await of();
      catalog.reserve(instance.provider, instance);
      expect(await of()).toBe(before - instance.memoryMib);
    });
  });
}
