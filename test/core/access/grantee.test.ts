import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUserId } from '#contract/parameters.ts';
import {
  formatGrantee,
  GROUP_NAME_MAX_BYTES,
  GROUPS_MAX,
  type Grantee,
  granteeKey,
  granteeOfKey,
  isGroupName,
  parseGrantee,
  readGroups,
} from '#core/access/grantee.ts';
import { groupsOf, type Principal } from '#core/access/principal.ts';
import { anyCodePoint } from '#test/builders/any-code-point.ts';
import { CONFUSABLE_GRANTEES } from '#test/contracts/share-store.ts';

/** Names of the characters that a key, a path or a comparison could confuse. */
const names = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom('#', '/', ':', '%', '2', '3', 'F', 'a', 'A', 'ä', 'a\u0308', 'а', '.', '*', '+', ' '),
      fc.constantFrom('user', 'group', 'organisation', 'link'),
      anyCodePoint(),
    ),
    minLength: 1,
    maxLength: 8,
  })
  .filter((name) => isUserId(name) && isGroupName(name));
const grantees: fc.Arbitrary<Grantee> = fc.oneof(
  names.map((userId): Grantee => ({ kind: 'user', userId })),
  names.map((group): Grantee => ({ kind: 'group', group })),
  fc.constant<Grantee>({ kind: 'organisation' }),
  fc.constantFrom(...CONFUSABLE_GRANTEES),
);

describe('a grantee', () => {
  it('has a key of its own, from which it can be read again', () => {
    fc.assert(
      fc.property(grantees, grantees, (one, two) => {
        expect(granteeOfKey(granteeKey(one))).toEqual(one);
        expect(granteeKey(one) === granteeKey(two)).toBe(JSON.stringify(one) === JSON.stringify(two));
      }),
    );
  });

  it('has a text of its own in the API, from which it is parsed', () => {
    fc.assert(
      fc.property(grantees, grantees, (one, two) => {
        expect(parseGrantee(formatGrantee(one), isUserId)).toEqual(one);
        expect(formatGrantee(one) === formatGrantee(two)).toBe(JSON.stringify(one) === JSON.stringify(two));
      }),
    );
  });

  it('has a key without a separator besides the first, so that a key with more behind it is that of no other', () => {
    fc.assert(
      fc.property(grantees, (grantee) => {
        expect(granteeKey(grantee)).toMatch(/^(organisation|(user|group)#[^#/:]+)$/);
      }),
    );
  });

  it.each([
    '',
    'bob',
    'user:',
    'group:',
    'User:bob',
    'users:bob',
    'user',
    'organisation:',
    'organisation ',
    'link:x',
  ])('is not parsed from %j', (text) => expect(parseGrantee(text, isUserId)).toBeUndefined());

  it.each([
    '',
    'user',
    'user#%',
    'user#%2f',
    'user#ä',
    'group#a#b',
    'link#abc',
    'organisation#',
    'user#a%20b ',
  ])('is not read from the key %j', (key) => expect(granteeOfKey(key)).toBeUndefined());

  it('is no group with a name that is too long, has control characters or is not well-formed', () => {
    expect(isGroupName('ä'.repeat(GROUP_NAME_MAX_BYTES / 2))).toBe(true);
    expect(isGroupName(`${'ä'.repeat(GROUP_NAME_MAX_BYTES / 2)}a`)).toBe(false);
    expect(isGroupName('a\nb')).toBe(false);
    expect(isGroupName('a\ud800')).toBe(false);
  });
});

describe('the groups of a claim', () => {
  it.each<[string, unknown, readonly string[], number]>([
    ['no claim', undefined, [], 0],
    ['null', null, [], 0],
    ['one name', 'data science', ['data science'], 0],
    ['a list', ['b', 'a', 'b'], ['a', 'b'], 0],
    ['an empty list', [], [], 0],
    ['an empty name', '', [], 1],
    ['an object', { a: 1 }, [], 1],
    ['values that are no names', ['a', 1, null, ['b'], '', 'c\n', '\ud800'], ['a'], 6],
    ['the longest name', ['é'.repeat(GROUP_NAME_MAX_BYTES / 2)], ['é'.repeat(GROUP_NAME_MAX_BYTES / 2)], 0],
    ['a longer name', ['x'.repeat(GROUP_NAME_MAX_BYTES + 1)], [], 1],
  ])('are read from %s', (_, claim, groups, ignored) => {
    expect(readGroups(claim)).toEqual({ groups, ignored });
  });

  it('are the first ones by name, in every order of a token that lists too many', () => {
    const names = Array.from({ length: GROUPS_MAX + 7 }, (_, index) => `group-${1000 + index}`);
    fc.assert(
      fc.property(fc.shuffledSubarray(names, { minLength: names.length }), (claim) => {
        expect(readGroups(claim)).toEqual({ groups: names.slice(0, GROUPS_MAX), ignored: 7 });
      }),
    );
  });

  it('are valid names of the claim, for every list', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string({ unit: anyCodePoint() }), fc.integer())), (claim) => {
        const { groups } = readGroups(claim);
        expect(groups.length).toBeLessThanOrEqual(GROUPS_MAX);
        for (const group of groups) {
          expect(isGroupName(group)).toBe(true);
          expect([claim].flat()).toContain(group);
        }
      }),
    );
  });
});

describe('the groups of the acting user', () => {
  const token = { kind: 'token', scopes: [], service: true, groups: ['staff'], expiresAt: 1 } as const;

  it.each<[string, Principal, readonly string[]]>([
    ['are those of the token of this user', { ...token, subject: 'ada' }, ['staff']],
    ['are none for an administrator who acts for the user', { ...token, subject: 'root' }, []],
    ['are none for a service', token, []],
    ['are none with the static key', { kind: 'static_key' }, []],
    ['are none without authentication', { kind: 'open' }, []],
    [
      'are none if the token has none',
      { kind: 'token', subject: 'ada', scopes: [], service: false, expiresAt: 1 },
      [],
    ],
  ])('%s', (_, principal, groups) => {
    expect(groupsOf(principal, 'ada')).toEqual(groups);
  });
});
