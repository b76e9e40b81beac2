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

function classesOf(...capacityProviders: readonly unknown[]): readonly RunningCost[] {
  return runningCosts(parseStage('staging', stageFile({ capacityProviders, ...TRUNKING })), DEFAULTS);
}

it('is the share of a machine that a workbench takes most of, with the disk', () => {
  // 1 of 4 vCPUs, and 2 of 14.4 GiB.
  const [standard] = classesOf({ name: 'standard', instanceTypes: ['m6i.xlarge'], maxInstances: 1 });
  expect(standard).toMatchObject({ share: 0.25, machine: expect.closeTo(0.192 + DISK_HOUR) });
  expect(hourlyCostOf(standard as RunningCost)).toBeCloseTo(0.25 * (0.192 + DISK_HOUR));
});

it('is a network interface where a machine has fewer of them than it has room', () => {
  const of = (ecs: object) => {
    const capacityProviders = [{ name: 'standard', instanceTypes: ['m6i.2xlarge'], maxInstances: 1 }];
    return runningCosts(parseStage('staging', stageFile({ capacityProviders, ecs })), DEFAULTS)[0];
  };
  expect(of({ awsvpcTrunking: true })).toMatchObject({ share: 0.125, byInterfaces: false });
  expect(of({ awsvpcTrunking: false })).toMatchObject({ share: 1 / 3, byInterfaces: true });
});

it('grows by what nobody takes of the machines, and never beyond a machine', () => {
  const one = { instanceUsd: 1, share: 0.5 };
  expect(hourlyCostOf(one, 0.8)).toBeCloseTo(0.625);
  expect(hourlyCostOf(one, 0.1)).toBe(1);
});

it('takes the price that is given for spot machines', () => {
  const [spot] = classesOf({
    name: 'spot',
    instanceTypes: ['m6i.xlarge'],
    maxInstances: 1,
    spot: true,
    pricePerHour: 0.05,
    diskGib: 50,
  });
  expect(spot?.instanceUsd).toBeCloseTo(0.05 + DISK_HOUR / 2);
});

it('asks for a GPU where there are some, and says what does not fit', () => {
  const [gpu, small] = classesOf(
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

it('of a dedicated machine is all of it, and its disk while it is stopped', () => {
  const settings = parseStage(
    'staging',
    stageFile({ dedicated: { instanceTypes: ['m6i.large'], diskGib: 200 } }),
  );
  expect(hostCosts(settings)).toEqual([
    { name: 'm6i.large', running: expect.closeTo(0.096 + 2 * DISK_HOUR), stopped: expect.closeTo(16) },
  ]);
});

it('of one whose price nobody gives is not known', () => {
  const types = [{ name: 'x9.large', vcpus: 2, memoryMib: 8192 }];
  const settings = parseStage('staging', stageFile({ dedicated: { instanceTypes: types } }));
  expect(hostCosts(settings)[0]?.running).toBeUndefined();
});

it('is known of every type that settings may name alone', () => {
  expect(Object.keys(NETWORK_INTERFACES).sort()).toEqual(Object.keys(KNOWN_INSTANCE_TYPES).sort());
});

it('is one less than a machine has, or what trunking makes of it', () => {
  expect(maxWorkbenchesOn(['m6i.xlarge'], false)).toBe(3);
  expect(maxWorkbenchesOn(['m6i.xlarge'], true)).toBe(18);
  expect(maxWorkbenchesOn(['t3.medium'], true)).toBe(2);
});

it('is that of the smallest of several types, and not known when one is not', () => {
  expect(maxWorkbenchesOn(['m6i.xlarge', 'm6i.large'], true)).toBe(9);
  expect(maxWorkbenchesOn(['m6i.xlarge', 'x9.large'], true)).toBeUndefined();
});
