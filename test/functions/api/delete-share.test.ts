import { describe, expect, it } from 'vitest';
import { buildGetWorkbench as buildGet } from '#functions/api/workbenches.ts';
import { call, tokenOf } from '../call-api.ts';
import { withShares } from './with-shares.ts';

describe('DELETE /workbenches/{wid}/shares/{grantee}', () => {
  it('takes the right back with the next request, any number of times', async () => {
    const { set, remove, list, ports, settings, key } = await withShares();
    const get = buildGet(ports, settings);
    const poll = () => call(get, { wid: key.workbenchId, authorizer: tokenOf('bob') });
    await set('user:bob', { role: 'use' });
    await set('group:bob', { role: 'use' });
    expect(await poll()).toMatchObject({ status: 200, body: { item: { user_id: 'ada', role: 'use' } } });
    expect(await remove('user:bob')).toMatchObject({ status: 200, body: { success: true } });
    expect((await poll()).status).toBe(404);
    expect((await remove('user:bob')).status).toBe(200);
    expect((await list()).body.items).toMatchObject([{ grantee: 'group:bob' }]);
  });

  it('is not for the user with whom the workbench is shared, and refuses what is no grantee', async () => {
    const { set, remove, list } = await withShares();
    await set('user:bob', { role: 'manage' });
    expect((await remove('user:bob', { query: '', authorizer: tokenOf('bob') })).status).toBe(403);
    expect(await remove('bob')).toMatchObject({
      status: 400,
      body: { error: { fields: { grantee: expect.any(String) } } },
    });
    expect((await list()).body.items).toHaveLength(1);
  });
});
