import { expect, it } from 'vitest';
import { FREE_CAPACITY_LISTED_MAX } from '#core/ports/free-capacity-store.ts';
import { anInstance, describeFreeCapacityStoreContract } from '#test/contracts/free-capacity-store.ts';
import { MemoryFreeCapacityStore } from './memory-free-capacity-store.ts';

describeFreeCapacityStoreContract('memory', async () => ({
  store: new MemoryFreeCapacityStore(),
  dispose: async () => {},
}));

it('lists at most FREE_CAPACITY_LISTED_MAX instances', async () => {
  const store = new MemoryFreeCapacityStore();
  for (let n = 0; n <= FREE_CAPACITY_LISTED_MAX; n += 1)
    await store.save(anInstance({ containerInstanceId: `instance-${n}` }));
  expect(await store.list(anInstance().at)).toHaveLength(FREE_CAPACITY_LISTED_MAX);
});
