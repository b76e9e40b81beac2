import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canHold, findInstanceFor } from '#core/placement/capacity.ts';
import { choosePlacement, chooseProvider } from '#core/placement/choose-placement.ts';
import type { Capacity, CapacityProvider, FreeCapacity } from '#core/ports/capacity-catalog.ts';
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

const request: Capacity = { cpuUnits: 1024, memoryMib: 2048, gpuCount: 0 };
const general: CapacityProvider = {
  name: 'general',
  cpuUnits: 4096,
  memoryMib: 15_000,
  gpuCount: 0,
  interfaces: 20,
  price: 0.2,
};

const choose = (
  request: Capacity,
  providers: readonly CapacityProvider[],
  freeCapacity: readonly FreeCapacity[] = [],
): string | undefined => chooseProvider(request, providers, freeCapacity)?.name;

/** The free capacity of an instance of the provider of which `part` is used. */
const freeOn = (provider: CapacityProvider, part: number): FreeCapacity => ({
  provider: provider.name,
  cpuUnits: provider.cpuUnits * (1 - part),
  memoryMib: provider.memoryMib * (1 - part),
  gpuCount: provider.gpuCount,
  interfaces: provider.interfaces,
});

describe('chooseProvider', () => {
  it('chooses the provider at which the request costs the smallest part of the price', () => {
    const dear = { ...general, name: 'dear', price: 0.21 };
    expect(choose(request, [dear, general])).toBe('general');
  });

  it('counts the scarcest resource: memory for a memory-bound request, CPU for a CPU-bound request', () => {
    const memory = { ...general, name: 'memory', memoryMib: 30_000, price: 0.26 };
    const compute = { ...general, name: 'compute', memoryMib: 7500, price: 0.17 };
    const offered = [general, memory, compute];
    expect(choose({ cpuUnits: 512, memoryMib: 14_000, gpuCount: 0 }, offered)).toBe('memory');
    expect(choose({ cpuUnits: 2048, memoryMib: 2048, gpuCount: 0 }, offered)).toBe('compute');
    expect(choose({ cpuUnits: 4096, memoryMib: 15_000, gpuCount: 0 }, offered)).toBe('general');
  });

  it('starts the smaller of two instances with the same price per unit', () => {
    const double = { ...general, name: 'double', cpuUnits: 8192, memoryMib: 30_000, price: 0.4 };
    expect(choose(request, [double, general])).toBe('general');
  });

  it('does not start a large instance for a small request, although its price per unit is slightly lower', () => {
    const giant = { ...general, name: 'giant', cpuUnits: 73_728, memoryMib: 270_000, price: 3.2 };
    expect(choose(request, [giant, general])).toBe('general');
  });

  it('prefers free capacity on running instances to any new instance, at any price', () => {
    const dear = { ...general, name: 'dear', price: 50 };
    expect(choose(request, [general, dear], [freeOn(dear, 0.5)])).toBe('dear');
    expect(choose(request, [general, dear], [freeOn(dear, 0.9)])).toBe('general');
  });

  it('chooses the cheapest of several providers with free capacity, and of equally cheap ones the tightest fit', () => {
    const other = { ...general, name: 'other' };
    const dear = { ...general, name: 'dear', price: 0.3 };
    expect(choose(request, [general, dear], [freeOn(general, 0.5), freeOn(dear, 0.5)])).toBe('general');
    expect(choose(request, [general, other], [freeOn(general, 0.5), freeOn(other, 0.7)])).toBe('other');
    expect(choose(request, [general, other], [freeOn(general, 0.7), freeOn(other, 0.5)])).toBe('general');
  });

  it('measures the free capacity of a provider by the instance that ECS would choose: the fullest that can hold the request', () => {
    const other = { ...general, name: 'other' };
    const freeCapacity = [freeOn(general, 0), freeOn(general, 0.75), freeOn(other, 0.5)];
    expect(choose({ ...request, memoryMib: 1024 }, [general, other], freeCapacity)).toBe('general');
  });

  it('counts network interfaces: a large instance with few of them is dear for small requests', () => {
    const double = { ...general, name: 'double', cpuUnits: 8192, memoryMib: 30_000, price: 0.38 };
    const few = (provider: CapacityProvider, interfaces: number) => ({ ...provider, interfaces });
    const quarter = { cpuUnits: 2048, memoryMib: 3000, gpuCount: 0 };
    const offered = (interfaces: number) => [general, few(double, interfaces)];
    expect(choose({ ...quarter, cpuUnits: 4096 }, offered(3))).toBe('general');
    expect(choose({ ...quarter, cpuUnits: 8192 }, offered(1))).toBe('double');
    const tiny = { cpuUnits: 512, memoryMib: 1024, gpuCount: 0 };
    const cheap = { ...general, name: 'cheap', price: 0.19 };
    expect(choose(tiny, [general, cheap])).toBe('cheap');
    expect(choose(tiny, [general, few(cheap, 2)])).toBe('general');
  });

  it('does not count the free capacity of an instance without a free network interface', () => {
    const dear = { ...general, name: 'dear', price: 0.3 };
    const used = { ...freeOn(dear, 0.5), interfaces: 0 };
    expect(choose(request, [general, dear], [used])).toBe('general');
    expect(choose(request, [general, dear], [{ ...used, interfaces: 1 }])).toBe('dear');
    expect(choose(request, [general, dear], [used, { ...used, interfaces: 1 }])).toBe('dear');
  });

  it('keeps instances with GPUs for requests with GPUs, even while they are idle', () => {
    const gpu = { ...general, name: 'gpu', gpuCount: 1, price: 0.01 };
    expect(choose(request, [general, gpu], [freeOn(gpu, 0)])).toBe('general');
    expect(choose({ ...request, gpuCount: 1 }, [general, gpu])).toBe('gpu');
    expect(choose({ ...request, memoryMib: 15_001 }, [general, { ...gpu, memoryMib: 16_000 }])).toBe('gpu');
  });

  it('chooses the first by name of two equal providers', () => {
    expect(
      choose(request, [
        { ...general, name: 'b' },
        { ...general, name: 'a' },
      ]),
    ).toBe('a');
  });

  it('ignores free capacity of a provider that is not configured', () => {
    expect(choose(request, [general], [freeOn({ ...general, name: 'of old' }, 0)])).toBe('general');
  });
});

describe('for any request and any providers', () => {
  const capacity = { cpuUnits: fc.nat(99), memoryMib: fc.nat(99), gpuCount: fc.nat(2) };
  const anyRequest = fc.record(capacity);
  const anyOffer = fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      ...capacity,
      interfaces: fc.nat(3),
      price: fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: 0, max: 9, noNaN: true })),
    }),
    { selector: ({ name }) => name, maxLength: 6 },
  );
  const anyFreeCapacity = fc.array(
    fc.record({
      provider: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
      ...capacity,
      interfaces: fc.nat(3),
    }),
    { maxLength: 8 },
  );

  it('chooses a provider that can hold the request whenever there is one', () => {
    fc.assert(
      fc.property(anyRequest, anyOffer, anyFreeCapacity, (request, offered, freeCapacity) => {
        const chosen = chooseProvider(request, offered, freeCapacity);
        if (chosen === undefined)
          expect(offered.filter((provider) => canHold(provider, request))).toEqual([]);
        else expect(canHold(chosen, request)).toBe(true);
      }),
    );
  });

  it('does not depend on the order of providers and free capacity', () => {
    fc.assert(
      fc.property(anyRequest, anyOffer, anyFreeCapacity, fc.gen(), (request, offered, freeCapacity, draw) => {
        const shuffle = <T>(all: readonly T[]): T[] =>
          draw(() => fc.shuffledSubarray([...all], { minLength: all.length, maxLength: all.length }));
        expect(choose(request, shuffle(offered), shuffle(freeCapacity))).toBe(
          choose(request, offered, freeCapacity),
        );
      }),
    );
  });

  it('keeps its choice if the price of the chosen provider falls', () => {
    fc.assert(
      fc.property(
        anyRequest,
        anyOffer,
        anyFreeCapacity,
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (request, offered, freeCapacity, factor) => {
          const chosen = choose(request, offered, freeCapacity);
          const cheaper = offered.map((provider) =>
            provider.name === chosen ? { ...provider, price: provider.price * factor } : provider,
          );
          expect(choose(request, cheaper, freeCapacity)).toBe(chosen);
        },
      ),
    );
  });

  it('does not switch to a provider because its price rises', () => {
    fc.assert(
      fc.property(
        anyRequest,
        anyOffer,
        anyFreeCapacity,
        fc.double({ min: 0.01, max: 9, noNaN: true }),
        (request, offered, freeCapacity, more) => {
          const chosen = choose(request, offered, freeCapacity);
          for (const { name } of offered) {
            if (name === chosen) continue;
            const dearer = offered.map((provider) =>
              provider.name === name ? { ...provider, price: provider.price + more } : provider,
            );
            expect(choose(request, dearer, freeCapacity)).toBe(chosen);
          }
        },
      ),
    );
  });

  it('starts no new instance while an allowed provider has free capacity', () => {
    fc.assert(
      fc.property(anyRequest, anyOffer, anyFreeCapacity, (request, offered, freeCapacity) => {
        const chosen = chooseProvider(request, offered, freeCapacity);
        if (chosen === undefined || findInstanceFor(request, chosen.name, freeCapacity) !== undefined) return;
        const isReserved = (provider: CapacityProvider) =>
          request.gpuCount === 0 && chosen.gpuCount === 0 && provider.gpuCount > 0;
        for (const provider of offered) {
          if (!canHold(provider, request) || isReserved(provider)) continue;
          expect(findInstanceFor(request, provider.name, freeCapacity)).toBeUndefined();
        }
      }),
    );
  });

  it('places no request without GPUs on a provider with GPUs while another can hold it', () => {
    fc.assert(
      fc.property(anyRequest, anyOffer, anyFreeCapacity, (request, offered, freeCapacity) => {
        const withoutGpus = { ...request, gpuCount: 0 };
        const chosen = chooseProvider(withoutGpus, offered, freeCapacity);
        if (chosen === undefined || chosen.gpuCount === 0) return;
        expect(offered.filter((p) => p.gpuCount === 0 && canHold(p, withoutGpus))).toEqual([]);
      }),
    );
  });
});
