import { describe, expect, it } from 'vitest';
import { actingUserOf, actorIn } from '#core/access/acting-user.ts';
import type { Principal } from '#core/access/principal.ts';

type Token = Extract<Principal, { kind: 'token' }>;
const ADMIN = 'workbench:admin';
const rules = { adminScope: ADMIN, organisationShares: true };
const token = (fields: Partial<Token> = {}): Token => ({
  kind: 'token',
  subject: 'bob',
  scopes: [],
  service: false,
  expiresAt: 2_000_000_000,
  ...fields,
});

describe('the acting user', () => {
  it('has the groups of its own token', () => {
    expect(actingUserOf(token({ groups: ['lab'] }), 'bob', rules)).toEqual({
      userId: 'bob',
      groups: ['lab'],
      inOrganisation: true,
      administrator: false,
    });
    expect(actingUserOf(token(), 'bob', rules).groups).toEqual([]);
  });

  it('has no groups of the administrator or service that names it', () => {
    const { subject: _, ...service } = token({ service: true, groups: ['lab'] });
    for (const principal of [token({ subject: 'root', scopes: [ADMIN], groups: ['lab'] }), service]) {
      expect(actingUserOf(principal, 'bob', rules).groups).toEqual([]);
    }
  });

  it('is an administrator only with the admin scope and in their own name', () => {
    const { subject: _, ...nameless } = token({ scopes: [ADMIN] });
    expect(actingUserOf(token({ scopes: [ADMIN] }), 'bob', rules).administrator).toBe(true);
    const others: [Principal, string][] = [
      [token(), 'bob'],
      [token({ scopes: [`${ADMIN}s`] }), 'bob'],
      [token({ scopes: [ADMIN], subject: 'root' }), 'bob'],
      [nameless, 'bob'],
      // A trusted backend acts for its users: each has the rights of this user, not those of the backend.
      [{ kind: 'static_key' }, 'bob'],
      [{ kind: 'open' }, 'bob'],
    ];
    for (const [principal, userId] of others)
      expect(actingUserOf(principal, userId, rules).administrator).toBe(false);
  });

  it('belongs to the organisation if the installation allows it and the caller is authenticated', () => {
    const none = { ...rules, organisationShares: false };
    expect(actingUserOf({ kind: 'static_key' }, 'bob', rules).inOrganisation).toBe(true);
    expect(actingUserOf({ kind: 'open' }, 'bob', rules).inOrganisation).toBe(false);
    expect(actingUserOf(token(), 'bob', none).inOrganisation).toBe(false);
  });
});

describe('the name in the history', () => {
  it('is that of the caller for an owner, and names the acting user for others', () => {
    const key: Principal = { kind: 'static_key' };
    expect(actorIn('owner', key, 'ada')).toBe('static key');
    expect(actorIn('owner', token({ subject: 'root' }), 'ada')).toBe('root');
    expect(actorIn('manage', token(), 'bob')).toBe('bob');
    expect(actorIn('manage', key, 'bob')).toBe('bob (static key)');
    expect(actorIn('administrator', token({ subject: 'root' }), 'root')).toBe('root');
  });

  it('has at most 96 bytes, with the user at its beginning', () => {
    const name = actorIn('manage', { kind: 'static_key' }, 'ä'.repeat(48));
    expect(new TextEncoder().encode(name).byteLength).toBeLessThanOrEqual(96);
    expect(name.startsWith('ä'.repeat(40))).toBe(true);
  });
});
