import { describe, expect, it } from 'vitest';
import {
  createdLinkResponseSchema,
  foundLinkResponseSchema,
  linksResponseSchema,
} from '#contract/share-link-bodies.ts';
import { LINK_VALID_MS } from '#core/access/share-links.ts';
import { PortError } from '#core/ports/port-error.ts';
import { LINK_USES_MAX, LINKS_MAX } from '#core/ports/share-link-store.ts';
import { SHARES_MAX } from '#core/ports/share-store.ts';
import { build as buildCreate } from '#functions/api/create-share-link.ts';
import { build as buildDeleteWorkbench } from '#functions/api/delete-workbench.ts';
import { build as buildRedeem } from '#functions/api/redeem-share-link.ts';
import { aShare } from '#test/builders/share.ts';
import { call } from '../call-api.ts';
import { withLinks } from './with-links.ts';

const ALL_EVENTS = { from: 0, to: Number.MAX_SAFE_INTEGER, limit: 100 };
const refused = (reason: string) => ({ status: 404, body: { error: { code: 'link_not_found', reason } } });

describe('POST /workbenches/{wid}/share-links', () => {
  it('returns the code once, in the fragment of the address, and stores its hash alone', async () => {
    const { create, links, ports, key, inFuture } = await withLinks();
    const { status, body } = await create({ role: 'manage', uses: 3, expires_at: inFuture(60_000) });
    expect(status).toBe(200);
    expect(createdLinkResponseSchema.parse(body)).toEqual(body);
    const { code, url, ...item } = body.item;
    expect(item).toMatchObject({ role: 'manage', uses: 3, uses_left: 3, redeemable_until: inFuture(60_000) });
    expect(url).toBe(`https://wb.example.com/.wb/share#${code}`);
    const listed = await links();
    expect(linksResponseSchema.parse(listed.body)).toEqual(listed.body);
    expect(listed.body.items).toEqual([item]);
    const secret = code.split('.')[2];
    const stored = JSON.stringify(await ports.links.listByWorkbench(key.workbenchId));
    const audit = JSON.stringify((await ports.audit.list(ALL_EVENTS)).events);
    for (const text of [stored, audit, JSON.stringify(listed.body)]) {
      expect(text).toContain(body.item.link_id);
      expect(text).not.toContain(secret);
    }
  });

  it('gives a code for frontends alone where the gate asks for no sessions', async () => {
    const { create } = await withLinks({});
    const { item } = (await create()).body;
    expect(item.code).toMatch(/^[0-9a-z]{26}\.0{15}1\.[\w-]{43}$/);
    expect(item).not.toHaveProperty('url');
  });

  it('can be redeemed by one user for 7 days, if the request says nothing else', async () => {
    const { create, inFuture } = await withLinks();
    const { item } = (await create()).body;
    expect(item).toMatchObject({ uses: 1, redeemable_until: inFuture(LINK_VALID_MS) });
    expect(item).not.toHaveProperty('expires_at');
  });

  it.each([
    [{}, 'role'],
    [{ role: 'owner' }, 'role'],
    [{ role: 'use', uses: 0 }, 'uses'],
    [{ role: 'use', uses: LINK_USES_MAX + 1 }, 'uses'],
    [{ role: 'use', uses: 1.5 }, 'uses'],
    [{ role: 'use', expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
    [{ role: 'use', code: 'x' }, 'code'],
  ])('refuses %j', async (body, field) => {
    const { create, links } = await withLinks();
    const response = await create(body);
    expect([response.status, Object.keys(response.body.error.fields)]).toEqual([400, [field]]);
    expect((await links()).body.items).toEqual([]);
  });

  it('refuses one link too many, and counts none that cannot be redeemed any more', async () => {
    const { create, redeem, revoke, inFuture, world } = await withLinks();
    const [used, ended, revoked] = [
      (await create()).body.item,
      (await create({ role: 'use', expires_at: inFuture(1000) })).body.item,
      (await create()).body.item,
    ];
    for (let n = 3; n < LINKS_MAX; n += 1) expect((await create()).status).toBe(200);
    expect(await create()).toMatchObject({ status: 429, body: { error: { reason: 'link_limit' } } });
    await redeem('bob', used.code);
    expect((await create()).status).toBe(200);
    expect((await create()).status).toBe(429);
    await revoke(revoked.link_id);
    expect((await create()).status).toBe(200);
    expect((await create()).status).toBe(429);
    world.clock.advance(1000);
    expect(ended.redeemable_until).toBe(inFuture(0));
    expect((await create()).status).toBe(200);
  });

  it('is 409 while the workbench is being deleted', async () => {
    const { create, ports, settings, request } = await withLinks();
    await call(buildDeleteWorkbench(ports, settings), request);
    expect((await create()).body.error.code).toBe('deleting');
  });

  it('creates nothing if the audit cannot store its event', async () => {
    const { ports, settings, request, links } = await withLinks();
    const audit = { append: () => Promise.reject(new PortError('unavailable', 'no response')) };
    const route = 'POST /workbenches/{wid}/share-links';
    const handler = buildCreate({ ...ports, audit }, settings);
    const response = await call(handler, { ...request, body: { role: 'use' }, route });
    expect(response).toMatchObject({ status: 503, body: { error: { reason: 'audit_unavailable' } } });
    expect((await links()).body.items).toEqual([]);
  });
});

describe('POST /share-links/preview', () => {
  it('says who shares what, and changes nothing', async () => {
    const { create, preview, shareOf, links, inFuture } = await withLinks();
    const { code } = (await create({ role: 'manage', expires_at: inFuture(60_000) })).body.item;
    const { status, body } = await preview('bob', code);
    expect([status, foundLinkResponseSchema.parse(body)]).toEqual([200, body]);
    expect(body.item).toMatchObject({
      ...{ owner_id: 'ada', role: 'manage', expires_at: inFuture(60_000), gives: true },
      shared_by: 'static key',
    });
    expect((await links()).body.items).toMatchObject([{ uses_left: 1 }]);
    expect(await shareOf('bob')).toBeUndefined();
  });
});

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

describe('DELETE /workbenches/{wid}/share-links/{link_id}', () => {
  it('leaves the shares that the link gave, or takes them back, also after it is gone', async () => {
    const { create, redeem, revoke, set, list, ports } = await withLinks();
    const { code, link_id } = (await create({ role: 'use', uses: 2 })).body.item;
    const other = (await create()).body.item;
    await redeem('bob', code);
    await redeem('eve', other.code);
    await set('user:mallory', { role: 'use' });
    const grantees = async () => (await list()).body.items.map((item: { grantee: string }) => item.grantee);
    expect((await revoke(link_id)).status).toBe(200);
    expect(await redeem('zoe', code)).toMatchObject(refused('link_unknown'));
    expect(await grantees()).toEqual(['user:bob', 'user:eve', 'user:mallory']);
    expect((await revoke(link_id, { query: 'user_id=ada&shares=true' })).status).toBe(200);
    expect(await grantees()).toEqual(['user:eve', 'user:mallory']);
    const subjects = ports.audit.events.map(({ action, subject }) => `${action} ${subject?.id}`);
    expect(subjects.filter((text) => text.startsWith('delete'))).toEqual([
      // Both requests have the same id and time here, and so their events.
      ...[`delete_link ${link_id}`, 'delete_share bob'],
    ]);
  });

  it('leaves a share that the owner has written since', async () => {
    const { create, redeem, revoke, set, shareOf } = await withLinks();
    const { code, link_id } = (await create()).body.item;
    await redeem('bob', code);
    await set('user:bob', { role: 'use' });
    await revoke(link_id, { query: 'user_id=ada&shares=true' });
    expect(await shareOf('bob')).toMatchObject({ role: 'use' });
  });

  it.each(['x', '../x', '0'.repeat(17), 'U'.repeat(16)])('refuses the id %j', async (id) => {
    const { revoke } = await withLinks();
    expect(Object.keys((await revoke(id)).body.error.fields)).toEqual(['link_id']);
  });
});
