import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { QUOTA_MAX, USD_MAX } from '#core/quotas/limits.ts';
import { buildGetQuota as buildGet, buildSetQuota } from '#functions/api/quotas.ts';
import { call, settingsWith, tokenOf, worldWithIds } from '../call-api.ts';

const ROUTE = 'PUT /quotas/{scope}';

function setUp() {
  const { world, ports } = worldWithIds();
  const settings = settingsWith();
  return { world, ports, set: buildSetQuota(ports, settings), get: buildGet(ports, settings) };
}

describe('setting a quota', () => {
  it.each(['installation', 'group:a b', 'user:ada'])('replaces the limits of %s', async (scope) => {
    const { set, get } = setUp();
    await call(set, { route: ROUTE, scope, body: { workbenches: 3 } });
    const response = await call(set, { route: ROUTE, scope, body: { running: 2, gpus: null } });
    const expected = { success: true, item: { scope, limits: { running: 2, gpus: null } } };
    expect(response).toMatchObject({ status: 200, body: expected });
    expect((await call(get, { scope })).body).toEqual(expected);
    await call(set, { route: ROUTE, scope, body: {} });
    expect((await call(get, { scope })).body.item.limits).toEqual({});
  });

  it('is recorded in the audit before it takes effect', async () => {
    const { world, ports, set } = setUp();
    await call(set, { route: ROUTE, scope: 'group:a', body: { running: 2, gpus: null } });
    const { events } = await world.stores.audit.list({ from: 0, to: Number.MAX_SAFE_INTEGER, limit: 9 });
    expect(events).toMatchObject([
      {
        ...{ action: 'set_quota', outcome: 'allowed', subject: { kind: 'group', id: 'a' } },
        detail: { limits: 'running 2, gpus none' },
      },
    ]);
    const audit = { append: () => Promise.reject(new PortError('unavailable', 'down')) };
    const unrecorded = buildSetQuota({ ...ports, audit }, settingsWith());
    expect(await call(unrecorded, { route: ROUTE, scope: 'user:ada', body: { running: 0 } })).toMatchObject({
      status: 503,
      body: { error: { reason: 'audit_unavailable' } },
    });
    expect(await ports.quotas.readLimits({ kind: 'user', userId: 'ada' })).toEqual({});
  });

  it('is recorded with all limits, also the highest', async () => {
    const { world, set } = setUp();
    const names = ['workbenches', 'hosts', 'running', 'cpu', 'memory', 'gpus'];
    const body = { ...Object.fromEntries(names.map((name) => [name, QUOTA_MAX])), usd_per_month: USD_MAX };
    await call(set, { route: ROUTE, scope: 'installation', body });
    const { events } = await world.stores.audit.list({ from: 0, to: Number.MAX_SAFE_INTEGER, limit: 9 });
    expect(events[0]?.detail?.limits).toBe(
      `${names.map((name) => `${name} ${QUOTA_MAX}`).join(', ')}, usd ${USD_MAX}`,
    );
  });

  it('requires the admin scope, as reading it does', async () => {
    const { set, get } = setUp();
    const authorizer = tokenOf('ada');
    for (const response of [
      await call(set, { route: ROUTE, scope: 'user:ada', body: {}, authorizer }),
      await call(get, { scope: 'user:ada', authorizer }),
    ])
      expect(response).toMatchObject({ status: 403, body: { error: { reason: 'admin_required' } } });
  });

  it('refuses every invalid field and scope', async () => {
    const { set } = setUp();
    const body = { running: -1, cpu: 1.5, gpus: '1', usd_per_month: 1_000_001, hosts: 1_000_000_001 };
    const response = await call(set, { route: ROUTE, scope: 'users:ada', body });
    expect(response.status).toBe(400);
    expect(Object.keys(response.body.error.fields).sort()).toEqual(
      ['cpu', 'gpus', 'hosts', 'running', 'scope', 'usd_per_month'].sort(),
    );
  });
});
