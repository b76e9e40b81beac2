import { expect, it } from 'vitest';
import { ROOM_LISTED } from '#core/ports/free-capacity-store.ts';
import { aMachine, describeRoomStoreContract } from '#test/contracts/free-capacity-store.ts';
import { MemoryRoomStore } from './memory-free-capacity-store.ts';

describeRoomStoreContract('memory', async () => ({
  store: new MemoryRoomStore(),
  dispose: async () => {},
}));

it('lists no more machines than is agreed', async () => {
  const store = new MemoryRoomStore();
  for (let n = 0; n <= ROOM_LISTED; n += 1) await store.save(aMachine({ machineId: `machine-${n}` }));
  expect(await store.list(aMachine().at)).toHaveLength(ROOM_LISTED);
});
