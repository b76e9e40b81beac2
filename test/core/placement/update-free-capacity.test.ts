import { beforeEach, describe, expect, it } from 'vitest';
import { type InstanceObservation, updateFreeCapacity } from '#core/placement/capacity.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';

const AT = 1_900_000_000_000;
const OBSERVATION: InstanceObservation = {
  containerInstanceId: 'instance-1',
  provider: 'small',
  acceptsTasks: true,
  free: { cpuUnits: 512, memoryMib: 1000, gpuCount: 0 },
  tasks: 1,
  trunked: true,
  version: 7,
  at: AT,
};

describe('updateFreeCapacity', () => {
  let world: MemoryWorld;
  beforeEach(() => {
    world = new MemoryWorld();
  });
  const observe = (change: Partial<InstanceObservation> = {}) =>
    updateFreeCapacity(world.ports, { ...OBSERVATION, ...change });
  const freeCapacity = () => world.freeCapacity.list(AT);

  it('saves the free capacity of an instance that accepts tasks', async () => {
    expect(await observe()).toBe(true);
    expect(await freeCapacity()).toEqual([
      {
        containerInstanceId: 'instance-1',
        provider: 'small',
        cpuUnits: 512,
        memoryMib: 1000,
        gpuCount: 0,
        interfaces: 19,
        version: 7,
        at: AT,
      },
    ]);
  });

  it.each([
    ['small', true, 5, 15],
    ['small', false, 1, 2],
    ['small', false, 3, 0],
    // Placed by others, or before the limit was lowered.
    ['small', false, 4, 0],
    ['large', true, 1, 1],
    ['large', false, 1, 1],
  ])(
    'counts the free network interfaces of an instance of %s with trunk %s and %i tasks: %i',
    async (provider, trunked, tasks, interfaces) => {
      await observe({ provider, trunked, tasks });
      expect(await freeCapacity()).toMatchObject([{ interfaces }]);
    },
  );

  it('removes an instance that accepts no tasks', async () => {
    await observe();
    expect(await observe({ acceptsTasks: false, version: 8 })).toBe(true);
    expect(await freeCapacity()).toEqual([]);
  });

  it('ignores an instance of a provider that is not configured', async () => {
    expect(await observe({ provider: 'not-configured' })).toBe(false);
    await observe();
    expect(await observe({ provider: 'not-configured', acceptsTasks: false, version: 8 })).toBe(false);
    expect(await freeCapacity()).toHaveLength(1);
  });

  it('does not save an instance without a provider', async () => {
    const { provider: _, ...withoutProvider } = OBSERVATION;
    expect(await updateFreeCapacity(world.ports, withoutProvider)).toBe(false);
    expect(await freeCapacity()).toEqual([]);
  });

  it('removes an instance that accepts no tasks although its provider is no longer named', async () => {
    await observe();
    const { provider: _, ...withoutProvider } = OBSERVATION;
    expect(
      await updateFreeCapacity(world.ports, { ...withoutProvider, acceptsTasks: false, version: 8 }),
    ).toBe(false);
    expect(await freeCapacity()).toEqual([]);
  });
});
