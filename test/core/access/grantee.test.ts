import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUserId } from '#contract/parameters.ts';
import {
  formatGrantee,
  GROUP_NAME_MAX_BYTES,
  type Grantee,
  granteeKey,
  granteeOfKey,
  isGroupName,
  parseGrantee,
} from '#core/access/grantee.ts';
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
