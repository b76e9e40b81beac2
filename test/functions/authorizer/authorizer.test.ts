import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { exportSPKI, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AuthorizerOptions, type AuthorizerSettings, build } from '#functions/authorizer/authorizer.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';
import { startIssuer } from './issuer.ts';

const STATIC_KEY = 'correct-horse-battery';
const SECRET = 'an-hs256-secret-of-32-characters!';
const NOW = Date.UTC(2030, 0, 1);
const SECONDS = NOW / 1000;

const CLOSED: AuthorizerSettings = {
  RESTAPI_AUTH: undefined,
  RESTAPI_AUTH_STATIC_KEY: undefined,
  RESTAPI_AUTH_JWT_KEY: undefined,
  RESTAPI_OIDC_ISSUER: undefined,
  RESTAPI_OIDC_AUDIENCE: undefined,
  RESTAPI_OIDC_JWKS_URL: undefined,
  RESTAPI_OIDC_SERVICE_CLIENTS: [],
  RESTAPI_USER_CLAIM: 'sub',
};

function authorizer(settings: Partial<AuthorizerSettings>, options: AuthorizerOptions = {}) {
  const telemetry = new RecordingTelemetry();
  const authorize = build({ clock: new ManualClock(NOW), telemetry }, { ...CLOSED, ...settings }, options);
  return {
    telemetry,
    ask: (header: string | undefined) => authorize(header === undefined ? {} : { identitySource: [header] }),
  };
}

/** `undefined` when let in, otherwise why not. */
async function refusal(settings: Partial<AuthorizerSettings>, header: string | undefined): Promise<unknown> {
  const { isAuthorized, context } = await authorizer(settings).ask(header);
  return isAuthorized ? undefined : context.reason;
}

function hs256(
  claims: JWTPayload,
  secret = SECRET,
  header: { alg: string } = { alg: 'HS256' },
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader(header).sign(new TextEncoder().encode(secret));
}

const staticKey = { RESTAPI_AUTH_STATIC_KEY: STATIC_KEY };
const jwtKey = { RESTAPI_AUTH_JWT_KEY: SECRET };

describe('without any key', () => {
  it('everybody is refused', async () => {
    expect(await refusal({}, `Bearer ${STATIC_KEY}`)).toBe('no_key_configured');
    expect(await refusal({}, undefined)).toBe('no_key_configured');
  });

  it('everybody is let in when the settings say so in words', async () => {
    const answer = await authorizer({ RESTAPI_AUTH: 'none' }).ask(undefined);
    expect(answer).toEqual({ isAuthorized: true, context: { kind: 'open' } });
  });
});

describe('the static key', () => {
  it('is let in, under the scheme in any case', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
      const answer = await authorizer(staticKey).ask(`${scheme} ${STATIC_KEY}`);
      expect(answer).toEqual({ isAuthorized: true, context: { kind: 'static_key' } });
    }
  });

  it.each([
    ['no header', undefined, 'missing_token'],
    ['an empty header', '', 'missing_token'],
    ['the scheme alone', 'Bearer ', 'malformed_token'],
    ['the key alone', STATIC_KEY, 'malformed_token'],
    ['another scheme', `Basic ${STATIC_KEY}`, 'malformed_token'],
    ['another key', 'Bearer correct-horse-batterY', 'invalid_static_key'],
    ['a part of the key', 'Bearer correct-horse', 'invalid_static_key'],
    ['more than the key', `Bearer ${STATIC_KEY}y`, 'invalid_static_key'],
    ['the header sent twice', `Bearer ${STATIC_KEY},Bearer ${STATIC_KEY}`, 'malformed_token'],
    ['a token over 8 KiB', `Bearer ${'x'.repeat(8193)}`, 'token_too_long'],
    ['bytes beyond ASCII', 'Bearer correct-horse-bätterie', 'malformed_token'],
  ])('%s is refused', async (_, header, reason) => {
    expect(await refusal(staticKey, header)).toBe(reason);
  });

  it('is read from the header when the gateway caches under nothing', async () => {
    const authorize = build(
      { clock: new ManualClock(NOW), telemetry: new RecordingTelemetry() },
      { ...CLOSED, ...staticKey },
    );
    const answer = await authorize({
      identitySource: null,
      headers: { authorization: `Bearer ${STATIC_KEY}` },
    });
    expect(answer.isAuthorized).toBe(true);
  });
});

describe('an HS256 token', () => {
  it('is let in for its user, as one that may be trusted to name users', async () => {
    const token = await hs256({
      sub: 'ada',
      exp: SECONDS + 60,
      scope: 'openid workbench:admin',
      azp: 'portal',
    });
    expect(await authorizer(jwtKey).ask(`Bearer ${token}`)).toEqual({
      isAuthorized: true,
      context: {
        kind: 'token',
        subject: 'ada',
        scopes: 'openid workbench:admin',
        service: 'true',
        expires_at: String(SECONDS + 60),
        client_id: 'portal',
      },
    });
  });

  it('is let in without a user', async () => {
    const { isAuthorized, context } = await authorizer(jwtKey).ask(
      `Bearer ${await hs256({ exp: SECONDS + 60 })}`,
    );
    expect(isAuthorized).toBe(true);
    expect(context).not.toHaveProperty('subject');
  });

  it('names its user in the claim that is set', async () => {
    const token = await hs256({ sub: '17', email: 'ada@example.com', exp: SECONDS + 60 });
    const { context } = await authorizer({ ...jwtKey, RESTAPI_USER_CLAIM: 'email' }).ask(`Bearer ${token}`);
    expect(context.subject).toBe('ada@example.com');
  });

  it('has no user when the claim set is a property that every object has', async () => {
    const token = await hs256({ exp: SECONDS + 60 });
    const { isAuthorized, context } = await authorizer({ ...jwtKey, RESTAPI_USER_CLAIM: 'constructor' }).ask(
      `Bearer ${token}`,
    );
    expect(isAuthorized).toBe(true);
    expect(context).not.toHaveProperty('subject');
  });

  it.each<[string, JWTPayload, string]>([
    ['without expiry', { sub: 'ada' }, 'missing_expiry'],
    ['with an expiry that is no number', { exp: 'tomorrow' as unknown as number }, 'missing_expiry'],
    ['with an expiry beyond all time', { exp: 1e300 }, 'invalid_claims'],
    ['that has expired', { exp: SECONDS - 1 }, 'expired'],
    ['that expires now', { exp: SECONDS }, 'expired'],
    ['that is not valid yet', { exp: SECONDS + 60, nbf: SECONDS + 30 }, 'not_yet_valid'],
    ['with a number for a user', { exp: SECONDS + 60, sub: 17 as unknown as string }, 'invalid_user_claim'],
    ['with null for a user', { exp: SECONDS + 60, sub: null as unknown as string }, 'invalid_user_claim'],
    [
      'with a list for a user',
      { exp: SECONDS + 60, sub: ['ada'] as unknown as string },
      'invalid_user_claim',
    ],
    ['with an empty user', { exp: SECONDS + 60, sub: '' }, 'invalid_user_claim'],
    ['with a user that is too long', { exp: SECONDS + 60, sub: 'x'.repeat(97) }, 'invalid_user_claim'],
    ['with a control character in the user', { exp: SECONDS + 60, sub: 'ada\n' }, 'invalid_user_claim'],
  ])('%s is refused', async (_, claims, reason) => {
    expect(await refusal(jwtKey, `Bearer ${await hs256(claims)}`)).toBe(reason);
  });

  it('signed with another secret is refused', async () => {
    const token = await hs256({ exp: SECONDS + 60 }, 'another-secret-of-32-characters!!');
    expect(await refusal(jwtKey, `Bearer ${token}`)).toBe('invalid_signature');
  });

  it('with its claims changed is refused', async () => {
    const [head, , signature] = (await hs256({ sub: 'ada', exp: SECONDS + 60 })).split('.');
    const claims = Buffer.from(JSON.stringify({ sub: 'bob', exp: SECONDS + 60 })).toString('base64url');
    expect(await refusal(jwtKey, `Bearer ${head}.${claims}.${signature}`)).toBe('invalid_signature');
  });

  it('signed by another hash with the same secret is refused', async () => {
    const secret = SECRET.repeat(2);
    const token = await hs256({ exp: SECONDS + 60 }, secret, { alg: 'HS512' });
    expect(await refusal({ RESTAPI_AUTH_JWT_KEY: secret }, `Bearer ${token}`)).toBe('unsupported_algorithm');
  });

  it('without a signature is refused', async () => {
    const token = new UnsecuredJWT({ sub: 'ada', exp: SECONDS + 60 }).encode();
    expect(await refusal(jwtKey, `Bearer ${token}`)).toBe('unsupported_algorithm');
    const [, claims] = token.split('.');
    for (const alg of ['none', 'None', 'NONE', '']) {
      const head = Buffer.from(JSON.stringify({ alg })).toString('base64url');
      expect(await refusal(jwtKey, `Bearer ${head}.${claims}.`), alg).toBe('unsupported_algorithm');
    }
  });

  it('that claims RS256 and is signed with the secret is refused', async () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part({ alg: 'RS256' })}.${part({ sub: 'ada', exp: SECONDS + 60 })}`;
    const signature = createHmac('sha256', SECRET).update(signed).digest('base64url');
    expect(await refusal(jwtKey, `Bearer ${signed}.${signature}`)).toBe('unsupported_algorithm');
  });

  it('is refused where only a static key is configured', async () => {
    expect(await refusal(staticKey, `Bearer ${await hs256({ exp: SECONDS + 60 })}`)).toBe(
      'invalid_static_key',
    );
  });

  it.each(['x', 'a.b', 'a.b.c', '..', 'eyJhbGciOiJIUzI1NiJ9..', 'eyJhbGciOiJIUzI1NiJ9.e30.', 'e30.e30.e30'])(
    'is not %j',
    async (garbage) => {
      expect(await refusal(jwtKey, `Bearer ${garbage}`)).toMatch(/^(malformed_token|invalid_signature)$/);
    },
  );

  it('is never an error, whatever is sent', async () => {
    const both = { ...staticKey, ...jwtKey };
    const head = Buffer.from('{"alg":"HS256"}').toString('base64url');
    const garbage = fc.oneof(
      fc.string(),
      fc.string().map((text) => `Bearer ${text}`),
      fc.tuple(fc.base64String(), fc.base64String()).map((parts) => `Bearer ${head}.${parts.join('.')}`),
    );
    await fc.assert(
      fc.asyncProperty(garbage, async (header) => {
        expect(await refusal(both, header)).toBeTypeOf('string');
      }),
    );
  });

  it('appears in no count and no line', async () => {
    const { ask, telemetry } = authorizer(jwtKey);
    const token = await hs256({ sub: 'ada' });
    await ask(`Bearer ${token}`);
    expect(telemetry.counts.get('authorizer_refused')).toBe(1);
    expect(JSON.stringify([telemetry.lines, [...telemetry.counts]])).not.toContain(token);
  });
});

describe('an OpenID Connect token', () => {
  let issuer: Awaited<ReturnType<typeof startIssuer>>;

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOW });
    issuer = await startIssuer();
  });

  afterEach(async () => {
    vi.useRealTimers();
    await issuer.close();
  });

  function oidc(more: Partial<AuthorizerSettings> = {}): Partial<AuthorizerSettings> {
    return {
      RESTAPI_OIDC_ISSUER: issuer.issuer,
      RESTAPI_OIDC_AUDIENCE: issuer.audience,
      RESTAPI_OIDC_JWKS_URL: issuer.jwksUrl,
      ...more,
    };
  }

  it.each(['RS256', 'PS256', 'ES256', 'ES384'])('is let in for its user (%s)', async (algorithm) => {
    const key = await issuer.newKey('one', algorithm);
    issuer.publish(key);
    const token = await issuer.sign(key, NOW, { azp: 'portal', scope: 'openid profile' });
    expect(await authorizer(oidc()).ask(`bearer ${token}`)).toEqual({
      isAuthorized: true,
      context: {
        kind: 'token',
        subject: 'ada',
        scopes: 'openid profile',
        service: 'false',
        expires_at: String(SECONDS + 300),
        client_id: 'portal',
      },
    });
  });

  it('of a configured service may name users, by either name of the client', async () => {
    const key = await issuer.newKey('one');
    issuer.publish(key);
    const { ask } = authorizer(oidc({ RESTAPI_OIDC_SERVICE_CLIENTS: ['batch'] }));
    for (const claims of [{ azp: 'batch' }, { client_id: 'batch' }]) {
      const token = await issuer.sign(key, NOW, { sub: undefined, ...claims });
      const { isAuthorized, context } = await ask(`Bearer ${token}`);
      expect(isAuthorized).toBe(true);
      expect(context).toMatchObject({ service: 'true', client_id: 'batch' });
      expect(context).not.toHaveProperty('subject');
    }
  });

  it('without a user, of another client, is let in as one that may name nobody', async () => {
    const key = await issuer.newKey('one');
    issuer.publish(key);
    const { ask } = authorizer(oidc({ RESTAPI_OIDC_SERVICE_CLIENTS: ['batch'] }));
    for (const claims of [{ azp: 'portal' }, {}]) {
      const token = await issuer.sign(key, NOW, { sub: undefined, ...claims });
      expect((await ask(`Bearer ${token}`)).context.service).toBe('false');
    }
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['of another issuer', { iss: 'https://evil.example.com' }, 'invalid_issuer'],
    ['without an issuer', { iss: undefined }, 'invalid_issuer'],
    ['for another audience', { aud: 'account' }, 'invalid_audience'],
    ['without an audience', { aud: undefined }, 'invalid_audience'],
    ['without expiry', { exp: undefined }, 'missing_expiry'],
    ['that has expired', { exp: SECONDS - 1 }, 'expired'],
    ['that is not valid yet', { nbf: SECONDS + 60 }, 'not_yet_valid'],
    ['with a number for a user', { sub: 17 }, 'invalid_user_claim'],
  ])('%s is refused', async (_, claims, reason) => {
    const key = await issuer.newKey('one');
    issuer.publish(key);
    expect(await refusal(oidc(), `Bearer ${await issuer.sign(key, NOW, claims)}`)).toBe(reason);
  });

  it('for several audiences is let in when ours is among them', async () => {
    const key = await issuer.newKey('one');
    issuer.publish(key);
    const token = await issuer.sign(key, NOW, { aud: ['account', 'workbench'] });
    expect(await refusal(oidc(), `Bearer ${token}`)).toBeUndefined();
  });

  it('signed by a key of somebody else under the same name is refused', async () => {
    issuer.publish(await issuer.newKey('one'));
    const token = await issuer.sign(await issuer.newKey('one'), NOW);
    expect(await refusal(oidc(), `Bearer ${token}`)).toBe('invalid_signature');
  });

  it("signed with the issuer's public key as a secret is refused", async () => {
    const key = await issuer.newKey('one');
    issuer.publish(key);
    const claims = { iss: issuer.issuer, aud: issuer.audience, sub: 'ada', exp: SECONDS + 60 };
    const token = await hs256(claims, await exportSPKI(key.publicKey));
    expect(await refusal(oidc(), `Bearer ${token}`)).toBe('unsupported_algorithm');
    expect(await refusal(oidc(jwtKey), `Bearer ${token}`)).toBe('invalid_signature');
  });

  it('that brings its own key is refused', async () => {
    issuer.publish(await issuer.newKey('one'));
    const own = await issuer.newKey('one');
    const claims = { iss: issuer.issuer, aud: issuer.audience, sub: 'ada', exp: SECONDS + 60 };
    const token = await new SignJWT(claims)
      .setProtectedHeader({
        alg: 'RS256',
        kid: 'one',
        jku: 'https://evil.example.com/keys',
        jwk: { kty: 'RSA' },
      })
      .sign(own.privateKey);
    expect(await refusal(oidc(), `Bearer ${token}`)).toBe('invalid_signature');
  });

  it('is let in beside static key and HS256, each by what it is', async () => {
    const key = await issuer.newKey('one');
    issuer.publish(key);
    const { ask } = authorizer(oidc({ ...staticKey, ...jwtKey }));
    const tokens = [STATIC_KEY, await hs256({ exp: SECONDS + 60 }), await issuer.sign(key, NOW)];
    for (const token of tokens) expect((await ask(`Bearer ${token}`)).isAuthorized).toBe(true);
  });

  it('fetches the keys once for many tokens', async () => {
    const key = await issuer.newKey('one');
    issuer.publish(key);
    const { ask } = authorizer(oidc());
    const token = await issuer.sign(key, NOW);
    await Promise.all(Array.from({ length: 10 }, () => ask(`Bearer ${token}`)));
    await ask(`Bearer ${token}`);
    expect(issuer.fetches).toBe(1);
  });

  it('of a new key is let in once the key can be fetched, and not fetched for at will', async () => {
    const [one, two] = [await issuer.newKey('one'), await issuer.newKey('two')];
    issuer.publish(one);
    const { ask } = authorizer(oidc());
    expect((await ask(`Bearer ${await issuer.sign(one, NOW)}`)).isAuthorized).toBe(true);
    issuer.publish(one, two);
    const token = await issuer.sign(two, NOW);
    expect((await ask(`Bearer ${token}`)).context.reason).toBe('unknown_signing_key');
    expect(issuer.fetches).toBe(1);
    vi.setSystemTime(NOW + 31_000);
    expect((await ask(`Bearer ${token}`)).isAuthorized).toBe(true);
    expect(issuer.fetches).toBe(2);
  });

  it('of a key that was withdrawn is refused once the keys are fetched anew', async () => {
    const [one, two] = [await issuer.newKey('one'), await issuer.newKey('two')];
    issuer.publish(one);
    const { ask } = authorizer(oidc());
    const token = await issuer.sign(one, NOW, { exp: SECONDS + 86_400 });
    expect((await ask(`Bearer ${token}`)).isAuthorized).toBe(true);
    issuer.publish(two);
    vi.setSystemTime(NOW + 601_000);
    expect((await ask(`Bearer ${token}`)).context.reason).toBe('unknown_signing_key');
  });

  it.each(['500', 'not json', 'not keys'] as const)(
    'is an error and not a refusal when the keys cannot be fetched (%s), until they can',
    async (how) => {
      const key = await issuer.newKey('one');
      issuer.publish(key);
      const { ask, telemetry } = authorizer(oidc());
      const token = await issuer.sign(key, NOW);
      issuer.break(how);
      await expect(ask(`Bearer ${token}`)).rejects.toThrow('the token could not be verified');
      expect(telemetry.counts.get('authorizer_failed')).toBe(1);
      expect(JSON.stringify(telemetry.lines)).not.toContain(token);
      issuer.break('no');
      expect((await ask(`Bearer ${token}`)).isAuthorized).toBe(true);
    },
  );

  it('is an error and not a refusal when nobody answers at the address of the keys', async () => {
    const key = await issuer.newKey('one');
    const token = await issuer.sign(key, NOW);
    const { ask } = authorizer(oidc());
    await issuer.close();
    await expect(ask(`Bearer ${token}`)).rejects.toThrow('the token could not be verified');
  });

  it('is an error when the keys do not come in time', async () => {
    const key = await issuer.newKey('one');
    issuer.break('silent');
    const { ask } = authorizer(oidc(), { jwksTimeoutMs: 50 });
    await expect(ask(`Bearer ${await issuer.sign(key, NOW)}`)).rejects.toThrow('the token could not be verified');
  });

  it('leaves static keys working while the issuer is down', async () => {
    issuer.break('500');
    expect(await refusal(oidc(staticKey), `Bearer ${STATIC_KEY}`)).toBeUndefined();
  });
});
