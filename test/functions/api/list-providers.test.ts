import { describe, expect, it } from 'vitest';
import { providersResponseSchema } from '#contract/machine-bodies.ts';
import { buildListProviders } from '#functions/api/machines.ts';
import { call, settingsWith, tokenOf, worldWithIds } from '../call-api.ts';

function setUp() {
  const { world, ports } = worldWithIds();
  const sizes = { WB_DEFAULT_CPU: '1024', WB_DEFAULT_RAM: '2048' };
  return { world, handler: buildListProviders(ports, settingsWith(sizes)) };
}

describe('GET /providers', () => {
  it('returns what the installation offers, with price and free capacity, to an admin', async () => {
    const { world, handler } = setUp();
    await world.freeCapacity.save({
      containerInstanceId: 'ci-1',
      provider: 'small',
      cpuUnits: 2048,
      memoryMib: 4096,
      gpuCount: 0,
      interfaces: 20,
      version: 1,
      at: world.clock.now(),
    });
    const { status, body } = await call(handler);
    expect(status).toBe(200);
    expect(providersResponseSchema.safeParse(body).error).toBeUndefined();
    expect(body.items).toMatchObject([
      {
        name: 'small',
        kind: 'shared',
        price_usd_per_hour: 0.1,
        default_workbench: { share: 0.5, price_usd_per_hour: 0.05 },
        free: { cpu: 2048, memory: 4096, interfaces: 20, instances: 1, default_workbenches: 2 },
      },
      { name: 'large', free: { instances: 0, default_workbenches: 0 } },
      { name: 'm7i.large', kind: 'dedicated', capacity: { cpu: 2048, memory: 8192, gpu: 0 } },
    ]);
    expect(body.items[2]).not.toHaveProperty('price_usd_per_hour');
    expect(body.items[2]).not.toHaveProperty('free');
  });

  it('is 403 without the admin scope', async () => {
    const { handler } = setUp();
    expect((await call(handler, { authorizer: tokenOf('ada') })).status).toBe(403);
    const admin = tokenOf('ada', { scopes: 'workbench:admin' });
    expect((await call(handler, { authorizer: admin })).status).toBe(200);
  });
});
