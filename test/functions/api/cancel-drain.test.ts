import { describe, expect, it } from 'vitest';
import { buildCancelDrain } from '#functions/api/machines.ts';
import { aDrain } from '#test/contracts/drain-store.ts';
import { aMachine } from '#test/memory/memory-machine-inventory.ts';
import { call, settingsWith, tokenOf, worldWithIds } from '../call-api.ts';

async function setUp() {
  const { world, ports } = worldWithIds();
  world.machines.machines.push(aMachine({ state: 'draining' }));
  await world.stores.drains.put(aDrain());
  return { world, handler: buildCancelDrain(ports, settingsWith()) };
}

describe('DELETE /machines/{machine_id}/drain', () => {
  it('takes the drain back; a repeated request changes nothing', async () => {
    const { world, handler } = await setUp();
    for (const _ of [1, 2]) {
      expect(await call(handler, { machineId: 'i-1' })).toMatchObject({
        status: 200,
        body: { success: true },
      });
      expect(await world.stores.drains.list()).toEqual([]);
      expect((await world.machines.find('i-1'))?.state).toBe('active');
    }
  });

  it('is 404 for an unknown machine', async () => {
    const { handler } = await setUp();
    expect((await call(handler, { machineId: 'i-9' })).status).toBe(404);
  });

  it('is 403 without the admin scope', async () => {
    const { world, handler } = await setUp();
    expect((await call(handler, { machineId: 'i-1', authorizer: tokenOf('ada') })).status).toBe(403);
    expect(await world.stores.drains.list()).toHaveLength(1);
  });
});
