import { describe, expect, it } from 'vitest';
import { withLinks } from './with-links.ts';

const refused = (reason: string) => ({ status: 404, body: { error: { code: 'link_not_found', reason } } });

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

  it('leaves a share that the owner writes at the same time', async () => {
    const { create, redeem, revoke, set, shareOf, ports } = await withLinks();
    const { code, link_id } = (await create({ role: 'use' })).body.item;
    await redeem('bob', code);
    const { listByWorkbench } = ports.shares;
    ports.shares.listByWorkbench = async (workbenchId) => {
      const found = await listByWorkbench.call(ports.shares, workbenchId);
      ports.shares.listByWorkbench = listByWorkbench;
      await set('user:bob', { role: 'manage' });
      return found;
    };
    expect((await revoke(link_id, { query: 'user_id=ada&shares=true' })).status).toBe(200);
    expect(await shareOf('bob')).toMatchObject({ role: 'manage' });
  });

  it.each(['x', '../x', '0'.repeat(17), 'U'.repeat(16)])('refuses the id %j', async (id) => {
    const { revoke } = await withLinks();
    expect(Object.keys((await revoke(id)).body.error.fields)).toEqual(['link_id']);
  });
});
