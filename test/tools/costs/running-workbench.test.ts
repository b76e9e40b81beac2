import { expect, it } from 'vitest';
import { KNOWN_INSTANCE_TYPES } from '#lib/instance-types.ts';
import { parseStage } from '#lib/settings/stage.ts';
import { DEFAULTS } from '#tools/costs/assumptions.ts';
import {
  hostCosts,
  hourlyCostOf,
  maxWorkbenchesOn,
  NETWORK_INTERFACES,
  type RunningCost,
  runningCosts,
} from '#tools/costs/running-workbench.ts';
import { stageFile } from '../deploy/stage-file.ts';

const DISK_HOUR = (100 * 0.08) / 730;

const TRUNKING = { ecs: { awsvpcTrunking: true } };

function costsOf(...capacityProviders: readonly unknown[]): readonly RunningCost[] {
  return runningCosts(parseStage('staging', stageFile({ capacityProviders, ...TRUNKING })), DEFAULTS);
}

it('is the dominant share of an instance with its disk', () => {
  // 1 of 4 vCPUs, and 2 of 14.4 GiB.
  const [standard] = costsOf({ name: 'standard', instanceTypes: ['m6i.xlarge'], maxInstances: 1 });
  expect(standard).toMatchObject({ share: 0.25, instanceUsd: expect.closeTo(0.192 + DISK_HOUR) });
  expect(hourlyCostOf(standard as RunningCost)).toBeCloseTo(0.25 * (0.192 + DISK_HOUR));
});

it('is the share of network interfaces if they limit the number of workbenches', () => {
  const costWith = (ecs: object) => {
    const capacityProviders = [{ name: 'standard', instanceTypes: ['m6i.2xlarge'], maxInstances: 1 }];
    return runningCosts(parseStage('staging', stageFile({ capacityProviders, ecs })), DEFAULTS)[0];
  };
  expect(costWith({ awsvpcTrunking: true })).toMatchObject({ share: 0.125, limitedByInterfaces: false });
  expect(costWith({ awsvpcTrunking: false })).toMatchObject({ share: 1 / 3, limitedByInterfaces: true });
});

it('includes unused capacity, up to the whole instance', () => {
  const cost = { instanceUsd: 1, share: 0.5 };
  expect(hourlyCostOf(cost, 0.8)).toBeCloseTo(0.625);
  expect(hourlyCostOf(cost, 0.1)).toBe(1);
});

it('uses the configured price of spot instances', () => {
  const [spot] = costsOf({
    name: 'spot',
    instanceTypes: ['m6i.xlarge'],
    maxInstances: 1,
    spot: true,
    pricePerHour: 0.05,
    diskGib: 50,
  });
  expect(spot?.instanceUsd).toBeCloseTo(0.05 + DISK_HOUR / 2);
});

it('includes a GPU if the provider has some, and is undefined if the request does not fit', () => {
  const [gpu, small] = costsOf(
    { name: 'gpu', instanceTypes: ['g4dn.xlarge'], maxInstances: 1 },
    {
      name: 'small',
      instanceTypes: [{ name: 't9.nano', vcpus: 1, memoryMib: 1024, pricePerHour: 0.01 }],
      maxInstances: 1,
    },
  );
  expect(gpu?.share).toBe(1);
  expect(small?.share).toBeUndefined();
  expect(hourlyCostOf(small as RunningCost)).toBeUndefined();
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
  const types = [{ name: 'x9.large', vcpus: 2, memoryMib: 8192 }];
  const settings = parseStage('staging', stageFile({ dedicated: { instanceTypes: types } }));
  expect(hostCosts(settings)[0]?.running).toBeUndefined();
});

it('knows the network interfaces of every known instance type', () => {
  expect(Object.keys(NETWORK_INTERFACES).sort()).toEqual(Object.keys(KNOWN_INSTANCE_TYPES).sort());
});

it('allows one workbench less than an instance has interfaces, or more with trunking', () => {
  expect(maxWorkbenchesOn(['m6i.xlarge'], false)).toBe(3);
  expect(maxWorkbenchesOn(['m6i.xlarge'], true)).toBe(18);
  expect(maxWorkbenchesOn(['t3.medium'], true)).toBe(2);
});

it('uses the minimum of several types, and is undefined if one is unknown', () => {
  expect(maxWorkbenchesOn(['m6i.xlarge', 'm6i.large'], true)).toBe(9);
  expect(maxWorkbenchesOn(['m6i.xlarge', 'x9.large'], true)).toBeUndefined();
});
