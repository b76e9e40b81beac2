import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { type AuthorizerSettings, build } from '#functions/authorizer/authorizer.ts';
import { responseValidUntil } from '#functions/authorizer/credentials.ts';
import { AuthorizerCache } from '#local/gateway/authorizer-cache.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';

const SECRET = 'an-hs256-secret-of-32-characters!';
const SECONDS = Date.UTC(2030, 0, 1) / 1000;
const DAY_MS = 86_400_000;

const settings: AuthorizerSettings = {
  RESTAPI_AUTH: undefined,
  RESTAPI_AUTH_STATIC_KEY: 'correct-horse-battery',
  RESTAPI_AUTH_JWT_KEY: SECRET,
  RESTAPI_OIDC_ISSUER: undefined,
  RESTAPI_OIDC_AUDIENCE: undefined,
  RESTAPI_OIDC_JWKS_URL: undefined,
  RESTAPI_OIDC_SERVICE_CLIENTS: [],
  RESTAPI_USER_CLAIM: 'sub',
  WB_GROUPS_CLAIM: undefined,
};

/** The authorizer behind the cache of local mode. `calls` counts how often the authorizer is called. */
function makeCached() {
  const clock = new ManualClock(SECONDS * 1000);
  const authorize = build({ clock, telemetry: new RecordingTelemetry() }, settings);
  const cache = new AuthorizerCache({ timers: clock, ttlSeconds: 60, validUntil: responseValidUntil });
  let calls = 0;
  const isAuthorized = async (token: string) => {
    const header = `Bearer ${token}`;
    const response = await cache.authorize(header, () => {
      calls += 1;
      return authorize({ identitySource: [header] });
    });
    return response.isAuthorized;
  };
  return { clock, isAuthorized, calls: () => calls };
}

function sign(claims: Readonly<Record<string, unknown>>): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(SECRET));
}

describe('a cached response of the authorizer', () => {
  it('does not refuse a token that has become valid', async () => {
    const { clock, isAuthorized } = makeCached();
    const token = await sign({ exp: SECONDS + 60, nbf: SECONDS + 10 });
    expect(await isAuthorized(token)).toBe(false);
    clock.advance(5_000);
    expect(await isAuthorized(token)).toBe(true);
  });

  it.each([DAY_MS, -DAY_MS])('is not used after a clock that was off by %d ms is right', async (error) => {
    const { clock, isAuthorized } = makeCached();
    const token = await sign({ exp: SECONDS + 60, nbf: SECONDS });
    clock.set(error);
    expect(await isAuthorized(token)).toBe(false);
    clock.set(-error);
    expect(await isAuthorized(token)).toBe(true);
    clock.set(error);
    expect(await isAuthorized(token)).toBe(false);
  });

  it('does not authorize a token that has expired', async () => {
    const { clock, isAuthorized, calls } = makeCached();
    const token = await sign({ exp: SECONDS + 10 });
    clock.advance(9_999);
    expect([await isAuthorized(token), await isAuthorized(token)]).toEqual([true, true]);
    expect(calls()).toBe(1);
    clock.advance(1);
    expect(await isAuthorized(token)).toBe(false);
  });

  it('refuses an expired or forged token, and authorizes the static key, for the time of the cache', async () => {
    const { clock, isAuthorized, calls } = makeCached();
    const tokens = [await sign({ exp: SECONDS - 1 }), 'a.b.c', 'correct-horse-battery'];
    for (const token of tokens) await isAuthorized(token);
    clock.advance(59_999);
    for (const token of tokens) await isAuthorized(token);
    expect(calls()).toBe(3);
  });
});

it.each([
  ['not_yet_valid', 0],
  ['unknown_signing_key', 0],
  ['unusable_signing_key', 0],
  ['expired', Number.POSITIVE_INFINITY],
  ['invalid_signature', Number.POSITIVE_INFINITY],
])('a refusal %s is valid until %d', (reason, until) => {
  expect(responseValidUntil({ isAuthorized: false, context: { reason } })).toBe(until);
});
