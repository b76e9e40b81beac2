import { describe, expect, it } from 'vitest';
import { foundLinkResponseSchema } from '#contract/share-link-bodies.ts';
import { withLinks } from './with-links.ts';

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
