import { describe, expect, it } from 'vitest';
import { drainResponseSchema } from '#contract/machine-bodies.ts';
import { buildDrainMachine, buildListMachines as buildList } from '#functions/api/machines.ts';
import { aMachine } from '#test/memory/memory-machine-inventory.ts';
import { call, settingsWith, tokenOf, worldWithIds } from '../call-api.ts';

function setUp() {
  const { world, ports } = worldWithIds();
  world.machines.machines.push(aMachine());
  return {
    world,
    handler: buildDrainMachine(ports, settingsWith()),
    list: buildList(ports, settingsWith()),
  };
}

describe('POST /machines/{machine_id}/drain', () => {
  it('empties the machine by a time, and the list shows it', async () => {
    const { world, handler, list } = setUp();
    const by = new Date(world.clock.now() + 3_600_000).toISOString();
    const { status, body } = await call(handler, { machineId: 'i-1', body: { by } });
    expect(status).toBe(200);
    expect(drainResponseSchema.safeParse(body).error).toBeUndefined();
    const since = new Date(world.clock.now()).toISOString();
    const drain = { since, until: by, requested_by: 'static key' };
    expect(body.item).toEqual({ machine_id: 'i-1', ...drain });
    expect((await call(list)).body.items).toMatchObject([{ state: 'draining', draining: drain }]);
  });

  it('takes a time with a time zone, and none', async () => {
    const { handler } = setUp();
    const zoned = await call(handler, { machineId: 'i-1', body: { by: '2030-01-01T18:00:00+02:00' } });
    expect(zoned.body.item.until).toBe('2030-01-01T16:00:00.000Z');
    expect((await call(handler, { machineId: 'i-1' })).body.item).not.toHaveProperty('until');
  });

  it('is 400 for a time that is not ISO 8601, and for other fields', async () => {
    const { handler } = setUp();
    const invalid = await call(handler, { machineId: 'i-1', body: { by: 'tomorrow', force: true } });
    expect(invalid.status).toBe(400);
    expect(Object.keys(invalid.body.error.fields).sort()).toEqual(['by', 'force']);
  });

  it('is 404 for an unknown machine, and for an id that cannot be a machine', async () => {
    const { handler } = setUp();
    for (const machineId of ['i-9', '', 'a b', 'x'.repeat(65)]) {
      const { status, body } = await call(handler, { machineId });
      expect([status, body.error.code]).toEqual([404, 'machine_not_found']);
    }
  });

  it('is 403 without the admin scope, and names the operator', async () => {
    const { handler } = setUp();
    expect((await call(handler, { machineId: 'i-1', authorizer: tokenOf('ada') })).status).toBe(403);
    const admin = tokenOf('ops', { scopes: 'workbench:admin' });
    const { body } = await call(handler, { machineId: 'i-1', authorizer: admin });
    expect(body.item.requested_by).toBe('ops');
  });
});
