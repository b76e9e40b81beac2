import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { SHARES_MAX } from '#core/ports/share-store.ts';
import { buildRedeemShareLink as buildRedeem } from '#functions/api/share-links.ts';
import { aShare } from '#test/builders/share.ts';
import { call } from '../call-api.ts';
import { withLinks } from './with-links.ts';

const ALL_EVENTS = { from: 0, to: Number.MAX_SAFE_INTEGER, limit: 100 };
const refused = (reason: string) => ({ status: 404, body: { error: { code: 'link_not_found', reason } } });

describe('POST /share-links/redeem', () => {
  it('gives a share with the role and the end of the link, which ends by itself', async () => {
    const { create, redeem, shareOf, world, list, inFuture } = await withLinks();
    const expires = world.clock.now() + 60_000;
    const { code, link_id } = (await create({ role: 'manage', expires_at: inFuture(60_000) })).body.item;
    expect(await redeem('bob', code)).toMatchObject({ status: 200, body: { item: { gives: true } } });
    expect(await shareOf('bob')).toEqual({ role: 'manage', expiresAt: expires, linkId: link_id });
    expect((await list()).body.items).toMatchObject([
      { grantee: 'user:bob', role: 'manage', link_id, shared_by: 'bob' },
    ]);
    world.clock.advance(60_000);
    expect((await list()).body.items).toEqual([]);
  });

  it('counts one use for each user, and none for a repetition', async () => {
    const { create, redeem, links, shareOf } = await withLinks();
    const { code } = (await create({ role: 'use', uses: 2 })).body.item;
    await redeem('bob', code);
    expect(await redeem('bob', code)).toMatchObject({ status: 200, body: { item: { gives: false } } });
    expect((await links()).body.items).toMatchObject([{ uses_left: 1 }]);
    await redeem('eve', code);
    expect(await redeem('mallory', code)).toMatchObject(refused('link_used_up'));
    expect(await shareOf('mallory')).toBeUndefined();
    expect((await redeem('bob', code)).status).toBe(200);
  });

  it('gives the last use once to two users at the same time', async () => {
    const { create, redeem, list } = await withLinks();
    const { code } = (await create()).body.item;
    const responses = await Promise.all(['bob', 'eve', 'mallory'].map((user) => redeem(user, code)));
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 404, 404]);
    expect((await list()).body.items).toHaveLength(1);
  });

  it('succeeds for several users at the same time while there are uses', async () => {
    const { create, redeem, list } = await withLinks();
    const { code } = (await create({ role: 'use', uses: 3 })).body.item;
    const responses = await Promise.all(['bob', 'eve', 'mallory'].map((user) => redeem(user, code)));
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await list()).body.items).toHaveLength(3);
  });

  it('is refused after the end of the link, and after it was revoked', async () => {
    const { create, redeem, preview, revoke, world, inFuture } = await withLinks();
    const [ended, revoked] = [
      (await create({ role: 'use', expires_at: inFuture(1000) })).body.item,
      (await create()).body.item,
    ];
    world.clock.advance(1000);
    await revoke(revoked.link_id);
    for (const act of [preview, redeem]) {
      expect(await act('bob', ended.code)).toMatchObject(refused('link_expired'));
      expect(await act('bob', revoked.code)).toMatchObject(refused('link_unknown'));
    }
  });

  it('is refused with another secret, id or workbench, as for a link that does not exist', async () => {
    const { create, redeem, links } = await withLinks();
    const { code } = (await create()).body.item;
    const [wid, id, secret] = code.split('.');
    const changed = [
      `${wid}.${id}.${'A'.repeat(43)}`,
      `${wid}.${'0'.repeat(16)}.${secret}`,
      `${'0'.repeat(26)}.${id}.${secret}`,
    ];
    for (const each of changed) expect(await redeem('bob', each)).toMatchObject(refused('link_unknown'));
    for (const each of ['', 'x', `${code}x`, `${wid}.${id}`, `${wid}/${id}/${secret}`])
      expect((await redeem('bob', each)).status).toBe(400);
    expect((await links()).body.items).toMatchObject([{ uses_left: 1 }]);
  });

  it('gives the owner nothing, and takes no right away', async () => {
    const { create, redeem, links, set, shareOf, inFuture } = await withLinks();
    const { code } = (await create({ role: 'use', uses: 9, expires_at: inFuture(60_000) })).body.item;
    const manage = (await create({ role: 'manage', uses: 9 })).body.item;
    expect((await redeem('ada', code)).body.item.gives).toBe(false);
    await set('user:bob', { role: 'manage', expires_at: inFuture(1000) });
    await set('user:eve', { role: 'use' });
    for (const user of ['bob', 'eve']) expect((await redeem(user, code)).body.item.gives).toBe(false);
    expect((await links()).body.items).toMatchObject([{ uses_left: 9 }, { uses_left: 9 }]);
    expect([await shareOf('bob'), await shareOf('eve')]).toMatchObject([{ role: 'manage' }, { role: 'use' }]);
    for (const user of ['bob', 'eve']) expect((await redeem(user, manage.code)).body.item.gives).toBe(true);
    expect([await shareOf('bob'), await shareOf('eve')]).toEqual(
      Array(2).fill({ role: 'manage', expiresAt: undefined, linkId: manage.link_id }),
    );
  });

  it('renews a share that has expired', async () => {
    const { create, redeem, set, shareOf, world, inFuture } = await withLinks();
    await set('user:bob', { role: 'manage', expires_at: inFuture(1000) });
    const { code } = (await create()).body.item;
    world.clock.advance(1000);
    expect((await redeem('bob', code)).body.item.gives).toBe(true);
    expect(await shareOf('bob')).toMatchObject({ role: 'use' });
  });

  it('is refused beyond the maximum of shares, without counting a use', async () => {
    const { create, redeem, links, ports, key } = await withLinks();
    const { code } = (await create()).body.item;
    for (let n = 0; n < SHARES_MAX; n += 1)
      await ports.shares.put(
        aShare({ workbenchId: key.workbenchId, grantee: { kind: 'user', userId: `u${n}` } }),
      );
    expect(await redeem('bob', code)).toMatchObject({
      status: 429,
      body: { error: { reason: 'share_limit' } },
    });
    expect((await links()).body.items).toMatchObject([{ uses_left: 1 }]);
  });

  it('gives nothing at the workbench of another owner', async () => {
    const { create, redeem, links, ports, key } = await withLinks();
    const { code } = (await create()).body.item;
    const { hash, ...item } = (await ports.links.listByWorkbench(key.workbenchId))[0] ?? { hash: '' };
    await ports.links.create({ ...(item as Parameters<typeof ports.links.create>[0]), hash, ownerId: 'eve' });
    expect(await redeem('bob', code)).toMatchObject(refused('link_unknown'));
    expect((await links()).body.items).toEqual([]);
  });

  it('gives nothing 30 seconds after the request began, not even in a further attempt', async () => {
    const { create, redeem, ports, world, shareOf } = await withLinks();
    const { code } = (await create()).body.item;
    const { links } = ports;
    const inner = links.redeem.bind(links);
    let attempts = 0;
    links.redeem = async (...args) => {
      attempts += 1;
      world.clock.advance(30_000);
      return attempts === 1 ? 'refused' : inner(...args);
    };
    expect((await redeem('bob', code)).body.error.reason).toBe('timeout');
    expect(await shareOf('bob')).toBeUndefined();
    expect(attempts).toBe(1);
  });

  it('is recorded with the link, its terms and the user, before the share is given', async () => {
    const { create, redeem, ports, settings, key, asUser, shareOf } = await withLinks();
    const { code, link_id } = (await create()).body.item;
    const failing = { append: () => Promise.reject(new PortError('unavailable', 'no response')) };
    const handler = buildRedeem({ ...ports, audit: failing }, settings);
    const request = { ...asUser('bob'), body: { code }, route: 'POST /share-links/redeem' };
    expect((await call(handler, request)).body.error.reason).toBe('audit_unavailable');
    expect(await shareOf('bob')).toBeUndefined();
    await redeem('bob', code);
    expect((await ports.audit.list({ ...ALL_EVENTS, limit: 1 })).events).toMatchObject([
      {
        ...{ action: 'redeem_link', outcome: 'allowed', actor: { kind: 'user', id: 'bob' } },
        ...{ workbenchId: key.workbenchId, ownerId: 'ada', detail: { role: 'use' } },
        subject: { kind: 'link', id: link_id },
      },
    ]);
  });
});
