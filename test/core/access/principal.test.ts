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

describe('the user a request acts for', () => {
  it.each<[string, Principal, string | undefined, string]>([
    ['the open local mode acts for whom it names', { kind: 'open' }, 'grace', 'grace'],
    ['the open local mode must name one', { kind: 'open' }, undefined, 'invalid_request'],
    ['a static key acts for whom it names', { kind: 'static_key' }, 'grace', 'grace'],
    ['a static key must name one', { kind: 'static_key' }, undefined, 'invalid_request'],
    ['a token acts for its own user', aToken(), 'ada', 'ada'],
    ['a token need not name its user', aToken(), undefined, 'ada'],
    ['a token does not act for another', aToken(), 'grace', 'forbidden/user_mismatch'],
    ['users are compared to the letter', aToken(), 'Ada', 'forbidden/user_mismatch'],
    ['an admin token acts for another', aToken({ scopes: [adminScope] }), 'grace', 'grace'],
    ['an admin token need not name its user', aToken({ scopes: [adminScope] }), undefined, 'ada'],
    ['a token without a user may act for nobody', aTokenWithoutUser(), 'grace', 'forbidden/no_user_claim'],
    ['a service token acts for whom it names', aTokenWithoutUser({ service: true }), 'grace', 'grace'],
    ['a service token must name one', aTokenWithoutUser({ service: true }), undefined, 'invalid_request'],
    [
      'an admin token without a user names one',
      aTokenWithoutUser({ scopes: [adminScope] }),
      'grace',
      'grace',
    ],
    ['an expired token acts for nobody', aToken({ expiresAt: NOW / 1000 }), 'ada', 'forbidden/token_expired'],
    [
      'an expired admin token acts for nobody',
      aToken({ scopes: [adminScope], expiresAt: NOW / 1000 - 1 }),
      'ada',
      'forbidden/token_expired',
    ],
  ])('%s', (_, principal, requested, expected) => {
    expect(act(principal, requested)).toBe(expected);
  });
});

describe('the admin', () => {
  it('is whoever holds the static key, the laptop, or the scope', () => {
    expect(isAdmin({ kind: 'open' }, adminScope)).toBe(true);
    expect(isAdmin({ kind: 'static_key' }, adminScope)).toBe(true);
    expect(isAdmin(aToken(), adminScope)).toBe(false);
    expect(isAdmin(aToken({ scopes: ['a', adminScope] }), adminScope)).toBe(true);
  });
});

describe('what is for operators', () => {
  it('is refused to everybody else, and to an expired admin', () => {
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
      'a client that may not act for others',
      () => resolveActingUser(aTokenWithoutUser(), 'grace', { now: NOW, adminScope }),
      { message: 'The token names no user, and its client may not act for others.' },
    ],
    [
      'the scope that is missing',
      () => assertAdmin(aToken(), { now: NOW, adminScope }),
      { code: 'forbidden', message: 'This needs the scope workbench:admin.' },
    ],
    [
      'the user that is missing',
      () => resolveActingUser({ kind: 'open' }, undefined, { now: NOW, adminScope }),
      { code: 'invalid_request', fields: { user_id: 'required: whose workbenches' } },
    ],
  ])('says in words that it is for %s', (_, refuse, expected) => {
    expect(refuse).toThrow(expect.objectContaining(expected));
  });
});

describe('who asked, in the history', () => {
  it('is the user, the client, or the kind of key', () => {
    expect(actorOf({ kind: 'open' })).toBe('local');
    expect(actorOf({ kind: 'static_key' })).toBe('static key');
    expect(actorOf(aToken())).toBe('ada');
    expect(actorOf(aTokenWithoutUser({ clientId: 'portal' }))).toBe('client portal');
    expect(actorOf(aTokenWithoutUser())).toBe('token');
    expect(actorOf(aToken({ subject: '😀'.repeat(200) }))).toBe('😀'.repeat(24));
  });
});
