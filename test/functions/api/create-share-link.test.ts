import { describe, expect, it } from 'vitest';
import { createdLinkResponseSchema, linksResponseSchema } from '#contract/share-link-bodies.ts';
import { LINK_VALID_MS } from '#core/access/share-links.ts';
import { PortError } from '#core/ports/port-error.ts';
import { LINK_USES_MAX, LINKS_MAX } from '#core/ports/share-link-store.ts';
import { buildCreateShareLink as buildCreate } from '#functions/api/share-links.ts';
import { buildDeleteWorkbench } from '#functions/api/workbench-commands.ts';
import { call } from '../call-api.ts';
import { withLinks } from './with-links.ts';

const ALL_EVENTS = { from: 0, to: Number.MAX_SAFE_INTEGER, limit: 100 };

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

  it('refuses one link too many, and counts none that can no longer be redeemed', async () => {
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
