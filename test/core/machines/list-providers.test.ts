import { describe, expect, it } from 'vitest';
import { listProviders } from '#core/machines/list-providers.ts';
import type { CapacityProvider, DedicatedInstanceType, FreeCapacity } from '#core/ports/capacity-catalog.ts';

const SIZE = { cpuUnits: 1024, memoryMib: 2048, gpuCount: 0 };
const SMALL: CapacityProvider = {
  name: 'small',
  cpuUnits: 4096,
  memoryMib: 16_384,
  gpuCount: 0,
  interfaces: 3,
  price: 0.3,
};

const list = (
  providers: readonly CapacityProvider[],
  types: readonly DedicatedInstanceType[] = [],
  free: readonly FreeCapacity[] = [],
) =>
  listProviders(
    {
      providers: async () => providers,
      instanceTypes: async () => types,
      freeCapacity: async () => free,
    },
    SIZE,
  );

describe('the list of providers', () => {
  it('has the price of an instance and of the share that a workbench of the default size takes', async () => {
    const [offer] = await list([SMALL]);
    // Network interfaces are the scarcest resource.
    expect(offer).toMatchObject({ name: 'small', kind: 'shared', price: 0.3 });
    expect(offer?.defaultWorkbench?.share).toBeCloseTo(1 / 3);
    expect(offer?.defaultWorkbench?.price).toBeCloseTo(0.1);
  });

  it('sums the free capacity of the running instances of each provider', async () => {
    const free = [
      { provider: 'small', cpuUnits: 2048, memoryMib: 5000, gpuCount: 0, interfaces: 3 },
      { provider: 'small', cpuUnits: 4096, memoryMib: 16_384, gpuCount: 0, interfaces: 1 },
      { provider: 'other', cpuUnits: 1, memoryMib: 1, gpuCount: 0, interfaces: 1 },
    ];
    const [offer] = await list([SMALL], [], free);
    expect(offer?.free).toEqual({
      instances: 2,
      cpuUnits: 6144,
      memoryMib: 21_384,
      gpuCount: 0,
      interfaces: 4,
      // Two by CPU and memory on the first, one by the interface on the second.
      defaultWorkbenches: 3,
    });
  });

  it('has no cost of a workbench that an instance cannot hold', async () => {
    const [offer] = await list([{ ...SMALL, memoryMib: 1024 }]);
    expect(offer).not.toHaveProperty('defaultWorkbench');
  });

  it('has the types of hosts, which a workbench pays as a whole, with a price if it is known', async () => {
    const type = { name: 'm6i.large', cpuUnits: 2048, memoryMib: 7200, gpuCount: 0 };
    const offers = await list(
      [],
      [
        { ...type, price: 0.1 },
        { ...type, name: 'own.type' },
      ],
    );
    expect(offers).toEqual([
      {
        name: 'm6i.large',
        kind: 'dedicated',
        capacity: { cpuUnits: 2048, memoryMib: 7200, gpuCount: 0 },
        price: 0.1,
        defaultWorkbench: { share: 1, price: 0.1 },
      },
      {
        name: 'own.type',
        kind: 'dedicated',
        capacity: { cpuUnits: 2048, memoryMib: 7200, gpuCount: 0 },
      },
    ]);
  });

  it('leaves out a number of interfaces that has no limit', async () => {
    const [offer] = await list([{ ...SMALL, interfaces: Number.POSITIVE_INFINITY }]);
    expect(offer?.capacity).not.toHaveProperty('interfaces');
  });
});
