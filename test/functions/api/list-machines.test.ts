import { describe, expect, it } from 'vitest';
import { machinesResponseSchema } from '#contract/machine-bodies.ts';
import { buildListMachines, MACHINES_CACHE_MS } from '#functions/api/machines.ts';
import { acceptedRun, running } from '#test/builders/workbench.ts';
import { aMachine } from '#test/memory/memory-machine-inventory.ts';
import { call, settingsWith, tokenOf, worldWithIds } from '../call-api.ts';

function setUp() {
  const { world, ports } = worldWithIds();
  return { world, handler: buildListMachines(ports, settingsWith()) };
}

describe('GET /machines', () => {
  it('returns the machines and the workbenches on them to an admin', async () => {
    const { world, handler } = setUp();
    world.machines.machines.push(aMachine({ tasks: 1, agentVersion: '1.9.0' }));
    await world.stores.workbenches.create(running({ run: acceptedRun({ containerInstance: 'ci-1' }) }));
    const { status, body } = await call(handler);
    expect(status).toBe(200);
    expect(machinesResponseSchema.safeParse(body).error).toBeUndefined();
    expect(body).toMatchObject({
      complete: true,
      items: [
        {
          machine_id: 'i-1',
          provider: 'small',
          instance_type: 'm6i.large',
          state: 'active',
          agent: { connected: true, version: '1.9.0', outdated: true },
          registered_at: '1970-01-01T00:00:01.000Z',
          capacity: { cpu: 2048, memory: 4096, gpu: 0, interfaces: 20 },
          free: { interfaces: 19 },
          workbenches: [{ user_id: 'ada', workbench_name: 'AutoCyber', status: 'running' }],
        },
      ],
    });
  });

  it('says so if there are more machines than one list reads', async () => {
    const { world, handler } = setUp();
    world.machines.complete = false;
    expect((await call(handler)).body.complete).toBe(false);
  });

  it('reads the cluster at most once in 15 seconds, and again after a failure', async () => {
    const { world, handler } = setUp();
    const first = (await call(handler)).body.read_at;
    await Promise.all([call(handler), call(handler)]);
    expect(world.machines.calls).toBe(1);
    await world.clock.advanceAsync(MACHINES_CACHE_MS);
    expect((await call(handler)).body.read_at).not.toBe(first);
    expect(world.machines.calls).toBe(2);
    await world.clock.advanceAsync(MACHINES_CACHE_MS);
    world.machines.list = async () => {
      world.machines.calls += 1;
      throw new Error('not available');
    };
    expect((await call(handler)).status).toBe(500);
    expect((await call(handler)).status).toBe(500);
    expect(world.machines.calls).toBe(4);
  });

  it('is 403 without the admin scope', async () => {
    const { handler } = setUp();
    expect((await call(handler, { authorizer: tokenOf('ada') })).body).toMatchObject({
      error: { code: 'forbidden', reason: 'admin_required' },
    });
    const admin = tokenOf('ada', { scopes: 'workbench:admin' });
    expect((await call(handler, { authorizer: admin })).status).toBe(200);
  });
});
