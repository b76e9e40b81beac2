import { describe, expect, it } from 'vitest';
import { shareResponseSchema } from '#contract/share-bodies.ts';
import { PortError } from '#core/ports/port-error.ts';
import { SHARES_MAX } from '#core/ports/share-store.ts';
import { buildSetShare } from '#functions/api/shares.ts';
import { buildDeleteWorkbench as buildDelete } from '#functions/api/workbench-commands.ts';
import { aShare } from '#test/builders/share.ts';
import { call, tokenOf } from '../call-api.ts';
import { withShares } from './with-shares.ts';

describe('PUT /workbenches/{wid}/shares/{grantee}', () => {
  it('stores a share, and replaces it', async () => {
    const { set, list, world, key, ports } = await withShares();
    const expires = world.clock.now() + 60_000;
    const created = await set('user:bob', { role: 'use', expires_at: new Date(expires).toISOString() });
    expect(created.status).toBe(200);
    expect(shareResponseSchema.parse(created.body)).toEqual(created.body);
    expect(created.body.item).toMatchObject({ grantee: 'user:bob', role: 'use', shared_by: 'static key' });
    expect(await ports.shares.listByWorkbench(key.workbenchId)).toMatchObject([
      { grantee: { kind: 'user', userId: 'bob' }, ownerId: 'ada', role: 'use', expiresAt: expires },
    ]);
    const again = [await set('user:bob', { role: 'manage' }), await set('user:bob', { role: 'manage' })];
    expect(again.map(({ status }) => status)).toEqual([200, 200]);
    expect((await list()).body.items).toMatchObject([{ grantee: 'user:bob', role: 'manage' }]);
    expect((await list()).body.items[0]).not.toHaveProperty('expires_at');
  });

  it('keeps users and groups of the same name, and names with separators, apart', async () => {
    const { set, list, ports, key } = await withShares();
    const grantees = ['user:a', 'group:a', 'user:a/b', 'user:a#b', 'user:group:a', 'group:user:a', 'user:ä'];
    for (const grantee of grantees) expect((await set(grantee, { role: 'use' })).status).toBe(200);
    expect((await list()).body.items.map((item: { grantee: string }) => item.grantee).sort()).toEqual(
      grantees.toSorted(),
    );
    const wid = key.workbenchId;
    expect(
      await ports.shares.read([{ workbenchId: wid, grantee: { kind: 'user', userId: 'group:a' } }]),
    ).toHaveLength(1);
  });

  it.each([
    ['bob', { role: 'use' }, 'grantee'],
    ['user:', { role: 'use' }, 'grantee'],
    ['group:a\nb', { role: 'use' }, 'grantee'],
    ['user:ada', { role: 'use' }, 'grantee'],
    ['user:bob', { role: 'owner' }, 'role'],
    ['user:bob', {}, 'role'],
    ['user:bob', { role: 'use', expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
    ['user:bob', { role: 'use', expires_at: 2_000_000_000 }, 'expires_at'],
    ['user:bob', { role: 'use', expires_at: '2030-01-01' }, 'expires_at'],
    ['user:bob', { role: 'use', uses: 1 }, 'uses'],
  ])('refuses %j with %j', async (grantee, body, field) => {
    const { set, list } = await withShares();
    const { status, body: response } = await set(grantee, body);
    expect(status).toBe(400);
    expect(Object.keys(response.error.fields)).toEqual([field]);
    expect((await list()).body.items).toEqual([]);
  });

  it('shares with the organisation only where the installation allows it', async () => {
    const off = await withShares();
    expect(await off.set('organisation', { role: 'use' })).toMatchObject({
      status: 403,
      body: { error: { reason: 'organisation_shares_off' } },
    });
    const on = await withShares({ WB_ORGANISATION_SHARES: 'true' });
    expect((await on.set('organisation', { role: 'use' })).status).toBe(200);
  });

  it('refuses one share too many, but not the change of one, nor the place of one that has expired', async () => {
    const { set, ports, key, world } = await withShares();
    const expiresAt = world.clock.now() + 1000;
    for (let n = 0; n < SHARES_MAX; n += 1) {
      const grantee = { kind: 'user', userId: `user-${n}` } as const;
      const expiry = n === 0 ? { expiresAt } : {};
      await ports.shares.put(aShare({ workbenchId: key.workbenchId, grantee, ...expiry }));
    }
    expect(await set('user:bob', { role: 'use' })).toMatchObject({
      status: 429,
      body: { error: { reason: 'share_limit' } },
    });
    expect((await set('user:user-1', { role: 'manage' })).status).toBe(200);
    world.clock.advance(1000);
    expect((await set('user:bob', { role: 'use' })).status).toBe(200);
  });

  it('is 409 while the workbench is being deleted', async () => {
    const { set, ports, settings, request } = await withShares();
    await call(buildDelete(ports, settings), request);
    expect(await set('user:bob', { role: 'use' })).toMatchObject({
      status: 409,
      body: { error: { code: 'deleting' } },
    });
  });

  it('is not for the users with whom the workbench is shared', async () => {
    const { set, ports, key } = await withShares();
    await ports.shares.put(aShare({ workbenchId: key.workbenchId, role: 'manage' }));
    const asBob = { query: '', authorizer: tokenOf('bob') };
    expect(await set('user:eve', { role: 'use' }, asBob)).toMatchObject({
      status: 403,
      body: { error: { reason: 'role_insufficient' } },
    });
    expect((await set('user:eve', { role: 'use' }, { query: '', authorizer: tokenOf('eve') })).status).toBe(
      404,
    );
  });

  it('changes nothing if the audit cannot store its event', async () => {
    const { ports, settings, request, list } = await withShares();
    const audit = { append: () => Promise.reject(new PortError('unavailable', 'no response')) };
    const response = await call(buildSetShare({ ...ports, audit }, settings), {
      ...request,
      grantee: 'user:bob',
      body: { role: 'use' },
      route: 'PUT /workbenches/{wid}/shares/{grantee}',
    });
    expect(response).toMatchObject({ status: 503, body: { error: { reason: 'audit_unavailable' } } });
    expect((await list()).body.items).toEqual([]);
  });
});
