import { describe, expect, it, test } from 'vitest';
import { groupIdOf } from '#adapters/group-id.ts';
import { GROUP_NAME_MAX_BYTES, GROUPS_MAX } from '#core/access/grantee.ts';
import { COOKIES, readCookie } from '#gate/session/cookies.ts';
import { createSealKeys, Seal } from '#gate/session/seal.ts';
import { Sessions, SessionUse, SIGN_IN_IDLE_MS, type SignIn } from '#gate/session/sessions.ts';
import { readSignIn } from '#gate/sign-in/user-claims.ts';
import { T0 } from '#test/builders/workbench.ts';
import { VISITOR } from '#test/gate/watch/an-open-request.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

const NOW = Date.UTC(2030, 0, 1);
const WORKBENCH_ID = '01k5w3p8xg7t2mzq4v9r6ehbnc';
/** Browsers keep a cookie of at most 4,096 bytes, with its name and attributes. */
const COOKIE_MAX_BYTES = 4_096;

function setUp(clock = new ManualClock(NOW)) {
  const keys = createSealKeys('a key of the gate with 32 or more bytes');
  const seal = new Seal(async () => keys, clock);
  return { seal, sessions: new Sessions(seal, clock) };
}

const GROUPS = Array.from({ length: GROUPS_MAX }, (_, index) =>
  `team ${index} `.padEnd(GROUP_NAME_MAX_BYTES, 'x'),
);

/** The longest values that the sign-in lets through; JSON escapes each quote. */
function longestSignIn(): SignIn {
  const claims = { sub: '"'.repeat(95), sid: '"'.repeat(255), name: `${'"'.repeat(95)}u`, groups: GROUPS };
  const settings = {
    userClaim: 'name',
    adminClaim: undefined,
    adminScope: 'workbench:admin',
    groupsClaim: 'groups',
  };
  return readSignIn(claims, settings, NOW).signIn;
}

describe('a session with groups', () => {
  it('fits in a cookie with the longest values, and is read back as it was', async () => {
    const { sessions } = setUp();
    const signIn = longestSignIn();
    expect(signIn.issuerSession).toHaveLength(255);
    const onSignInHost = await sessions.formatSignIn(signIn);
    const onWorkbenchHost = await sessions.formatWorkbench({
      ...signIn,
      hash: 'hash',
      workbenchId: WORKBENCH_ID,
      sessionExpiresAt: NOW + 60_000,
      expiresAt: NOW + 1000,
    });
    for (const cookie of [onSignInHost, onWorkbenchHost])
      expect(cookie.length).toBeLessThan(COOKIE_MAX_BYTES);
    const read = await sessions.parse(
      readCookie(onSignInHost, COOKIES.signIn)?.split(';')[0] ?? '',
      undefined,
    );
    expect(read).toMatchObject({ ...signIn, groups: GROUPS.toSorted().map(groupIdOf) });
    const there = await sessions.parse(readCookie(onWorkbenchHost, COOKIES.workbench) ?? '', WORKBENCH_ID);
    expect(there).toMatchObject({ ...signIn, workbenchId: WORKBENCH_ID });
  });

  it('says until when its groups count after the sign-in, however often it was renewed', async () => {
    const clock = new ManualClock(NOW);
    const { seal } = setUp(clock);
    const sessions = new Sessions(seal, clock, 30 * 60_000);
    const first = await sessions.formatSignIn(longestSignIn());
    const visitor = await sessions.parse(readCookie(first, COOKIES.signIn) ?? '', undefined);
    clock.advance(20 * 60_000);
    const renewed = (visitor && (await sessions.renewSignIn(visitor))) ?? '';
    const later = await sessions.parse(readCookie(renewed, COOKIES.signIn) ?? '', undefined);
    expect(later?.expiresAt).toBeGreaterThan(visitor?.expiresAt ?? 0);
    for (const one of [visitor, later]) expect(one?.groupsExpireAt).toBe(NOW + 30 * 60_000);
    const { groups: _, ...withoutGroups } = longestSignIn();
    const plain = await sessions.formatSignIn(withoutGroups);
    expect(await sessions.parse(readCookie(plain, COOKIES.signIn) ?? '', undefined)).not.toHaveProperty(
      'groupsExpireAt',
    );
  });

  it('does not contain the names of the groups', async () => {
    const { seal, sessions } = setUp();
    const cookie = await sessions.formatSignIn({ ...longestSignIn(), groups: [groupIdOf('secret project')] });
    const content = await seal.unseal('sign-in-session', readCookie(cookie, COOKIES.signIn) ?? '');
    expect(content?.groups).toBe(groupIdOf('secret project'));
    expect(JSON.stringify(content)).not.toContain('secret project');
  });

  it.each([
    ['an empty list of groups', ''],
    ['a part of an id', 'abc'],
    ['too many ids', 'a'.repeat(16 * (GROUPS_MAX + 1))],
    ['other characters', 'a,'.repeat(8)],
  ])('is none with %s', async (_, groups) => {
    const { seal, sessions } = setUp();
    const content = { sub: 'ada', admin: false, groups, signed_in_at: NOW };
    const sealed = await seal.seal('sign-in-session', content, NOW + 60_000);
    expect(await sessions.parse(sealed, undefined)).toBeUndefined();
    const valid = await seal.seal('sign-in-session', { ...content, groups: 'a'.repeat(16) }, NOW + 60_000);
    expect(await sessions.parse(valid, undefined)).toMatchObject({ groups: ['a'.repeat(16)] });
  });
});

test('sessions that have not been used for an hour are forgotten', () => {
  const use = new SessionUse();
  const { workbenchId: _, ...visitor } = VISITOR;
  const users = [1, 2, 3].map((n) => ({
    ...visitor,
    userId: `user ${n}`,
    expiresAt: T0 + 2 * SIGN_IN_IDLE_MS,
  }));
  for (const [index, user] of users.entries()) use.note(user, T0 + index);
  use.note(users[0] ?? visitor, T0 + 3);
  expect(use.size).toBe(3);
  use.note(users[2] ?? visitor, T0 + 1 + SIGN_IN_IDLE_MS);
  expect(use.size).toBe(2);
  for (const other of [VISITOR, { kind: 'open' }, { kind: 'none' }] as const) use.note(other, T0);
  expect(use.size).toBe(2);
});
