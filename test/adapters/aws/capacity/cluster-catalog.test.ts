import { beforeEach, describe, expect, it } from 'vitest';
import {
  ClusterCatalog,
  FREE_CAPACITY_CACHE_MS,
  settingsCatalog,
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
/** Instead of what the store holds. */
let answer: (() => Promise<readonly InstanceFreeCapacity[]>) | undefined;
let telemetry: RecordingTelemetry;
let catalog: ClusterCatalog;

beforeEach(() => {
  clock = new ManualClock();
  freeCapacity = new MemoryFreeCapacityStore();
  reads = 0;
  answer = undefined;
  telemetry = new RecordingTelemetry();
  catalog = new ClusterCatalog({
    sizes: settingsCatalog({ providers: PROVIDERS, instanceTypes: INSTANCE_TYPES }),
    freeCapacity: {
      list: (now) => {
        reads += 1;
        return answer?.() ?? freeCapacity.list(now);
      },
    },
    clock,
    telemetry,
  });
});

const noted = (fields: Partial<InstanceFreeCapacity> = {}) =>
  freeCapacity.save(anInstance({ at: clock.now(), ...fields }));

describeCapacityCatalogContract('the settings and the cluster, with machines', async () => {
  await noted();
  await noted({ containerInstanceId: 'machine-2', provider: 'large', gpuCount: 1 });
  return catalog;
});

describe('the room of the cluster', () => {
  it('is read once for a burst of starts, and again when it has become old', async () => {
    await noted();
    await Promise.all([catalog.freeCapacity(), catalog.freeCapacity(), catalog.freeCapacity()]);
    await clock.advanceAsync(FREE_CAPACITY_CACHE_MS - 1);
    await catalog.freeCapacity();
    expect(reads).toBe(1);
    await clock.advanceAsync(1);
    await catalog.freeCapacity();
    expect(reads).toBe(2);
  });

  it('is not read for sizes', async () => {
    await catalog.providers();
    await catalog.instanceTypes();
    expect(reads).toBe(0);
  });

  it('is read again when the clock was put back', async () => {
    await catalog.freeCapacity();
    clock.now = () => 0;
    await catalog.freeCapacity();
    expect(reads).toBe(2);
  });

  it('grows less by what goes there, and is what the cluster says once that is read', async () => {
    await noted();
    await catalog.freeCapacity();
    catalog.reserve('small', SMALL);
    expect(await catalog.freeCapacity()).toMatchObject([{ cpuUnits: 512, memoryMib: 3072 }]);
    await noted({ version: 11, cpuUnits: 300 });
    await clock.advanceAsync(FREE_CAPACITY_CACHE_MS);
    expect(await catalog.freeCapacity()).toMatchObject([{ cpuUnits: 300 }]);
  });

  it('is none while it cannot be read, which is told, and not asked for again at once', async () => {
    await noted();
    await catalog.freeCapacity();
    await clock.advanceAsync(FREE_CAPACITY_CACHE_MS);
    answer = () => Promise.reject(new PortError('throttled', 'too many'));
    expect(await catalog.freeCapacity()).toEqual([]);
    expect(await catalog.freeCapacity()).toEqual([]);
    expect(reads).toBe(2);
    expect(telemetry.counts.get('free_capacity_unknown')).toBe(1);
    answer = undefined;
    await clock.advanceAsync(FREE_CAPACITY_CACHE_MS);
    expect(await catalog.freeCapacity()).toHaveLength(1);
  });

  it('does not hide a fault of the program', async () => {
    answer = () => Promise.reject(new TypeError('no such thing'));
    await expect(catalog.freeCapacity()).rejects.toThrow('no such thing');
    answer = undefined;
    expect(await catalog.freeCapacity()).toEqual([]);
  });
});
