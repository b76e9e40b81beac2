import { beforeEach, describe, expect, it } from 'vitest';
import {
  ClusterCatalog,
  createSettingsCatalog,
  FREE_CAPACITY_CACHE_MS,
} from '#adapters/aws/capacity/cluster-catalog.ts';
import type { InstanceFreeCapacity } from '#core/ports/free-capacity-store.ts';
import { PortError } from '#core/ports/port-error.ts';
import { describeCapacityCatalogContract } from '#test/contracts/capacity-catalog.ts';
import { anInstance } from '#test/contracts/free-capacity-store.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { MemoryFreeCapacityStore } from '#test/memory/memory-free-capacity-store.ts';
import { INSTANCE_TYPES, PROVIDERS, RecordingTelemetry } from '#test/memory/memory-world.ts';

const SMALL = { cpuUnits: 512, memoryMib: 1024, gpuCount: 0 };

let clock: ManualClock;
let freeCapacity: MemoryFreeCapacityStore;
let reads: number;
/** Replaces the response of the store. */
let listOverride: (() => Promise<readonly InstanceFreeCapacity[]>) | undefined;
let telemetry: RecordingTelemetry;
let catalog: ClusterCatalog;

beforeEach(() => {
  clock = new ManualClock();
  freeCapacity = new MemoryFreeCapacityStore();
  reads = 0;
  listOverride = undefined;
  telemetry = new RecordingTelemetry();
  catalog = new ClusterCatalog({
    sizes: createSettingsCatalog({ providers: PROVIDERS, instanceTypes: INSTANCE_TYPES }),
    freeCapacity: {
      list: (now) => {
        reads += 1;
        return listOverride?.() ?? freeCapacity.list(now);
      },
    },
    clock,
    telemetry,
  });
});

const saveCapacity = (fields: Partial<InstanceFreeCapacity> = {}) =>
  freeCapacity.save(anInstance({ at: clock.now(), ...fields }));

describeCapacityCatalogContract('ClusterCatalog with instances', async () => {
  await saveCapacity();
  await saveCapacity({ containerInstanceId: 'instance-2', provider: 'large', gpuCount: 1 });
  return catalog;
});

describe('the free capacity of the cluster', () => {
  it('is read once for a burst of starts, and again when the cache has expired', async () => {
    await saveCapacity();
    await Promise.all([catalog.freeCapacity(), catalog.freeCapacity(), catalog.freeCapacity()]);
    await clock.advanceAsync(FREE_CAPACITY_CACHE_MS - 1);
    await catalog.freeCapacity();
    expect(reads).toBe(1);
    await clock.advanceAsync(1);
    await catalog.freeCapacity();
    expect(reads).toBe(2);
  });

  it('is not read for the list of providers or instance types', async () => {
    await catalog.providers();
    await catalog.instanceTypes();
    expect(reads).toBe(0);
  });

  it('is read again if the clock was set back', async () => {
    await catalog.freeCapacity();
    clock.now = () => 0;
    await catalog.freeCapacity();
    expect(reads).toBe(2);
  });

  it('is reduced by each reservation until it is read again', async () => {
    await saveCapacity();
    await catalog.freeCapacity();
    catalog.reserve('small', SMALL);
    expect(await catalog.freeCapacity()).toMatchObject([{ cpuUnits: 512, memoryMib: 3072 }]);
    await saveCapacity({ version: 11, cpuUnits: 300 });
    await clock.advanceAsync(FREE_CAPACITY_CACHE_MS);
    expect(await catalog.freeCapacity()).toMatchObject([{ cpuUnits: 300 }]);
  });

  it('is empty while it is unreadable, which is counted, and is not read again before the cache expires', async () => {
    await saveCapacity();
    await catalog.freeCapacity();
    await clock.advanceAsync(FREE_CAPACITY_CACHE_MS);
    listOverride = () => Promise.reject(new PortError('throttled', 'too many'));
    expect(await catalog.freeCapacity()).toEqual([]);
    expect(await catalog.freeCapacity()).toEqual([]);
    expect(reads).toBe(2);
    expect(telemetry.counts.get('free_capacity_unknown')).toBe(1);
    listOverride = undefined;
    await clock.advanceAsync(FREE_CAPACITY_CACHE_MS);
    expect(await catalog.freeCapacity()).toHaveLength(1);
  });

  it('does not hide a bug of the program', async () => {
    listOverride = () => Promise.reject(new TypeError('a bug'));
    await expect(catalog.freeCapacity()).rejects.toThrow('a bug');
    listOverride = undefined;
    expect(await catalog.freeCapacity()).toEqual([]);
  });
});
