import { expect, it } from 'vitest';
import { quotaResponseSchema } from '#contract/quota-bodies.ts';
import { buildGetOwnQuota } from '#functions/api/quotas.ts';
import { call, settingsWith, tokenOf, worldWithIds } from '../call-api.ts';

async function setUp() {
  const { world, ports } = worldWithIds();
  await world.stores.quotas.writeLimits({ kind: 'installation' }, { workbenches: 10, gpus: 0 });
  await world.stores.quotas.writeLimits({ kind: 'group', group: 'research' }, { running: 2 });
  await world.create({}, 'ada');
  return { handler: buildGetOwnQuota(ports, settingsWith({ WB_USER_CPU_MAX: '4096' })) };
}

it('returns the limits in force, their sources and the use of a user', async () => {
  const { handler } = await setUp();
  const authorizer = tokenOf('ada', { groups: JSON.stringify(['research']) });
  expect(await call(handler, { authorizer })).toMatchObject({
    status: 200,
    body: {
      success: true,
      item: {
        user_id: 'ada',
        limits: { workbenches: 10, hosts: null, running: 2, cpu: 4096, memory: null, gpus: 0 },
        used: { workbenches: 1, hosts: 0, running: 1, cpu: 1024, memory: 2048, gpus: 0 },
        sources: { workbenches: 'installation', running: 'group:research', cpu: 'installation' },
        resets_at: null,
      },
    },
  });
});

it('returns those of any user to administrators, and to no other user', async () => {
  const { handler } = await setUp();
  expect((await call(handler, { query: 'user_id=ada' })).body.item.used.running).toBe(1);
  expect((await call(handler, { query: 'user_id=bob' })).body.item.used.running).toBe(0);
  expect(await call(handler, { query: 'user_id=ada', authorizer: tokenOf('bob') })).toMatchObject({
    status: 403,
    body: { error: { reason: 'user_mismatch' } },
  });
});

it('says what the workbenches have cost in this month, and when a limit of it begins again', async () => {
  const { world, ports } = worldWithIds();
  await world.stores.quotas.writeLimits({ kind: 'user', userId: 'ada' }, { usd_per_month: 50 });
  await world.waitForStatus(await world.create({}, 'ada'), 'running');
  world.clock.advance(3_600_000);
  const { item } = (await call(buildGetOwnQuota(ports, settingsWith()), { query: 'user_id=ada' })).body;
  expect(item).toMatchObject({ limits: { usd_per_month: 50 }, resets_at: '2030-02-01T00:00:00.000Z' });
  expect(item.used.usd_per_month).toBeGreaterThan(0);
  expect(quotaResponseSchema.parse({ success: true, item })).toEqual({ success: true, item });
});
