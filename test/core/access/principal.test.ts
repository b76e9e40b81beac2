import { describe, expect, it } from 'vitest';
import { actorOf, assertAdmin, isAdmin, type Principal, resolveActingUser } from '#core/access/principal.ts';
import { WorkbenchError } from '#core/errors.ts';

const NOW = 1_800_000_000_000;
const adminScope = 'workbench:admin';

function aToken(fields: Partial<Extract<Principal, { kind: 'token' }>> = {}): Principal {
  return { kind: 'token', subject: 'ada', scopes: [], service: false, expiresAt: NOW / 1000 + 60, ...fields };
}

function aTokenWithoutUser(fields: Partial<Extract<Principal, { kind: 'token' }>> = {}): Principal {
  return { kind: 'token', scopes: [], service: false, expiresAt: NOW / 1000 + 60, ...fields };
}

function act(principal: Principal, requested: string | undefined): string {
  try {
    return resolveActingUser(principal, requested, { now: NOW, adminScope });
  } catch (error) {
    if (error instanceof WorkbenchError) return `${error.code}${error.reason ? `/${error.reason}` : ''}`;
    throw error;
  }
}

describe('resolveActingUser', () => {
  it.each<[string, Principal, string | undefined, string]>([
    ['open local mode acts for the requested user', { kind: 'open' }, 'grace', 'grace'],
    ['open local mode requires a user', { kind: 'open' }, undefined, 'invalid_request'],
    ['a static key acts for the requested user', { kind: 'static_key' }, 'grace', 'grace'],
    ['a static key requires a user', { kind: 'static_key' }, undefined, 'invalid_request'],
    ['a token acts for its own user', aToken(), 'ada', 'ada'],
    ['a token acts for its own user if the request names none', aToken(), undefined, 'ada'],
    ['a token does not act for another user', aToken(), 'grace', 'forbidden/user_mismatch'],
    ['the comparison of users is case-sensitive', aToken(), 'Ada', 'forbidden/user_mismatch'],
    ['an admin token acts for another user', aToken({ scopes: [adminScope] }), 'grace', 'grace'],
    [
      'an admin token acts for its own user if the request names none',
      aToken({ scopes: [adminScope] }),
      undefined,
      'ada',
    ],
    [
      'a token without a user may not act for a user',
      aTokenWithoutUser(),
      'grace',
      'forbidden/no_user_claim',
    ],
    ['a service token acts for the requested user', aTokenWithoutUser({ service: true }), 'grace', 'grace'],
    ['a service token requires a user', aTokenWithoutUser({ service: true }), undefined, 'invalid_request'],
    [
      'an admin token without a user acts for the requested user',
      aTokenWithoutUser({ scopes: [adminScope] }),
      'grace',
      'grace',
    ],
    ['an expired token is refused', aToken({ expiresAt: NOW / 1000 }), 'ada', 'forbidden/token_expired'],
    [
      'an expired admin token is refused',
      aToken({ scopes: [adminScope], expiresAt: NOW / 1000 - 1 }),
      'ada',
      'forbidden/token_expired',
    ],
  ])('%s', (_, principal, requested, expected) => {
    expect(act(principal, requested)).toBe(expected);
  });
});

describe('isAdmin', () => {
  it('is true for the static key, for open local mode, and for a token with the admin scope', () => {
    expect(isAdmin({ kind: 'open' }, adminScope)).toBe(true);
    expect(isAdmin({ kind: 'static_key' }, adminScope)).toBe(true);
    expect(isAdmin(aToken(), adminScope)).toBe(false);
    expect(isAdmin(aToken({ scopes: ['a', adminScope] }), adminScope)).toBe(true);
  });
});

describe('assertAdmin', () => {
  it('refuses every other principal, and an admin whose token has expired', () => {
    const at = { now: NOW, adminScope };
    expect(() => assertAdmin({ kind: 'static_key' }, at)).not.toThrow();
    expect(() => assertAdmin(aToken({ scopes: [adminScope] }), at)).not.toThrow();
    expect(() => assertAdmin(aToken(), at)).toThrow(expect.objectContaining({ reason: 'admin_required' }));
    const expired = aToken({ scopes: [adminScope], expiresAt: NOW / 1000 });
    expect(() => assertAdmin(expired, at)).toThrow(expect.objectContaining({ reason: 'token_expired' }));
  });
});

describe('a refusal', () => {
  it.each<[string, () => unknown, object]>([
    [
      'an expired token',
      () => resolveActingUser(aToken({ expiresAt: 0 }), 'ada', { now: NOW, adminScope }),
      { code: 'forbidden', message: 'The token has expired.' },
    ],
    [
      'another user',
      () => resolveActingUser(aToken(), 'grace', { now: NOW, adminScope }),
      { code: 'forbidden', message: 'The token is for another user.' },
    ],
    [
      'a client that may not act for other users',
      () => resolveActingUser(aTokenWithoutUser(), 'grace', { now: NOW, adminScope }),
      { message: 'The token names no user, and its client may not act for other users.' },
    ],
    [
      'a missing scope',
      () => assertAdmin(aToken(), { now: NOW, adminScope }),
      { code: 'forbidden', message: 'This request requires the scope workbench:admin.' },
    ],
    [
      'a missing user',
      () => resolveActingUser({ kind: 'open' }, undefined, { now: NOW, adminScope }),
      { code: 'invalid_request', fields: { user_id: 'required: the id of the user' } },
    ],
  ])('has a message and a reason for %s', (_, refuse, expected) => {
    expect(refuse).toThrow(expect.objectContaining(expected));
  });
});

describe('actorOf', () => {
  it('returns the user, the client, or the kind of key', () => {
    expect(actorOf({ kind: 'open' })).toBe('local');
    expect(actorOf({ kind: 'static_key' })).toBe('static key');
    expect(actorOf(aToken())).toBe('ada');
    expect(actorOf(aTokenWithoutUser({ clientId: 'portal' }))).toBe('client portal');
    expect(actorOf(aTokenWithoutUser())).toBe('token');
    expect(actorOf(aToken({ subject: '😀'.repeat(200) }))).toBe('😀'.repeat(24));
  });
});
