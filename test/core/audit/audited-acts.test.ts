import { describe, expect, it } from 'vitest';
import type { Principal } from '#core/access/principal.ts';
import { auditActorOf, isRecorded } from '#core/audit/audited-acts.ts';

const token = (fields: Partial<Extract<Principal, { kind: 'token' }>> = {}): Principal => ({
  kind: 'token',
  scopes: [],
  service: false,
  expiresAt: 1,
  ...fields,
});
const ADA = token({ subject: 'ada' });
const SERVICE = token({ service: true, clientId: 'portal' });
const KEY: Principal = { kind: 'static_key' };
const OPEN: Principal = { kind: 'open' };

describe('isRecorded', () => {
  it.each([
    ['an act of an owner', 'act', { principal: ADA, actingUser: 'ada', ownerId: 'ada' }, false],
    ['an act whose record was not read', 'act', { principal: ADA, actingUser: 'ada' }, false],
    [
      'an act on the workbench of another user',
      'act',
      { principal: ADA, actingUser: 'ada', ownerId: 'bob' },
      true,
    ],
    ['an act for another user', 'act', { principal: ADA, actingUser: 'bob', ownerId: 'bob' }, true],
    ['an act of the trusted backend', 'act', { principal: KEY, actingUser: 'ada', ownerId: 'ada' }, true],
    ['an act of a service', 'act', { principal: SERVICE, actingUser: 'ada' }, true],
    ['an act of an operator', 'act', { principal: ADA }, true],
    ['an act without authentication', 'act', { principal: OPEN, actingUser: 'ada', ownerId: 'ada' }, false],
    ['a poll of the trusted backend', 'read', { principal: KEY, actingUser: 'ada', ownerId: 'ada' }, false],
    ['a poll of another user', 'read', { principal: ADA, actingUser: 'bob' }, false],
    ['an opening by the owner', 'opening', { principal: ADA, actingUser: 'ada', ownerId: 'ada' }, true],
    ['an opening without authentication', 'opening', { principal: OPEN, actingUser: 'ada' }, true],
    [
      'a change of rights by the owner',
      'rights',
      { principal: ADA, actingUser: 'ada', ownerId: 'ada' },
      true,
    ],
  ] as const)('of %s (%s) is decided by the table', (_, kind, parties, expected) => {
    expect(isRecorded(kind, parties)).toBe(expected);
  });
});

describe('auditActorOf', () => {
  it('keeps users, programs and callers without authentication apart, even if their names are equal', () => {
    expect(auditActorOf(token({ subject: 'static key' }))).toEqual({ kind: 'user', id: 'static key' });
    expect(auditActorOf(KEY)).toEqual({ kind: 'static_key' });
    expect(auditActorOf(OPEN)).toEqual({ kind: 'local' });
    expect(auditActorOf(SERVICE)).toEqual({ kind: 'client', id: 'portal' });
    expect(auditActorOf(token())).toEqual({ kind: 'client' });
    expect(auditActorOf(token({ subject: 'ada', clientId: 'portal' }))).toEqual({ kind: 'user', id: 'ada' });
  });
});
