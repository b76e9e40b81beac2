import { availableParallelism, totalmem } from 'node:os';
import { expect, it } from 'vitest';
import { localCatalog } from '#adapters/local/local-catalog.ts';
import { describeCapacityCatalogContract } from '#test/contracts/capacity-catalog.ts';

describeCapacityCatalogContract('localCatalog', async () => localCatalog({ instanceTypes: [] }));

it('offers this computer as the only provider, without GPUs and with price 0', async () => {
  expect(await localCatalog({ instanceTypes: [] }).providers()).toEqual([
    {
      name: 'local',
      cpuUnits: availableParallelism() * 1024,
      memoryMib: Math.floor(totalmem() / 1_048_576),
      gpuCount: 0,
      interfaces: Number.POSITIVE_INFINITY,
      price: 0,
    },
  ]);
});

it('counts whole MiB and 1,024 units per CPU, and returns the configured instance types', async () => {
  const large = { name: 'm5.large', cpuUnits: 2048, memoryMib: 7680, gpuCount: 0 };
  const catalog = localCatalog({ instanceTypes: [large], cpus: 3, memory: 3_000_000 });
  expect(await catalog.providers()).toMatchObject([{ cpuUnits: 3072, memoryMib: 2 }]);
  expect(await catalog.instanceTypes()).toEqual([large]);
});
