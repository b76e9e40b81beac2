import { expect, it } from 'vitest';
import { linksResponseSchema } from '#contract/share-link-bodies.ts';
import { withLinks } from './with-links.ts';

it('lists the links that can be redeemed, with the uses that are left, and never their codes', async () => {
  const { create, redeem, revoke, links, inFuture, world } = await withLinks();
  const used = (await create({ role: 'manage', uses: 2 })).body.item;
  const ended = (await create({ role: 'use', expires_at: inFuture(1000) })).body.item;
  const revoked = (await create()).body.item;
  await redeem('bob', used.code);
  await revoke(revoked.link_id);
  const listed = async () => linksResponseSchema.parse((await links()).body).items;
  expect((await listed()).map(({ link_id, uses_left }) => [link_id, uses_left])).toEqual([
    [used.link_id, 1],
    [ended.link_id, 1],
  ]);
  expect(JSON.stringify(await listed())).not.toContain('code');
  world.clock.advance(1000);
  expect((await listed()).map(({ link_id }) => link_id)).toEqual([used.link_id]);
});

it('shows the links of a workbench to its owner alone, and not to one who manages it', async () => {
  const { create, links, set, asUser } = await withLinks();
  await create();
  await set('user:bob', { role: 'manage' });
  expect((await links(asUser('bob'))).status).toBe(403);
  expect((await links(asUser('eve'))).status).toBe(404);
});
