import { afterEach, describe, expect, it } from 'vitest';
import {
  FREE_CAPACITY_MAX_AGE_MS,
  type FreeCapacityStore,
  type InstanceFreeCapacity,
} from '#core/ports/free-capacity-store.ts';

const AT = 1_900_000_000_000;

export function anInstance(fields: Partial<InstanceFreeCapacity> = {}): InstanceFreeCapacity {
  return {
    containerInstanceId: 'instance-1',
    provider: 'small',
    cpuUnits: 1024,
    memoryMib: 4096,
    gpuCount: 0,
    interfaces: 19,
    version: 10,
    at: AT,
    ...fields,
  };
}

export interface FreeCapacityStoreSubject {
  readonly store: FreeCapacityStore;
  readonly dispose: () => Promise<void>;
}

/** The contract of FreeCapacityStore. `make` returns an empty store. */
export function describeFreeCapacityStoreContract(
  name: string,
  make: () => Promise<FreeCapacityStoreSubject>,
): void {
  describe(`${name} fulfils the contract of FreeCapacityStore`, () => {
    let dispose: (() => Promise<void>) | undefined;
    const open = async () => {
      const subject = await make();
      dispose = subject.dispose;
      return subject.store;
    };
    afterEach(() => dispose?.());

    it('lists the free capacity of each instance as it was saved', async () => {
      const store = await open();
      expect(await store.list(AT)).toEqual([]);
      const one = anInstance();
      const other = anInstance({
        containerInstanceId: 'instance-2',
        provider: 'gpu',
        gpuCount: 2,
        interfaces: 0,
        cpuUnits: 0,
      });
      await store.save(one);
      await store.save(other);
      const listed = await store.list(AT);
      expect(listed).toHaveLength(2);
      expect(listed).toEqual(expect.arrayContaining([one, other]));
    });

    it('lists the newest version, in any order of the calls', async () => {
      const store = await open();
      const newest = anInstance({ version: 12, memoryMib: 1 });
      await store.save(anInstance());
      await store.save(newest);
      await store.save(anInstance({ version: 11, memoryMib: 2 }));
      await store.save(anInstance({ version: 12, memoryMib: 3 }));
      expect(await store.list(AT)).toEqual([newest]);
    });

    it('removes an instance, and ignores older versions after that', async () => {
      const store = await open();
      const { containerInstanceId } = anInstance();
      await store.save(anInstance());
      await store.remove({ containerInstanceId, version: 12, at: AT });
      expect(await store.list(AT)).toEqual([]);
      await store.save(anInstance({ version: 11 }));
      await store.save(anInstance({ version: 12 }));
      expect(await store.list(AT)).toEqual([]);
    });

    it('lists an instance again after a newer save', async () => {
      const store = await open();
      const back = anInstance({ version: 13 });
      await store.remove({ containerInstanceId: back.containerInstanceId, version: 12, at: AT });
      await store.save(back);
      expect(await store.list(AT)).toEqual([back]);
    });

    it('ignores a removal with an older or equal version', async () => {
      const store = await open();
      const { containerInstanceId } = anInstance();
      await store.save(anInstance());
      await store.remove({ containerInstanceId, version: 9, at: AT });
      await store.remove({ containerInstanceId, version: 10, at: AT });
      expect(await store.list(AT)).toEqual([anInstance()]);
    });

    it('lists an entry until its maximum age', async () => {
      const store = await open();
      await store.save(anInstance());
      expect(await store.list(AT + FREE_CAPACITY_MAX_AGE_MS - 1)).toHaveLength(1);
      expect(await store.list(AT + FREE_CAPACITY_MAX_AGE_MS)).toEqual([]);
      expect(await store.list(AT + 2 * FREE_CAPACITY_MAX_AGE_MS)).toEqual([]);
    });

    it('does not list an entry that was too old when it was saved', async () => {
      const store = await open();
      await store.save(anInstance({ at: AT - 2 * FREE_CAPACITY_MAX_AGE_MS }));
      expect(await store.list(AT)).toEqual([]);
    });
  });
}
