import { describe, expect, it } from 'vitest';
import type { Grantee } from '#core/access/grantee.ts';
import { listShared } from '#core/access/list-shared.ts';
import type { ShareUser } from '#core/access/shared-role.ts';
import { aShare } from '#test/builders/share.ts';
import { idAt, running, T0 } from '#test/builders/workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';

const bob: ShareUser = { userId: 'bob', groups: ['lab'], inOrganisation: true };
const GRANTEES: readonly Grantee[] = [
  { kind: 'user', userId: 'bob' },
  { kind: 'group', group: 'lab' },
  { kind: 'organisation' },
];

/** A world in which the nth workbench of ada is shared with a grantee of bob, in turn. */
async function setUp(count: number) {
  const world = new MemoryWorld();
  const ids = Array.from({ length: count }, (_, n) => idAt(T0 + n, 1));
  for (const [n, workbenchId] of ids.entries()) {
    await world.stores.workbenches.create(running({ workbenchId }));
    const grantee = GRANTEES[n % GRANTEES.length] as Grantee;
    await world.stores.shares.put(aShare({ workbenchId, grantee, role: n === 0 ? 'manage' : 'use' }));
  }
  return { world, ports: world.ports, newestFirst: ids.toReversed() };
}

const idsOf = (page: Awaited<ReturnType<typeof listShared>>) =>
  page.shared.map(({ workbench }) => workbench.workbenchId);

describe('listShared', () => {
  it('lists the workbenches of all grantees that the user is, newest first, with the role', async () => {
    const { ports, newestFirst } = await setUp(5);
    const page = await listShared(ports, bob, { limit: 100 });
    expect(idsOf(page)).toEqual(newestFirst);
    expect(page.shared.map(({ role }) => role)).toEqual(['use', 'use', 'use', 'use', 'manage']);
    expect(page.next).toBeUndefined();
    const alone = { userId: 'eve', groups: [], inOrganisation: false };
    expect(await listShared(ports, alone, { limit: 100 })).toEqual({ shared: [] });
  });

  it('lists every workbench once over all pages of any size', async () => {
    const { world, ports, newestFirst } = await setUp(7);
    const [twice = ''] = newestFirst;
    for (const grantee of GRANTEES) await world.stores.shares.put(aShare({ workbenchId: twice, grantee }));
    for (const limit of [1, 2, 3, 6, 7, 8]) {
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await listShared(ports, bob, { limit, ...(after === undefined ? {} : { after }) });
        expect(page.shared.length).toBeLessThanOrEqual(limit);
        seen.push(...idsOf(page));
        after = page.next;
      } while (after !== undefined);
      expect(seen).toEqual(newestFirst);
    }
  });

  it('leaves out shares that have expired, workbenches that are gone, and the own ones', async () => {
    const { world, ports, newestFirst } = await setUp(4);
    const [expired = '', gone = '', own = '', kept = ''] = newestFirst;
    await world.stores.shares.put(aShare({ workbenchId: expired, expiresAt: world.clock.now() }));
    const record = await world.read({ userId: 'ada', workbenchId: gone });
    await world.stores.workbenches.delete(record, record.revision);
    const moved = await world.read({ userId: 'ada', workbenchId: own });
    await world.stores.workbenches.delete(moved, moved.revision);
    await world.stores.workbenches.create({ ...moved, userId: 'bob' });
    expect(idsOf(await listShared(ports, bob, { limit: 100 }))).toEqual([kept]);
  });

  it('finds a workbench that has another owner than when it was shared', async () => {
    const { world, ports, newestFirst } = await setUp(1);
    const moved = await world.read({ userId: 'ada', workbenchId: newestFirst[0] ?? '' });
    await world.stores.workbenches.delete(moved, moved.revision);
    await world.stores.workbenches.create({ ...moved, userId: 'grace' });
    const { shared } = await listShared(ports, bob, { limit: 100 });
    expect(shared.map(({ workbench }) => workbench.userId)).toEqual(['grace']);
  });

  it('leaves out an unreadable record and reports it', async () => {
    const { world, ports, newestFirst } = await setUp(2);
    const [broken = '', kept] = newestFirst;
    world.stores.workbenches.plant({ userId: 'ada', workbenchId: broken }, { schemaVersion: 99 });
    expect(idsOf(await listShared(ports, bob, { limit: 100 }))).toEqual([kept]);
    expect(world.telemetry.counts.get('unreadable_record')).toBe(1);
  });
});
