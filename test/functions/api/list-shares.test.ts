import { describe, expect, it } from 'vitest';
import { sharesResponseSchema } from '#contract/share-bodies.ts';
import { aShare } from '#test/builders/share.ts';
import { tokenOf } from '../call-api.ts';
import { withShares } from './with-shares.ts';

describe('GET /workbenches/{wid}/shares', () => {
  it('lists the shares in force, sorted by grantee', async () => {
    const { set, list, world } = await withShares();
    const soon = new Date(world.clock.now() + 1000).toISOString();
    await set('user:bob', { role: 'use', expires_at: soon });
    await set('group:lab', { role: 'manage' });
    const both = await list();
    expect(sharesResponseSchema.parse(both.body)).toEqual(both.body);
    expect(both.body.items.map((item: { grantee: string }) => item.grantee)).toEqual([
      'group:lab',
      'user:bob',
    ]);
    world.clock.advance(1000);
    expect((await list()).body.items).toMatchObject([{ grantee: 'group:lab' }]);
  });

  it('is for the owner and administrators only', async () => {
    const { list, ports, key } = await withShares();
    await ports.shares.put(aShare({ workbenchId: key.workbenchId, role: 'manage' }));
    const as = (authorizer: ReturnType<typeof tokenOf>) => list({ query: '', authorizer });
    expect((await as(tokenOf('ada'))).status).toBe(200);
    expect((await as(tokenOf('root', { scopes: 'workbench:admin' }))).status).toBe(200);
    expect((await as(tokenOf('bob'))).status).toBe(403);
    expect((await as(tokenOf('eve'))).status).toBe(404);
  });
});
