import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Principal } from '#core/access/principal.ts';
import { parseAuthorizerContext, toAuthorizerContext } from '#functions/authorizer/principal.ts';

const word = fc.stringMatching(/^[\x21-\x7e]{1,20}$/);
const token = fc.record(
  {
    kind: fc.constant('token' as const),
    subject: fc.string({ minLength: 1 }),
    scopes: fc.array(word),
    clientId: word,
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

describe("the authorizer's context", () => {
  it('gives the principal back as it was', () => {
    fc.assert(
      fc.property(principal, (who) => {
        expect(parseAuthorizerContext(toAuthorizerContext(who))).toEqual(who);
      }),
    );
  });

  it('holds text alone, as the gateway carries it', () => {
    fc.assert(
      fc.property(principal, (who) => {
        for (const value of Object.values(toAuthorizerContext(who))) expect(value).toBeTypeOf('string');
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
  ])('is nobody when it is %j', (context) => {
    expect(parseAuthorizerContext(context)).toBeUndefined();
  });

  it('is read without throwing, whatever it is', () => {
    fc.assert(fc.property(fc.anything(), (context) => void parseAuthorizerContext(context)));
  });
});
