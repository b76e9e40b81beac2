import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Grantee } from '#core/access/grantee.ts';
import { SHARED_ROLES, type SharedRole } from '#core/access/rights.ts';
import { bestRole, granteesOf, isInForce, type ShareUser } from '#core/access/shared-role.ts';
import { T0 } from '#test/builders/workbench.ts';
import { aShare } from '#test/contracts/share-store.ts';

const bob: ShareUser = { userId: 'bob', groups: ['lab'], inOrganisation: false };
const LAB: Grantee = { kind: 'group', group: 'lab' };
const EVERYBODY: Grantee = { kind: 'organisation' };

describe('bestRole', () => {
  it('is the role with the most rights of the shares with the user, its groups and the organisation', () => {
    const [use, manage] = [aShare(), aShare({ grantee: LAB, role: 'manage' })];
    expect(bestRole([use], bob, T0)).toBe('use');
    expect(bestRole([use, manage], bob, T0)).toBe('manage');
    expect(bestRole([manage, use], bob, T0)).toBe('manage');
    expect(bestRole([], bob, T0)).toBeUndefined();
  });

  it('ignores shares with others: a group is no user, and a user is no group', () => {
    const foreign: Grantee[] = [
      { kind: 'user', userId: 'lab' },
      { kind: 'group', group: 'bob' },
      { kind: 'user', userId: 'Bob' },
      { kind: 'group', group: 'lab ' },
    ];
    for (const grantee of foreign) expect(bestRole([aShare({ grantee })], bob, T0)).toBeUndefined();
  });

  it('counts shares with the organisation only for its members', () => {
    const share = aShare({ grantee: EVERYBODY });
    expect(bestRole([share], bob, T0)).toBeUndefined();
    expect(bestRole([share], { ...bob, inOrganisation: true }, T0)).toBe('use');
  });

  it('ignores a share from the millisecond in which it expires', () => {
    const share = aShare({ expiresAt: T0 });
    expect(bestRole([share], bob, T0 - 1)).toBe('use');
    expect(bestRole([share], bob, T0)).toBeUndefined();
    expect(bestRole([share, aShare({ role: 'use' })], bob, T0)).toBe('use');
  });

  it('is what a search for each role finds, for all shares and users', () => {
    const grantee = fc.constantFrom<Grantee>(
      { kind: 'user', userId: 'bob' },
      { kind: 'user', userId: 'lab' },
      { kind: 'group', group: 'bob' },
      LAB,
      EVERYBODY,
    );
    const share = fc
      .record({
        grantee,
        role: fc.constantFrom<SharedRole>(...SHARED_ROLES),
        expiry: fc.option(fc.integer({ min: -2, max: 2 })),
      })
      .map(({ expiry, ...rest }) =>
        aShare({ ...rest, ...(expiry === null ? {} : { expiresAt: T0 + expiry }) }),
      );
    const user = fc.record({
      userId: fc.constantFrom('bob', 'lab'),
      groups: fc.subarray(['bob', 'lab']),
      inOrganisation: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(share, { maxLength: 6 }), user, (shares, each) => {
        const gives = (role: SharedRole) =>
          shares.some(({ grantee: to, role: given, expiresAt }) => {
            if (given !== role || (expiresAt !== undefined && expiresAt <= T0)) return false;
            if (to.kind === 'user') return to.userId === each.userId;
            return to.kind === 'group' ? each.groups.includes(to.group) : each.inOrganisation;
          });
        const expected = gives('manage') ? 'manage' : gives('use') ? 'use' : undefined;
        expect(bestRole(shares, each, T0)).toBe(expected);
      }),
    );
  });
});

describe('granteesOf', () => {
  it('names each group once', () => {
    expect(granteesOf({ userId: 'bob', groups: ['lab', 'lab'], inOrganisation: true })).toEqual([
      { kind: 'user', userId: 'bob' },
      LAB,
      EVERYBODY,
    ]);
  });
});

describe('isInForce', () => {
  it('is true at any time without an expiry', () => {
    expect(isInForce({}, Number.MAX_SAFE_INTEGER)).toBe(true);
  });
});
