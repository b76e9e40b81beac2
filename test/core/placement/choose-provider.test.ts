import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canHold, findInstanceFor } from '#core/placement/capacity.ts';
import { chooseProvider } from '#core/placement/choose-provider.ts';
import type { Capacity, CapacityProvider, FreeCapacity } from '#core/ports/capacity-catalog.ts';

const request: Capacity = { cpuUnits: 1024, memoryMib: 2048, gpuCount: 0 };
const general: CapacityProvider = {
  name: 'general',
  cpuUnits: 4096,
  memoryMib: 15_000,
  gpuCount: 0,
  price: 0.2,
};

const choose = (
  wanted: Capacity,
  providers: readonly CapacityProvider[],
  room: readonly FreeCapacity[] = [],
): string | undefined => chooseProvider(wanted, providers, room)?.name;

/** What a machine of the provider has left when `part` of it is taken. */
const left = (provider: CapacityProvider, part: number): FreeCapacity => ({
  provider: provider.name,
  cpuUnits: provider.cpuUnits * (1 - part),
  memoryMib: provider.memoryMib * (1 - part),
  gpuCount: provider.gpuCount,
});

describe('choosing a provider', () => {
  it('takes the one of whose price the request takes the smallest part', () => {
    const dear = { ...general, name: 'dear', price: 0.21 };
    expect(choose(request, [dear, general])).toBe('general');
  });

  it('counts by what is scarcest: memory for what needs memory, cpu for what needs cpu', () => {
    const memory = { ...general, name: 'memory', memoryMib: 30_000, price: 0.26 };
    const compute = { ...general, name: 'compute', memoryMib: 7500, price: 0.17 };
    const offered = [general, memory, compute];
    expect(choose({ cpuUnits: 512, memoryMib: 14_000, gpuCount: 0 }, offered)).toBe('memory');
    expect(choose({ cpuUnits: 2048, memoryMib: 2048, gpuCount: 0 }, offered)).toBe('compute');
    expect(choose({ cpuUnits: 4096, memoryMib: 15_000, gpuCount: 0 }, offered)).toBe('general');
  });

  it('begins the smaller of two machines that cost the same for what they offer', () => {
    const double = { ...general, name: 'double', cpuUnits: 8192, memoryMib: 30_000, price: 0.4 };
    expect(choose(request, [double, general])).toBe('general');
  });

  it('begins no giant for a small request, though its parts are a little cheaper', () => {
    const giant = { ...general, name: 'giant', cpuUnits: 73_728, memoryMib: 270_000, price: 3.2 };
    expect(choose(request, [giant, general])).toBe('general');
  });

  it('prefers room that is paid for to any new machine, whatever that costs', () => {
    const dear = { ...general, name: 'dear', price: 50 };
    expect(choose(request, [general, dear], [left(dear, 0.5)])).toBe('dear');
    expect(choose(request, [general, dear], [left(dear, 0.9)])).toBe('general');
  });

  it('takes of several with room the cheapest, and of equally cheap ones the tightest', () => {
    const other = { ...general, name: 'other' };
    const dear = { ...general, name: 'dear', price: 0.3 };
    expect(choose(request, [general, dear], [left(general, 0.5), left(dear, 0.5)])).toBe('general');
    expect(choose(request, [general, other], [left(general, 0.5), left(other, 0.7)])).toBe('other');
    expect(choose(request, [general, other], [left(general, 0.7), left(other, 0.5)])).toBe('general');
  });

  it('measures the room of a provider by the machine that the cluster would take: the fullest that holds it', () => {
    const other = { ...general, name: 'other' };
    const room = [left(general, 0), left(general, 0.75), left(other, 0.5)];
    expect(choose({ ...request, memoryMib: 1024 }, [general, other], room)).toBe('general');
  });

  it('keeps machines with GPUs for requests with GPUs, even when they stand idle', () => {
    const gpu = { ...general, name: 'gpu', gpuCount: 1, price: 0.01 };
    expect(choose(request, [general, gpu], [left(gpu, 0)])).toBe('general');
    expect(choose({ ...request, gpuCount: 1 }, [general, gpu])).toBe('gpu');
    expect(choose({ ...request, memoryMib: 15_001 }, [general, { ...gpu, memoryMib: 16_000 }])).toBe('gpu');
  });

  it('takes the first by name of two that are alike', () => {
    expect(
      choose(request, [
        { ...general, name: 'b' },
        { ...general, name: 'a' },
      ]),
    ).toBe('a');
  });

  it('does not care for room of a provider that is not offered', () => {
    expect(choose(request, [general], [left({ ...general, name: 'of old' }, 0)])).toBe('general');
  });
});

describe('whatever is asked for and offered', () => {
  const capacity = { cpuUnits: fc.nat(99), memoryMib: fc.nat(99), gpuCount: fc.nat(2) };
  const anyRequest = fc.record(capacity);
  const anyOffer = fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      ...capacity,
      price: fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: 0, max: 9, noNaN: true })),
    }),
    { selector: ({ name }) => name, maxLength: 6 },
  );
  const anyFreeCapacity = fc.array(
    fc.record({ provider: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), ...capacity }),
    { maxLength: 8 },
  );

  it('one is chosen that can hold it, and always when there is one', () => {
    fc.assert(
      fc.property(anyRequest, anyOffer, anyFreeCapacity, (wanted, offered, room) => {
        const chosen = chooseProvider(wanted, offered, room);
        if (chosen === undefined) expect(offered.filter((provider) => canHold(provider, wanted))).toEqual([]);
        else expect(canHold(chosen, wanted)).toBe(true);
      }),
    );
  });

  it('the order of providers and of room is of no matter', () => {
    fc.assert(
      fc.property(anyRequest, anyOffer, anyFreeCapacity, fc.gen(), (wanted, offered, room, draw) => {
        const shuffled = <T>(all: readonly T[]): T[] =>
          draw(() => fc.shuffledSubarray([...all], { minLength: all.length, maxLength: all.length }));
        expect(choose(wanted, shuffled(offered), shuffled(room))).toBe(choose(wanted, offered, room));
      }),
    );
  });

  it('one that is chosen stays chosen when it gets cheaper', () => {
    fc.assert(
      fc.property(
        anyRequest,
        anyOffer,
        anyFreeCapacity,
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (wanted, offered, room, factor) => {
          const chosen = choose(wanted, offered, room);
          const cheaper = offered.map((provider) =>
            provider.name === chosen ? { ...provider, price: provider.price * factor } : provider,
          );
          expect(choose(wanted, cheaper, room)).toBe(chosen);
        },
      ),
    );
  });

  it('none is chosen for getting dearer', () => {
    fc.assert(
      fc.property(
        anyRequest,
        anyOffer,
        anyFreeCapacity,
        fc.double({ min: 0.01, max: 9, noNaN: true }),
        (wanted, offered, room, more) => {
          const chosen = choose(wanted, offered, room);
          for (const { name } of offered) {
            if (name === chosen) continue;
            const dearer = offered.map((provider) =>
              provider.name === name ? { ...provider, price: provider.price + more } : provider,
            );
            expect(choose(wanted, dearer, room)).toBe(chosen);
          }
        },
      ),
    );
  });

  it('no new machine is begun while an allowed one has room', () => {
    fc.assert(
      fc.property(anyRequest, anyOffer, anyFreeCapacity, (wanted, offered, room) => {
        const chosen = chooseProvider(wanted, offered, room);
        if (chosen === undefined || findInstanceFor(wanted, chosen.name, room) !== undefined) return;
        const kept = (provider: CapacityProvider) =>
          wanted.gpuCount === 0 && chosen.gpuCount === 0 && provider.gpuCount > 0;
        for (const provider of offered) {
          if (!canHold(provider, wanted) || kept(provider)) continue;
          expect(findInstanceFor(wanted, provider.name, room)).toBeUndefined();
        }
      }),
    );
  });

  it('a request without GPUs goes to none with GPUs while another can hold it', () => {
    fc.assert(
      fc.property(anyRequest, anyOffer, anyFreeCapacity, (wanted, offered, room) => {
        const plain = { ...wanted, gpuCount: 0 };
        const chosen = chooseProvider(plain, offered, room);
        if (chosen === undefined || chosen.gpuCount === 0) return;
        expect(offered.filter((p) => p.gpuCount === 0 && canHold(p, plain))).toEqual([]);
      }),
    );
  });
});
