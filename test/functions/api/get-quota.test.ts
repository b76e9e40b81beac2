import { expect, it } from 'vitest';
import { buildGetQuota } from '#functions/api/quotas.ts';
import { call, settingsWith, worldWithIds } from '../call-api.ts';

it('returns the stored limits of a scope, not those of the settings', async () => {
  const { world, ports } = worldWithIds();
  const get = buildGetQuota(ports, settingsWith({ WB_USER_RUNNING_MAX: '9' }));
  expect((await call(get, { scope: 'installation' })).body).toEqual({
    success: true,
    item: { scope: 'installation', limits: {} },
  });
  await world.stores.quotas.writeLimits({ kind: 'installation' }, { cpu: 1 });
  expect((await call(get, { scope: 'installation' })).body.item.limits).toEqual({ cpu: 1 });
  expect((await call(get, { scope: 'ada' })).body.error.fields).toHaveProperty('scope');
});
