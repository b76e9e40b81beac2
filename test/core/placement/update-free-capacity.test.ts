import { beforeEach, describe, expect, it } from 'vitest';
import { type InstanceObservation, updateFreeCapacity } from '#core/placement/update-free-capacity.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';

const AT = 1_900_000_000_000;
const seen: InstanceObservation = {
  containerInstanceId: 'machine-1',
  provider: 'small',
  acceptsTasks: true,
  free: { cpuUnits: 512, memoryMib: 1000, gpuCount: 0 },
  version: 7,
  at: AT,
};

describe('what is heard of a machine', () => {
  let world: MemoryWorld;
  beforeEach(() => {
    world = new MemoryWorld();
  });
  const observe = (change: Partial<InstanceObservation> = {}) =>
    updateFreeCapacity(world.ports, { ...seen, ...change });
  const room = () => world.freeCapacity.list(AT);

  it('is what it has left, for one that takes tasks', async () => {
    expect(await observe()).toBe(true);
    expect(await room()).toEqual([
      {
        containerInstanceId: 'machine-1',
        provider: 'small',
        cpuUnits: 512,
        memoryMib: 1000,
        gpuCount: 0,
        version: 7,
        at: AT,
      },
    ]);
  });

  it('is that there is no room, for one that takes none', async () => {
    await observe();
    expect(await observe({ acceptsTasks: false, version: 8 })).toBe(true);
    expect(await room()).toEqual([]);
  });

  it('is nothing to us, for one of another provider', async () => {
    expect(await observe({ provider: 'of-somebody' })).toBe(false);
    await observe();
    expect(await observe({ provider: 'of-somebody', acceptsTasks: false, version: 8 })).toBe(false);
    expect(await room()).toHaveLength(1);
  });

  it('is no room, for one of which it is not said whose it is', async () => {
    const { provider: _, ...nobodys } = seen;
    expect(await updateFreeCapacity(world.ports, nobodys)).toBe(false);
    expect(await room()).toEqual([]);
  });

  it('is its end, though it is no longer said whose it was', async () => {
    await observe();
    const { provider: _, ...nobodys } = seen;
    expect(await updateFreeCapacity(world.ports, { ...nobodys, acceptsTasks: false, version: 8 })).toBe(
      false,
    );
    expect(await room()).toEqual([]);
  });
});
