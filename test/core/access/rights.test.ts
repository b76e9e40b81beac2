import { describe, expect, it } from 'vitest';
import { ACTING_ROLES, ACTIONS, type Action, mayDo, ROLES, SHARED_ROLES } from '#core/access/rights.ts';

/** Written by hand from the promise to users, not from the table. */
const MAY: Readonly<Record<string, readonly Action[]>> = {
  use: ['view', 'view_history', 'open'],
  manage: ['view', 'view_history', 'view_logs', 'open', 'start', 'stop', 'restart', 'extend'],
  owner: ACTIONS,
  administrator: ACTIONS,
};

describe('mayDo', () => {
  it.each(ACTING_ROLES)('gives the role %s its actions and no others', (role) => {
    expect(ACTIONS.filter((action) => mayDo(role, action))).toEqual(MAY[role]);
  });

  it('gives nothing without a role', () => {
    expect(ACTIONS.filter((action) => mayDo(undefined, action))).toEqual([]);
  });

  it('gives each role all that the roles after it may do', () => {
    for (const [n, role] of ROLES.entries()) {
      for (const lower of ROLES.slice(n)) {
        for (const action of ACTIONS) if (mayDo(lower, action)) expect(mayDo(role, action)).toBe(true);
      }
    }
    expect(ROLES.filter((role) => role !== 'owner')).toEqual(SHARED_ROLES);
  });
});
