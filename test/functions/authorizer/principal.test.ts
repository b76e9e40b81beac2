import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GROUPS_MAX, isGroupName } from '#core/access/grantee.ts';
import type { Principal } from '#core/access/principal.ts';
import { parseAuthorizerContext, toAuthorizerContext } from '#functions/authorizer/principal.ts';
import { anyCodePoint } from '#test/builders/any-code-point.ts';

const visibleText = fc.stringMatching(/^[\x21-\x7e]{1,20}$/);
const groupName = fc.string({ unit: anyCodePoint(), minLength: 1, maxLength: 32 }).filter(isGroupName);
const token = fc.record(
  {
    kind: fc.constant('token' as const),
    subject: fc.string({ minLength: 1 }),
    scopes: fc.array(visibleText),
    groups: fc.uniqueArray(groupName, { minLength: 1, maxLength: GROUPS_MAX }),
    clientId: visibleText,
    service: fc.boolean(),
    expiresAt: fc.integer({ min: 1, max: 253_402_300_799 }),
  },
  { requiredKeys: ['kind', 'scopes', 'service', 'expiresAt'] },
);
const principal: fc.Arbitrary<Principal> = fc.oneof(
  fc.constant({ kind: 'open' as const }),
  fc.constant({ kind: 'static_key' as const }),
  token,
);

describe('the context of the authorizer', () => {
  it('is parsed to the same principal', () => {
    fc.assert(
      fc.property(principal, (expected) => {
        expect(parseAuthorizerContext(toAuthorizerContext(expected))).toEqual(expected);
      }),
    );
  });

  it('contains only strings, as API Gateway requires', () => {
    fc.assert(
      fc.property(principal, (expected) => {
        for (const value of Object.values(toAuthorizerContext(expected))) expect(value).toBeTypeOf('string');
      }),
    );
  });

  it.each([
    undefined,
    null,
    {},
    'static_key',
    [],
    { kind: 'root' },
    { kind: 'token' },
    { kind: 'token', scopes: '', service: 'yes', expires_at: '1' },
    { kind: 'token', scopes: '', service: 'true', expires_at: 'Infinity' },
    { kind: 'token', scopes: '', service: 'true', expires_at: '1', subject: 7 },
    { kind: 'token', scopes: '', service: 'true', expires_at: '1', groups: 'staff' },
    { kind: 'token', scopes: '', service: 'true', expires_at: '1', groups: '[]' },
    { kind: 'token', scopes: '', service: 'true', expires_at: '1', groups: '["staff",""]' },
    { kind: 'token', scopes: '', service: 'true', expires_at: '1', groups: '{"staff":1}' },
  ])('is rejected if it is %j', (context) => {
    expect(parseAuthorizerContext(context)).toBeUndefined();
  });

  it('never causes an error', () => {
    fc.assert(fc.property(fc.anything(), (context) => void parseAuthorizerContext(context)));
  });
});
