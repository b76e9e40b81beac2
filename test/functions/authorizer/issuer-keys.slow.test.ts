import { generateKeyPairSync } from 'node:crypto';
import { exportJWK, type JWK } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SECRET_CACHE_TTL_MS } from '#adapters/auth-secret.ts';
import { type AuthorizerOptions, build, buildWithSecret } from '#functions/authorizer/authorizer.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';
import { startIssuer } from './issuer.ts';

const NOW = Date.UTC(2030, 0, 1);
const DAY_MS = 86_400_000;
const OUTAGE = 'the keys of the issuer could not be fetched';
const NO_KEYS = 'the issuer published no usable key set; check RESTAPI_OIDC_JWKS_URL';
const LASTING = { exp: NOW / 1000 + 7 * 86_400 };

let issuer: Awaited<ReturnType<typeof startIssuer>>;

beforeEach(async () => {
  issuer = await startIssuer();
});

afterEach(() => issuer.close());

/** The authorizer with this issuer. `decide` returns `authorized`, the reason of the refusal, or `error`. */
function openAuthorizer(options: AuthorizerOptions = {}) {
  const clock = new ManualClock(NOW);
  const telemetry = new RecordingTelemetry();
  const settings = {
    RESTAPI_AUTH: undefined,
    RESTAPI_AUTH_STATIC_KEY: undefined,
    RESTAPI_AUTH_JWT_KEY: undefined,
    RESTAPI_OIDC_ISSUER: issuer.issuer,
    RESTAPI_OIDC_AUDIENCE: issuer.audience,
    RESTAPI_OIDC_JWKS_URL: issuer.jwksUrl,
    RESTAPI_OIDC_SERVICE_CLIENTS: [],
    RESTAPI_USER_CLAIM: 'sub',
    WB_GROUPS_CLAIM: undefined,
  };
  const authorize = build({ clock, telemetry }, settings, options);
  const decide = async (token: string): Promise<unknown> => {
    try {
      const { isAuthorized, context } = await authorize({ identitySource: [`Bearer ${token}`] });
      return isAuthorized ? 'authorized' : context.reason;
    } catch {
      return 'error';
    }
  };
  return { clock, telemetry, decide };
}

describe('an issuer that is down', () => {
  it.each([
    ['500', 'status_500', OUTAGE],
    ['429', 'status_429', OUTAGE],
    ['404', 'status_404', NO_KEYS],
    ['redirect', 'status_302', NO_KEYS],
    ['not json', 'no_key_set', NO_KEYS],
    ['not keys', 'no_key_set', NO_KEYS],
    ['too large', 'too_large', NO_KEYS],
  ] as const)('is asked once in 30 s (%s)', async (how, code, message) => {
    const key = await issuer.newKey('one');
    issuer.publish(key);
    const token = await issuer.sign(key, NOW, LASTING);
    const { clock, telemetry, decide } = openAuthorizer();
    issuer.break(how);
    const concurrent = await Promise.all(Array.from({ length: 30 }, () => decide(token)));
    expect(new Set(concurrent)).toEqual(new Set(['error']));
    clock.advance(29_999);
    expect(await decide(token)).toBe('error');
    expect(issuer.fetches).toBe(1);
    expect(telemetry.fields.get(message)).toEqual({ code });
    expect(telemetry.counts.get('authorizer_failed')).toBe(31);
    issuer.break('no');
    clock.advance(1);
    expect(await decide(token)).toBe('authorized');
    expect(issuer.fetches).toBe(2);
  });

  it('is asked once in 30 s (silent)', async () => {
    const token = await issuer.sign(await issuer.newKey('one'), NOW, LASTING);
    const { clock, telemetry, decide } = openAuthorizer({ jwksTimeoutMs: 50 });
    issuer.break('silent');
    const concurrent = await Promise.all(Array.from({ length: 30 }, () => decide(token)));
    expect(new Set(concurrent)).toEqual(new Set(['error']));
    clock.advance(29_999);
    expect(await decide(token)).toBe('error');
    expect(issuer.fetches).toBe(1);
    expect(telemetry.fields.get('token could not be verified')).toEqual({ code: 'TimeoutError' });
  });

  it('is logged with the code of a refused connection', async () => {
    const token = await issuer.sign(await issuer.newKey('one'), NOW);
    const { telemetry, decide } = openAuthorizer();
    await issuer.close();
    expect(await decide(token)).toBe('error');
    expect(telemetry.fields.get('token could not be verified')).toEqual({ code: 'ECONNREFUSED' });
  });

  it('does not affect tokens with a known key for an hour', async () => {
    const [one, two] = [await issuer.newKey('one'), await issuer.newKey('two')];
    issuer.publish(one);
    const known = await issuer.sign(one, NOW, LASTING);
    const unknown = await issuer.sign(two, NOW, LASTING);
    const { clock, telemetry, decide } = openAuthorizer();
    expect(await decide(known)).toBe('authorized');
    issuer.break('500');
    clock.advance(600_000);
    expect(await Promise.all([known, unknown, known, known].map(decide))).toEqual([
      'authorized',
      'error',
      'authorized',
      'authorized',
    ]);
    expect(issuer.fetches).toBe(2);
    expect(telemetry.lines.filter(({ message }) => message.startsWith('the keys of'))).toHaveLength(1);
    clock.advance(3_600_000 - 600_000 - 1);
    expect(await decide(known)).toBe('authorized');
    expect(issuer.fetches).toBe(3);
    clock.advance(1);
    expect(await decide(known)).toBe('error');
    issuer.publish(one, two);
    issuer.break('no');
    clock.advance(30_000);
    expect(await Promise.all([decide(known), decide(unknown)])).toEqual(['authorized', 'authorized']);
  });

  it.each(['404', 'redirect', 'not json', 'not keys', 'too large'] as const)(
    'is not one that publishes no key set: its last keys are used for ten minutes, even if it is down later (%s)',
    async (how) => {
      const key = await issuer.newKey('one');
      issuer.publish(key);
      const token = await issuer.sign(key, NOW, LASTING);
      const { clock, decide } = openAuthorizer();
      expect(await decide(token)).toBe('authorized');
      issuer.break(how);
      clock.advance(599_999);
      expect(await decide(token)).toBe('authorized');
      clock.advance(1);
      expect(await decide(token)).toBe('error');
      issuer.break('500');
      clock.advance(30_000);
      expect(await decide(token)).toBe('error');
      issuer.break('no');
      clock.advance(30_000);
      expect(await decide(token)).toBe('authorized');
      issuer.break('500');
      clock.advance(600_000);
      expect(await decide(token)).toBe('authorized');
    },
  );

  it.each([DAY_MS, -DAY_MS])('is asked again after the clock moved by %d ms', async (step) => {
    const key = await issuer.newKey('one');
    issuer.publish(key);
    const token = await issuer.sign(key, NOW, { ...LASTING, iat: undefined });
    const { clock, decide } = openAuthorizer();
    issuer.break('500');
    expect(await decide(token)).toBe('error');
    issuer.break('no');
    clock.set(step);
    expect(await decide(token)).toBe('authorized');
  });
});

it('a key that was withdrawn is refused in time although the clock is set back by seconds', async () => {
  const key = await issuer.newKey('one');
  issuer.publish(key);
  const token = await issuer.sign(key, NOW, { ...LASTING, iat: undefined });
  const { clock, decide } = openAuthorizer();
  expect(await decide(token)).toBe('authorized');
  issuer.publish(await issuer.newKey('two'));
  for (let minute = 0; minute < 10; minute += 1) {
    expect(await decide(token)).toBe('authorized');
    clock.advance(60_000);
    clock.set(-10_000);
  }
  expect(await decide(token)).not.toBe('authorized');
  expect(issuer.fetches).toBe(2);
});

it('the keys of an issuer are fetched again after the clock was set back, since their age is unknown', async () => {
  const key = await issuer.newKey('one');
  issuer.publish(key);
  const token = await issuer.sign(key, NOW, { ...LASTING, iat: undefined });
  const { clock, decide } = openAuthorizer();
  expect(await decide(token)).toBe('authorized');
  clock.set(-DAY_MS);
  expect(await decide(token)).toBe('authorized');
  expect(issuer.fetches).toBe(2);
});

it('the keys of an issuer stay when the secret of the controller is rotated', async () => {
  const key = await issuer.newKey('one');
  issuer.publish(key);
  const token = await issuer.sign(key, NOW, LASTING);
  const clock = new ManualClock(NOW);
  let staticKey = 'first-static-key-of-some-length';
  const authorize = buildWithSecret(
    { clock, telemetry: new RecordingTelemetry() },
    {
      RESTAPI_OIDC_ISSUER: issuer.issuer,
      RESTAPI_OIDC_AUDIENCE: issuer.audience,
      RESTAPI_OIDC_JWKS_URL: issuer.jwksUrl,
      RESTAPI_OIDC_SERVICE_CLIENTS: [],
      RESTAPI_USER_CLAIM: 'sub',
      WB_GROUPS_CLAIM: undefined,
    },
    async () => JSON.stringify({ static_key: staticKey }),
  );
  const isAuthorized = async (bearer: string) =>
    (await authorize({ identitySource: [`Bearer ${bearer}`] })).isAuthorized;
  const first = staticKey;
  expect(await isAuthorized(token)).toBe(true);
  staticKey = 'second-static-key-of-some-length';
  issuer.break('500');
  clock.advance(SECRET_CACHE_TTL_MS);
  expect(await isAuthorized(token)).toBe(true);
  expect(issuer.fetches).toBe(1);
  expect([await isAuthorized(first), await isAuthorized(staticKey)]).toEqual([false, true]);
});

describe('a published key', () => {
  const { publicKey: weak } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });

  it.each<[string, string, JWK]>([
    ['an RSA key of 1,024 bits', 'RS256', weak.export({ format: 'jwk' }) as JWK],
    ['an RSA key of 1,024 bits', 'PS256', weak.export({ format: 'jwk' }) as JWK],
    ['an RSA key without a modulus', 'RS256', { kty: 'RSA', e: 'AQAB' }],
    ['an RSA key with a broken modulus', 'RS256', { kty: 'RSA', e: 'AQAB', n: '!' }],
    ['an RSA key with an empty modulus', 'RS256', { kty: 'RSA', e: 'AQAB', n: '' }],
    ['an EC key whose point is not on the curve', 'ES256', { ...ec, y: ec.x } as JWK],
    ['an EC key without coordinates', 'ES256', { kty: 'EC', crv: 'P-256' }],
    ['a private key', 'ES256', privateKey.export({ format: 'jwk' }) as JWK],
  ])('that is %s causes refusals, no errors (%s)', async (_, alg, jwk) => {
    const good = await issuer.newKey('good', alg);
    const forged = await issuer.sign({ ...good, kid: 'bad' }, NOW, LASTING);
    issuer.publish(good);
    issuer.publishAlso({ ...jwk, kid: 'bad' });
    const { clock, telemetry, decide } = openAuthorizer();
    expect(await decide(forged)).toBe('unusable_signing_key');
    expect(await decide(await issuer.sign(good, NOW))).toBe('authorized');
    expect(telemetry.counts.get('authorizer_failed')).toBeUndefined();
    issuer.publishAlso({ ...(await exportJWK(good.publicKey)), kid: 'bad' });
    clock.advance(29_999);
    expect(await decide(forged)).toBe('unusable_signing_key');
    expect(issuer.fetches).toBe(1);
    clock.advance(1);
    expect(await decide(forged)).toBe('authorized');
  });
});
