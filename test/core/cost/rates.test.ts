import { describe, expect, it } from 'vitest';
import { createSettingsCatalog } from '#adapters/aws/capacity/cluster-catalog.ts';
import { estimateCost, hostRatesOf, shareRateOf, toMicroUsd, toUsd } from '#core/cost/rates.ts';

const PROVIDER = {
  ...{ name: 'standard', cpuUnits: 8192, memoryMib: 29_000, gpuCount: 0, interfaces: 40 },
  ...{ price: 0.384, diskPrice: 11.68 },
};
const TYPE = {
  ...{ name: 'm6i.large', cpuUnits: 2048, memoryMib: 7000, gpuCount: 0 },
  ...{ price: 0.096, diskPrice: 8.03 },
};
const SMALL = { cpuUnits: 1024, memoryMib: 2048, gpuCount: 0 };

describe('the price of a share', () => {
  it('is the dominant share of the instance with its disk', () => {
    expect(shareRateOf(SMALL, PROVIDER)).toBe(50_000);
    expect(shareRateOf({ ...SMALL, memoryMib: 14_500 }, PROVIDER)).toBe(200_000);
  });

  it('includes the network interfaces that leave the rest of the instance unused', () => {
    expect(shareRateOf(SMALL, { ...PROVIDER, interfaces: 2 })).toBe(200_000);
  });

  it('is never more than the instance', () => {
    expect(shareRateOf({ ...SMALL, cpuUnits: 9000 }, PROVIDER)).toBe(400_000);
  });
});

describe('the price of a host', () => {
  it('is the whole instance with its disk, and the disk while it is stopped', () => {
    expect(hostRatesOf(TYPE)).toEqual({ running: 107_000, stopped: 11_000 });
  });

  it('is unknown without the price of the instance', () => {
    const { price: _unknown, ...type } = TYPE;
    expect(hostRatesOf(type)).toBeUndefined();
  });
});

describe('the estimate for a workbench', () => {
  const sizes = createSettingsCatalog({ providers: [PROVIDER], instanceTypes: [TYPE] });

  it('has the price of the provider that placement would choose', async () => {
    const cheap = { ...PROVIDER, name: 'spot', price: 0.16, diskPrice: 0 };
    const both = createSettingsCatalog({ providers: [PROVIDER, cheap], instanceTypes: [] });
    expect(await estimateCost(SMALL, both)).toEqual({ running: 20_000, stopped: 0 });
  });

  it('has the price of the host, for a workbench with a dedicated instance', async () => {
    const spec = { ...SMALL, dedicatedInstanceType: 'm6i.large' };
    expect(await estimateCost(spec, sizes)).toEqual({ running: 107_000, stopped: 11_000 });
  });

  it('is unknown if nothing can hold the workbench', async () => {
    expect(await estimateCost({ ...SMALL, gpuCount: 1 }, sizes)).toBeUndefined();
    expect(await estimateCost({ ...SMALL, dedicatedInstanceType: 'p5.48xlarge' }, sizes)).toBeUndefined();
  });
});

describe('amounts', () => {
  it('are whole millionths of a USD', () => {
    expect(toMicroUsd(0.0502)).toBe(50_200);
    expect(toUsd(50_200.4)).toBe(0.0502);
  });
});
