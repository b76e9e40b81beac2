import { describe, expect, it } from 'vitest';
import type { CapacityCatalog } from '#core/ports/capacity-catalog.ts';
import { FREE_CAPACITY_LISTED_MAX } from '#core/ports/free-capacity-store.ts';

/** What every CapacityCatalog keeps. `make` answers one that offers something. */
export function describeCapacityCatalogContract(name: string, make: () => Promise<CapacityCatalog>): void {
  describe(`the catalog of ${name}`, () => {
    it('offers providers, each under a name of its own, with sizes and a price', async () => {
      const providers = await (await make()).providers();
      expect(providers.length).toBeGreaterThan(0);
      expect(providers.length).toBeLessThanOrEqual(20);
      expect(new Set(providers.map((provider) => provider.name)).size).toBe(providers.length);
      for (const { cpuUnits, memoryMib, gpuCount, price } of providers) {
        expect(cpuUnits).toBeGreaterThan(0);
        expect(memoryMib).toBeGreaterThan(0);
        expect(gpuCount).toBeGreaterThanOrEqual(0);
        expect(price).toBeGreaterThanOrEqual(0);
      }
    });

    it('answers the same sizes whatever has been placed', async () => {
      const catalog = await make();
      const before = [await catalog.providers(), await catalog.instanceTypes()];
      await catalog.freeCapacity();
      for (const provider of await catalog.providers()) catalog.reserve(provider.name, provider);
      expect([await catalog.providers(), await catalog.instanceTypes()]).toEqual(before);
    });

    it('knows of bounded room', async () => {
      const room = await (await make()).freeCapacity();
      expect(room.length).toBeLessThanOrEqual(FREE_CAPACITY_LISTED_MAX);
    });

    it('has as much less room as was taken, and takes nothing amiss', async () => {
      const catalog = await make();
      const [machine] = await catalog.freeCapacity();
      catalog.reserve('nobody', { cpuUnits: 1, memoryMib: 1, gpuCount: 0 });
      if (machine === undefined) {
        expect(await catalog.freeCapacity()).toEqual([]);
        return;
      }
      const of = async () =>
        (await catalog.freeCapacity())
          .filter(({ provider }) => provider === machine.provider)
          .reduce((sum, { memoryMib }) => sum + memoryMib, 0);
      const before = await of();
      catalog.reserve(machine.provider, machine);
      expect(await of()).toBe(before - machine.memoryMib);
    });
  });
}
