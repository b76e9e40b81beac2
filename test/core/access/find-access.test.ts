import { describe, expect, it } from 'vitest';
import type { ActingUser } from '#core/access/acting-user.ts';
import { type AccessPorts, authorizeAction, findAccess } from '#core/access/find-access.ts';
import type { Action } from '#core/access/rights.ts';
import { ID, idAt, running, T0 } from '#test/builders/workbench.ts';
import { aShare } from '#test/contracts/share-store.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { memoryStores } from '#test/memory/memory-stores.ts';

const user = (fields: Partial<ActingUser> = {}): ActingUser => ({
  userId: 'bob',
  groups: [],
  inOrganisation: false,
  administrator: false,
  ...fields,
});

async function setUp(owner = 'ada') {
  const stores = memoryStores();
  const clock = new ManualClock();
  const workbench = running({ userId: owner });
  await stores.workbenches.create(workbench);
  const calls: string[] = [];
  const ports: AccessPorts = {
    clock,
    workbenches: {
      read: (key) => {
        calls.push(`read ${key.userId}`);
        return stores.workbenches.read(key);
      },
      findMoved: async () => undefined,
      findByWorkbenchId: (id) => {
        calls.push('find');
        return stores.workbenches.findByWorkbenchId(id);
      },
    },
    shares: {
      read: (keys) => {
        calls.push('shares');
        return stores.shares.read(keys);
      },
    },
  };
  return { stores, clock, ports, calls, workbench };
}

describe('findAccess', () => {
  it('reads the record of the owner once and nothing else, even if the owner is an administrator', async () => {
    const { ports, calls } = await setUp();
    for (const administrator of [false, true]) {
      calls.length = 0;
      const access = await findAccess(ports, user({ userId: 'ada', administrator }), ID);
      expect(access).toMatchObject({ role: 'owner', workbench: { userId: 'ada' } });
      expect(calls).toEqual(['read ada']);
    }
  });

  it('reads a shared workbench with two reads of records and one of shares', async () => {
    const { ports, calls, stores } = await setUp();
    await stores.shares.put(aShare({ role: 'manage' }));
    expect(await findAccess(ports, user(), ID)).toMatchObject({
      role: 'manage',
      workbench: { userId: 'ada' },
    });
    expect(calls).toEqual(['read bob', 'shares', 'read ada']);
  });

  it('makes the same calls for a workbench of another user and one that does not exist', async () => {
    const { ports, calls } = await setUp();
    for (const id of [ID, idAt(T0, 9)]) {
      calls.length = 0;
      expect(await findAccess(ports, user(), id)).toBeUndefined();
      expect(calls).toEqual(['read bob', 'shares']);
    }
  });

  it('takes the best role of the user, its groups and the organisation', async () => {
    const { ports, stores } = await setUp();
    await stores.shares.put(aShare({ grantee: { kind: 'group', group: 'lab' }, role: 'manage' }));
    await stores.shares.put(aShare({ grantee: { kind: 'organisation' } }));
    expect(await findAccess(ports, user(), ID)).toBeUndefined();
    expect((await findAccess(ports, user({ inOrganisation: true }), ID))?.role).toBe('use');
    expect((await findAccess(ports, user({ inOrganisation: true, groups: ['lab'] }), ID))?.role).toBe(
      'manage',
    );
    expect(await findAccess(ports, user({ userId: 'lab', groups: ['bob'] }), ID)).toBeUndefined();
  });

  it('gives nothing after the share has expired or its workbench is gone', async () => {
    const { ports, stores, clock, workbench } = await setUp();
    const expiresAt = clock.now() + 1000;
    await stores.shares.put(aShare({ expiresAt }));
    clock.advance(999);
    expect((await findAccess(ports, user(), ID))?.role).toBe('use');
    clock.advance(1);
    expect(await findAccess(ports, user(), ID)).toBeUndefined();
    await stores.shares.put(aShare());
    await stores.workbenches.delete(workbench, workbench.revision);
    expect(await findAccess(ports, user(), ID)).toBeUndefined();
  });

  it('finds the workbench of a share whose owner is another one by now', async () => {
    const { ports, stores, calls } = await setUp('grace');
    await stores.shares.put(aShare({ ownerId: 'ada' }));
    expect(await findAccess(ports, user(), ID)).toMatchObject({
      role: 'use',
      workbench: { userId: 'grace' },
    });
    expect(calls).toEqual(['read bob', 'shares', 'read ada', 'find', 'read grace']);
  });

  it('finds every workbench for an administrator, without a share', async () => {
    const { ports, stores, calls } = await setUp();
    await stores.shares.put(aShare());
    const administrator = user({ administrator: true });
    expect(await findAccess(ports, administrator, ID)).toMatchObject({
      role: 'administrator',
      workbench: { userId: 'ada' },
    });
    expect(calls).toEqual(['read bob', 'find', 'read ada']);
    expect(await findAccess(ports, administrator, idAt(T0, 9))).toBeUndefined();
  });
});

describe('authorizeAction', () => {
  const ask = async (found: Awaited<ReturnType<typeof setUp>>, who: ActingUser, action: Action, id = ID) => {
    const noted: string[] = [];
    const requested = {
      action,
      onFound: (ownerId: string) => void noted.push(`owner ${ownerId}`),
      onHidden: () => void noted.push('hidden'),
    };
    const result = await authorizeAction(found.ports, who, id, requested).catch((error: unknown) => error);
    return { result, noted };
  };

  it('returns 404 without a role, and says whether it hides a workbench', async () => {
    const found = await setUp();
    const hidden = await ask(found, user(), 'view');
    expect(hidden).toMatchObject({ result: { code: 'workbench_not_found' }, noted: ['owner ada', 'hidden'] });
    expect(found.calls).toEqual(['read bob', 'shares', 'find']);
    found.calls.length = 0;
    const unknown = await ask(found, user(), 'view', idAt(T0, 9));
    expect(unknown).toEqual({ result: hidden.result, noted: [] });
    expect(found.calls).toEqual(['read bob', 'shares', 'find']);
  });

  it('hides nothing from the owner of a deleted workbench that an index still lists', async () => {
    const found = await setUp();
    const workbenches = { ...found.ports.workbenches, read: async () => undefined };
    const ports = { ...found.ports, workbenches };
    expect(await ask({ ...found, ports }, user({ userId: 'ada' }), 'view')).toMatchObject({
      result: { code: 'workbench_not_found' },
      noted: [],
    });
  });

  it('returns 403 if the role does not include the action', async () => {
    const found = await setUp();
    await found.stores.shares.put(aShare());
    expect(await ask(found, user(), 'view')).toMatchObject({ result: { role: 'use' }, noted: ['owner ada'] });
    expect(await ask(found, user(), 'start')).toMatchObject({
      result: { code: 'forbidden', reason: 'role_insufficient' },
      noted: ['owner ada'],
    });
  });
});
