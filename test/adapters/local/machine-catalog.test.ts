import { availableParallelism, totalmem } from 'node:os';
import { expect, it } from 'vitest';
import { machineCatalog } from '#adapters/local/machine-catalog.ts';
import { describeCapacityCatalogContract } from '#test/contracts/capacity-catalog.ts';

describeCapacityCatalogContract('this machine', async () => machineCatalog({ instanceTypes: [] }));

it('offers this machine as the one provider, without GPUs and at no price', async () => {
  expect(await machineCatalog({ instanceTypes: [] }).providers()).toEqual([
    {
      name: 'local',
      cpuUnits: availableParallelism() * 1024,
      memoryMib: Math.floor(totalmem() / 1_048_576),
      gpuCount: 0,
      price: 0,
    },
  ]);
});

it('counts whole MiB and 1,024 units for each cpu, and names the instance types it was given', async () => {
  const large = { name: 'm5.large', cpuUnits: 2048, memoryMib: 7680, gpuCount: 0 };
  const catalog = machineCatalog({ instanceTypes: [large], cpus: 3, memory: 3_000_000 });
  expect(await catalog.providers()).toMatchObject([{ cpuUnits: 3072, memoryMib: 2 }]);
  expect(await catalog.instanceTypes()).toEqual([large]);
});
