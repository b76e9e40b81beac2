import { expect, it } from 'vitest';
import { parseStage } from '#lib/settings/stage.ts';
import { DEFAULTS } from '#tools/costs/assumptions.ts';
import { hostCosts, hourlyCostOf, type RunningCost, runningCosts } from '#tools/costs/running-workbench.ts';
import { stageFile } from '../deploy/stage-file.ts';

/** 100 GiB, without additional throughput. */
const DISK_HOUR = (100 * 0.08) / 730;
/** Of capacity providers by default: 125 MiB/s more than a disk has. */
const THROUGHPUT_HOUR = (125 * 0.04) / 730;

function costsOf(...capacityProviders: readonly unknown[]): readonly RunningCost[] {
  return runningCosts(parseStage('staging', stageFile({ capacityProviders })), DEFAULTS);
}

it('is the dominant share of an instance with its disk', () => {
  // 1 of 4 vCPUs, and 2 of 14.4 GiB.
  const [standard] = costsOf({ name: 'standard', instanceTypes: ['m6i.xlarge'], maxInstances: 1 });
  expect(standard).toMatchObject({
    instanceUsd: expect.closeTo(0.192 + DISK_HOUR + THROUGHPUT_HOUR),
    trunked: { share: 0.25, limitedByInterfaces: false },
  });
  expect(hourlyCostOf(0.2, standard?.trunked)).toBeCloseTo(0.05);
});

it('is the share of network interfaces if they limit the number of workbenches', () => {
  const [standard, large, burstable] = costsOf(
    { name: 'standard', instanceTypes: ['m6i.2xlarge'], maxInstances: 1 },
    { name: 'large', instanceTypes: ['c5.18xlarge'], maxInstances: 1 },
    { name: 'burstable', instanceTypes: ['t3.medium'], maxInstances: 1 },
  );
  expect(standard).toMatchObject({
    trunked: { share: 0.125, limitedByInterfaces: false },
    untrunked: { share: 1 / 3, limitedByInterfaces: true },
  });
  expect(large?.untrunked).toEqual({ share: 1 / 14, limitedByInterfaces: true });
  // Its memory holds one workbench.
  expect(burstable).toMatchObject({
    trunked: { limitedByInterfaces: false },
    untrunked: { limitedByInterfaces: false },
  });
});

it('includes unused capacity, up to the whole instance', () => {
  const half = { share: 0.5, limitedByInterfaces: false };
  expect(hourlyCostOf(1, half, 0.8)).toBeCloseTo(0.625);
  expect(hourlyCostOf(1, half, 0.1)).toBe(1);
});

it('uses the configured price of spot instances', () => {
  const [spot] = costsOf({
    name: 'spot',
    instanceTypes: ['m6i.xlarge'],
    maxInstances: 1,
    spot: true,
    pricePerHour: 0.05,
    diskGib: 50,
    diskThroughput: 375,
  });
  expect(spot?.instanceUsd).toBeCloseTo(0.05 + DISK_HOUR / 2 + 2 * THROUGHPUT_HOUR);
});

it('includes a GPU if the provider has some, and is undefined if the request does not fit', () => {
  const [gpu, small] = costsOf(
    { name: 'gpu', instanceTypes: ['g4dn.xlarge'], maxInstances: 1 },
    {
      name: 'small',
      instanceTypes: [
        { name: 't9.nano', vcpus: 1, memoryMib: 1024, networkInterfaces: 2, pricePerHour: 0.01 },
      ],
      maxInstances: 1,
    },
  );
  // AWS does not support trunking for g4dn.
  expect(gpu).toMatchObject({ trunked: { share: 1 }, untrunked: { share: 1 } });
  expect(small).toMatchObject({ trunked: undefined, untrunked: undefined });
  expect(hourlyCostOf(1, small?.trunked)).toBeUndefined();
});

it('of a host is the whole instance, and its disk while it is stopped', () => {
  const settings = parseStage(
    'staging',
    stageFile({ dedicated: { instanceTypes: ['m6i.large'], diskGib: 200 } }),
  );
  expect(hostCosts(settings)).toEqual([
    { name: 'm6i.large', running: expect.closeTo(0.096 + 2 * DISK_HOUR), stopped: expect.closeTo(16) },
  ]);
});

it('of a host is undefined without a price', () => {
  const types = [{ name: 'x9.large', vcpus: 2, memoryMib: 8192, networkInterfaces: 3 }];
  const settings = parseStage('staging', stageFile({ dedicated: { instanceTypes: types } }));
  expect(hostCosts(settings)[0]?.running).toBeUndefined();
});
