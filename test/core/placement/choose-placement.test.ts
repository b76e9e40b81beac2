import { describe, expect, it } from 'vitest';
import { choosePlacement } from '#core/placement/choose-placement.ts';
import { INSTANCE_TYPES, PROVIDERS } from '#test/memory/memory-world.ts';

const spec = { cpuUnits: 1024, memoryMib: 2048, gpuCount: 0 };

describe('choosePlacement', () => {
  it('chooses a provider that can hold the request, for any reported free capacity', () => {
    expect(choosePlacement(spec, PROVIDERS, [])).toEqual({ kind: 'fits', provider: 'small' });
    expect(choosePlacement({ ...spec, memoryMib: 4097 }, PROVIDERS, [])).toEqual({
      kind: 'fits',
      provider: 'large',
    });
    expect(choosePlacement({ ...spec, gpuCount: 1 }, PROVIDERS, [])).toEqual({
      kind: 'fits',
      provider: 'large',
    });
    const dear = { name: 'dear', cpuUnits: 4096, memoryMib: 8192, gpuCount: 0, interfaces: 3, price: 9 };
    const freeCapacity = [{ provider: 'dear', cpuUnits: 1024, memoryMib: 2048, gpuCount: 0, interfaces: 1 }];
    expect(choosePlacement(spec, [...PROVIDERS, dear], [], freeCapacity)).toEqual({
      kind: 'fits',
      provider: 'dear',
    });
  });

  it('names the sizes that would fit', () => {
    const fit = choosePlacement({ ...spec, gpuCount: 2 }, PROVIDERS, []);
    expect(fit).toEqual({
      kind: 'cannot_fit',
      message:
        'No capacity provider is large enough for 1024 CPU units, 2048 MiB of memory and 2 GPUs. Request at most ' +
        '2048 CPU units, 4096 MiB of memory and no GPU; or at most 8192 CPU units, 32768 MiB of memory and 1 GPU.',
    });
    expect(choosePlacement(spec, [], [])).toMatchObject({
      message: expect.stringContaining('No capacity providers are configured.'),
    });
  });

  it('chooses the dedicated instance type if it exists and can hold the request', () => {
    const dedicated = { ...spec, dedicatedInstanceType: 'm7i.large' };
    expect(choosePlacement(dedicated, [], INSTANCE_TYPES)).toEqual({ kind: 'dedicated' });
    expect(choosePlacement({ ...dedicated, cpuUnits: 4096 }, [], INSTANCE_TYPES)).toMatchObject({
      message: expect.stringContaining('A m7i.large cannot hold'),
    });
    expect(choosePlacement({ ...dedicated, dedicatedInstanceType: 'x9' }, [], INSTANCE_TYPES)).toMatchObject({
      message: 'There is no instance type x9. Available: m7i.large.',
    });
    expect(choosePlacement(dedicated, [], [])).toMatchObject({
      message: expect.stringContaining('No dedicated instance types are configured.'),
    });
  });
});
