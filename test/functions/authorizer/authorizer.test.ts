import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { exportSPKI, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTokenOf } from '#adapters/run-token.ts';
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
  WB_GROUPS_CLAIM: undefined,
};

function authorizer(settings: Partial<AuthorizerSettings>, options: AuthorizerOptions = {}) {
  const clock = new ManualClock(NOW);
  const telemetry = new RecordingTelemetry();
  const handle = build({ clock, telemetry }, { ...CLOSED, ...settings }, options);
  return {
    clock,
    telemetry,
    authorize: (header: string | undefined) =>
      handle(header === undefined ? {} : { identitySource: [header] }),
  };
}

/** Why the request is refused; undefined if it is authorized. */
async function refusal(settings: Partial<AuthorizerSettings>, header: string | undefined): Promise<unknown> {
  const { isAuthorized, context } = await authorizer(settings).authorize(header);
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

describe('without a key', () => {
  it('every request is refused', async () => {
    expect(await refusal({}, `Bearer ${STATIC_KEY}`)).toBe('no_key_configured');
    expect(await refusal({}, undefined)).toBe('no_key_configured');
  });

  it('every request is authorized with RESTAPI_AUTH=none', async () => {
    const response = await authorizer({ RESTAPI_AUTH: 'none' }).authorize(undefined);
    expect(response).toEqual({ isAuthorized: true, context: { kind: 'open' } });
  });
});

describe('the token of a run', () => {
  const run = { workbenchId: '01h0000000000000000000000a', runId: 'a1b2c3' };
  const options = { runKeys: async () => ['the key'] };

  it('is authorized as that of its run, and of no user', async () => {
    const { authorize } = authorizer(staticKey, options);
    expect(await authorize(`Bearer ${runTokenOf('the key', run)}`)).toEqual({
      isAuthorized: true,
      context: { kind: 'run', workbench_id: run.workbenchId, run_id: run.runId },
    });
  });

  it('is refused with another key, also where the API has no key of its own', async () => {
    const refused = { isAuthorized: false, context: { reason: 'invalid_run_token' } };
    const token = `Bearer ${runTokenOf('another key', run)}`;
    expect(await authorizer(staticKey, options).authorize(token)).toEqual(refused);
    expect(await authorizer({}).authorize(token)).toEqual(refused);
  });

  it('causes no refusal that could be cached while its keys cannot be fetched', async () => {
    const runKeys = () => Promise.reject(new Error('no response'));
    const { authorize } = authorizer(staticKey, { runKeys });
    await expect(authorize(`Bearer ${runTokenOf('the key', run)}`)).rejects.toThrow('could not be verified');
  });
});

describe('the static key', () => {
  it('is authorized with the scheme in any case', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
      const response = await authorizer(staticKey).authorize(`${scheme} ${STATIC_KEY}`);
      expect(response).toEqual({ isAuthorized: true, context: { kind: 'static_key' } });
    }
  });

  it.each([
    ['no header', undefined, 'missing_token'],
    ['an empty header', '', 'missing_token'],
    ['the scheme without a token', 'Bearer ', 'malformed_token'],
    ['the key without a scheme', STATIC_KEY, 'malformed_token'],
    ['another scheme', `Basic ${STATIC_KEY}`, 'malformed_token'],
    ['another key', 'Bearer correct-horse-batterY', 'invalid_static_key'],
    ['a prefix of the key', 'Bearer correct-horse', 'invalid_static_key'],
    ['the key with a suffix', `Bearer ${STATIC_KEY}y`, 'invalid_static_key'],
    ['the header sent twice', `Bearer ${STATIC_KEY},Bearer ${STATIC_KEY}`, 'malformed_token'],
    ['a token over 8 KiB', `Bearer ${'x'.repeat(8193)}`, 'token_too_long'],
    ['characters outside ASCII', 'Bearer correct-horse-bätterie', 'malformed_token'],
  ])('%s is refused', async (_, header, reason) => {
    expect(await refusal(staticKey, header)).toBe(reason);
  });

  it('is read from the header if the event has no identity source', async () => {
    const authorize = build(
      { clock: new ManualClock(NOW), telemetry: new RecordingTelemetry() },
      { ...CLOSED, ...staticKey },
    );
    const response = await authorize({
      identitySource: null,
      headers: { authorization: `Bearer ${STATIC_KEY}` },
    });
    expect(response.isAuthorized).toBe(true);
  });
});

describe('an HS256 token', () => {
  it('is authorized for its user, and trusted to act for other users', async () => {
    const token = await hs256({
      sub: 'ada',
      exp: SECONDS + 60,
      scope: 'openid workbench:admin',
      azp: 'portal',
    });
    expect(await authorizer(jwtKey).authorize(`Bearer ${token}`)).toEqual({
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

  it('is authorized without a user claim', async () => {
    const { isAuthorized, context } = await authorizer(jwtKey).authorize(
      `Bearer ${await hs256({ exp: SECONDS + 60 })}`,
    );
    expect(isAuthorized).toBe(true);
    expect(context).not.toHaveProperty('subject');
  });

  it('contains its user in the configured claim', async () => {
    const token = await hs256({ sub: '17', email: 'ada@example.com', exp: SECONDS + 60 });
    const { context } = await authorizer({ ...jwtKey, RESTAPI_USER_CLAIM: 'email' }).authorize(
      `Bearer ${token}`,
    );
    expect(context.subject).toBe('ada@example.com');
  });

  it('contains the groups of its user in the configured claim', async () => {
    const token = await hs256({ sub: 'ada', teams: ['b c', 'a', 'b c', 7, ''], exp: SECONDS + 60 });
    const { authorize, telemetry } = authorizer({ ...jwtKey, WB_GROUPS_CLAIM: 'teams' });
    const { context } = await authorize(`Bearer ${token}`);
    expect(context.groups).toBe('["a","b c"]');
    expect(telemetry.fields.get('some groups of a token do not count')).toEqual({ groups: 2, ignored: 2 });
  });

  it.each<[string, JWTPayload, string | undefined]>([
    ['without the setting', { sub: 'ada', groups: ['a'] }, undefined],
    ['without a user', { groups: ['a'] }, 'groups'],
    ['without the claim', { sub: 'ada' }, 'groups'],
    ['with a claim that is a property of Object.prototype', { sub: 'ada' }, 'constructor'],
  ])('has no groups %s', async (_, claims, groupsClaim) => {
    const token = await hs256({ ...claims, exp: SECONDS + 60 });
    const { isAuthorized, context } = await authorizer({ ...jwtKey, WB_GROUPS_CLAIM: groupsClaim }).authorize(
      `Bearer ${token}`,
    );
    expect(isAuthorized).toBe(true);
    expect(context).not.toHaveProperty('groups');
  });

  it('has no user if the configured claim is a property of Object.prototype', async () => {
    const token = await hs256({ exp: SECONDS + 60 });
    const { isAuthorized, context } = await authorizer({
      ...jwtKey,
      RESTAPI_USER_CLAIM: 'constructor',
    }).authorize(`Bearer ${token}`);
    expect(isAuthorized).toBe(true);
    expect(context).not.toHaveProperty('subject');
  });

  it.each<[string, JWTPayload, string]>([
    ['without expiry', { sub: 'ada' }, 'missing_expiry'],
    ['with an expiry that is not a number', { exp: 'tomorrow' as unknown as number }, 'missing_expiry'],
    ['with an expiry after the year 9999', { exp: 1e300 }, 'invalid_claims'],
    ['that has expired', { exp: SECONDS - 1 }, 'expired'],
    ['that expires now', { exp: SECONDS }, 'expired'],
    ['that is not valid yet', { exp: SECONDS + 60, nbf: SECONDS + 6 }, 'not_yet_valid'],
    ['that was issued in the future', { exp: SECONDS + 60, iat: SECONDS + 6 }, 'not_yet_valid'],
    [
      'with a time of issue that is not a number',
      { exp: SECONDS + 60, iat: 'now' as unknown as number },
      'invalid_claims',
    ],
    ['that has expired and is not valid yet', { exp: SECONDS - 1, nbf: SECONDS + 5 }, 'expired'],
    ['with a number as user', { exp: SECONDS + 60, sub: 17 as unknown as string }, 'invalid_user_claim'],
    ['with null as user', { exp: SECONDS + 60, sub: null as unknown as string }, 'invalid_user_claim'],
    ['with a list as user', { exp: SECONDS + 60, sub: ['ada'] as unknown as string }, 'invalid_user_claim'],
    ['with an empty user', { exp: SECONDS + 60, sub: '' }, 'invalid_user_claim'],
    ['with a user that is too long', { exp: SECONDS + 60, sub: 'x'.repeat(97) }, 'invalid_user_claim'],
    ['with a control character in the user', { exp: SECONDS + 60, sub: 'ada\n' }, 'invalid_user_claim'],
  ])('%s is refused', async (_, claims, reason) => {
    expect(await refusal(jwtKey, `Bearer ${await hs256(claims)}`)).toBe(reason);
  });

  it.each<[string, JWTPayload]>([
    ['valid from now on', { nbf: SECONDS, iat: SECONDS }],
    ['of an issuer whose clock is 5 s ahead', { nbf: SECONDS + 5, iat: SECONDS + 5 }],
    ['that expires in a second', { exp: SECONDS + 1 }],
    ['that was issued years ago', { iat: SECONDS - 100_000_000 }],
  ])('%s is authorized', async (_, claims) => {
    const token = await hs256({ exp: SECONDS + 60, ...claims });
    expect(await refusal(jwtKey, `Bearer ${token}`)).toBeUndefined();
  });

  it('signed with another secret is refused', async () => {
    const token = await hs256({ exp: SECONDS + 60 }, 'another-secret-of-32-characters!!');
    expect(await refusal(jwtKey, `Bearer ${token}`)).toBe('invalid_signature');
  });

  it('with changed claims is refused', async () => {
    const [head, , signature] = (await hs256({ sub: 'ada', exp: SECONDS + 60 })).split('.');
    const claims = Buffer.from(JSON.stringify({ sub: 'bob', exp: SECONDS + 60 })).toString('base64url');
    expect(await refusal(jwtKey, `Bearer ${head}.${claims}.${signature}`)).toBe('invalid_signature');
  });

  it('signed with the same secret and another hash is refused', async () => {
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

  it('is refused if only a static key is configured', async () => {
    expect(await refusal(staticKey, `Bearer ${await hs256({ exp: SECONDS + 60 })}`)).toBe(
      'invalid_static_key',
    );
  });

  it.each(['x', 'a.b', 'a.b.c', '..', 'eyJhbGciOiJIUzI1NiJ9..', 'eyJhbGciOiJIUzI1NiJ9.e30.', 'e30.e30.e30'])(
    'is refused if it is malformed: %j',
    async (garbage) => {
      expect(await refusal(jwtKey, `Bearer ${garbage}`)).toMatch(/^(malformed_token|invalid_signature)$/);
    },
  );

  it('never causes an error', async () => {
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

  it('appears in no metric and no log line', async () => {
    const { authorize, telemetry } = authorizer(jwtKey);
    const token = await hs256({ sub: 'ada' });
    await authorize(`Bearer ${token}`);
    expect(telemetry.counts.get('authorizer_refused')).toBe(1);
    expect(JSON.stringify([telemetry.lines, [...telemetry.counts]])).not.toContain(token);
  });
});

describe('an OpenID Connect token', () => {
  let issuer: Awaited<ReturnType<typeof startIssuer>>;

  beforeEach(async () => {
    issuer = await startIssuer();
  });

  afterEach(async () => {
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

  it.each(['RS256', 'PS256', 'ES256', 'ES384'])('is authorized for its user (%s)', async (algorithm) => {
    const key = await issuer.newKey('one', algorithm);
    issuer.publish(key);
    const token = await issuer.sign(key, NOW, { azp: 'portal', scope: 'openid profile' });
    expect(await authorizer(oidc()).authorize(`bearer ${token}`)).toEqual({
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

  it('of a configured service can act for any user, with either client claim', async () => {
    const key = await issuer.newKey('one');
    issuer.publish(key);
    const { authorize } = authorizer(oidc({ RESTAPI_OIDC_SERVICE_CLIENTS: ['batch'] }));
    for (const claims of [{ azp: 'batch' }, { client_id: 'batch' }]) {
      const token = await issuer.sign(key, NOW, { sub: undefined, ...claims });
      const { isAuthorized, context } = await authorize(`Bearer ${token}`);
      expect(isAuthorized).toBe(true);
      expect(context).toMatchObject({ service: 'true', client_id: 'batch' });
      expect(context).not.toHaveProperty('subject');
    }
  });

  it('without a user claim, of another client, is authorized but cannot act for other users', async () => {
    const key = await issuer.newKey('one');
    issuer.publish(key);
    const { authorize } = authorizer(oidc({ RESTAPI_OIDC_SERVICE_CLIENTS: ['batch'] }));
    for (const claims of [{ azp: 'portal' }, {}]) {
      const token = await issuer.sign(key, NOW, { sub: undefined, ...claims });
      expect((await authorize(`Bearer ${token}`)).context.service).toBe('false');
    }
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['of another issuer', { iss: 'https://evil.example.com' }, 'invalid_issuer'],
    ['without an issuer', { iss: undefined }, 'invalid_issuer'],
    ['for another audience', { aud: 'account' }, 'invalid_audience'],
    ['without an audience', { aud: undefined }, 'invalid_audience'],
    ['without expiry', { exp: undefined }, 'missing_expiry'],
    ['that has expired', { exp: SECONDS - 1 }, 'expired'],
    ['that expires now', { exp: SECONDS }, 'expired'],
    ['that is not valid yet', { nbf: SECONDS + 6 }, 'not_yet_valid'],
    ['that was issued in the future', { iat: SECONDS + 6 }, 'not_yet_valid'],
    ['with a number as user', { sub: 17 }, 'invalid_user_claim'],
  ])('%s is refused', async (_, claims, reason) => {
    const key = await issuer.newKey('one');
    issuer.publish(key);
    expect(await refusal(oidc(), `Bearer ${await issuer.sign(key, NOW, claims)}`)).toBe(reason);
  });

  it('of an issuer whose clock is 5 s ahead is authorized', async () => {
    const key = await issuer.newKey('one');
    issuer.publish(key);
    const token = await issuer.sign(key, NOW, { nbf: SECONDS + 5, iat: SECONDS + 5 });
    expect(await refusal(oidc(), `Bearer ${token}`)).toBeUndefined();
  });

  it('for several audiences is authorized if one of them is configured', async () => {
    const key = await issuer.newKey('one');
    issuer.publish(key);
    const token = await issuer.sign(key, NOW, { aud: ['account', 'workbench'] });
    expect(await refusal(oidc(), `Bearer ${token}`)).toBeUndefined();
  });

  it('signed with another key that has the same id is refused', async () => {
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

  it('that contains its own key is refused', async () => {
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

  it('is authorized together with static key and HS256, each by its own verifier', async () => {
    const key = await issuer.newKey('one');
    issuer.publish(key);
    const { authorize } = authorizer(oidc({ ...staticKey, ...jwtKey }));
    const tokens = [STATIC_KEY, await hs256({ exp: SECONDS + 60 }), await issuer.sign(key, NOW)];
    for (const token of tokens) expect((await authorize(`Bearer ${token}`)).isAuthorized).toBe(true);
  });

  it('fetches the keys once for many tokens', async () => {
    const key = await issuer.newKey('one');
    issuer.publish(key);
    const { authorize } = authorizer(oidc());
    const token = await issuer.sign(key, NOW);
    await Promise.all(Array.from({ length: 10 }, () => authorize(`Bearer ${token}`)));
    await authorize(`Bearer ${token}`);
    expect(issuer.fetches).toBe(1);
  });

  it('with a new key is authorized once the key is fetched, at most once per cooldown', async () => {
    const [one, two] = [await issuer.newKey('one'), await issuer.newKey('two')];
    issuer.publish(one);
    const { authorize, clock } = authorizer(oidc());
    expect((await authorize(`Bearer ${await issuer.sign(one, NOW)}`)).isAuthorized).toBe(true);
    issuer.publish(one, two);
    const token = await issuer.sign(two, NOW);
    expect((await authorize(`Bearer ${token}`)).context.reason).toBe('unknown_signing_key');
    expect(issuer.fetches).toBe(1);
    clock.advance(30_000);
    expect((await authorize(`Bearer ${token}`)).isAuthorized).toBe(true);
    expect(issuer.fetches).toBe(2);
  });

  it('with a withdrawn key is refused after the next fetch of the keys', async () => {
    const [one, two] = [await issuer.newKey('one'), await issuer.newKey('two')];
    issuer.publish(one);
    const { authorize, clock } = authorizer(oidc());
    const token = await issuer.sign(one, NOW, { exp: SECONDS + 86_400 });
    expect((await authorize(`Bearer ${token}`)).isAuthorized).toBe(true);
    issuer.publish(two);
    clock.advance(600_000);
    expect((await authorize(`Bearer ${token}`)).context.reason).toBe('unknown_signing_key');
  });

  it.each(['500', 'not json', 'not keys'] as const)(
    'causes an error, not a refusal, while the keys cannot be fetched (%s)',
    async (how) => {
      const key = await issuer.newKey('one');
      issuer.publish(key);
      const { authorize, clock, telemetry } = authorizer(oidc());
      const token = await issuer.sign(key, NOW);
      issuer.break(how);
      await expect(authorize(`Bearer ${token}`)).rejects.toThrow('the token could not be verified');
      expect(telemetry.counts.get('authorizer_failed')).toBe(1);
      expect(JSON.stringify(telemetry.lines)).not.toContain(token);
      issuer.break('no');
      clock.advance(30_000);
      expect((await authorize(`Bearer ${token}`)).isAuthorized).toBe(true);
    },
  );

  it('causes an error, not a refusal, if the issuer cannot be reached', async () => {
    const key = await issuer.newKey('one');
    const token = await issuer.sign(key, NOW);
    const { authorize } = authorizer(oidc());
    await issuer.close();
    await expect(authorize(`Bearer ${token}`)).rejects.toThrow('the token could not be verified');
  });

  it('causes an error if the issuer responds too late', async () => {
    const key = await issuer.newKey('one');
    issuer.break('silent');
    const { authorize } = authorizer(oidc(), { jwksTimeoutMs: 50 });
    await expect(authorize(`Bearer ${await issuer.sign(key, NOW)}`)).rejects.toThrow(
      'the token could not be verified',
    );
  });

  it('is independent of static keys, which work while the issuer is down', async () => {
    issuer.break('500');
    expect(await refusal(oidc(staticKey), `Bearer ${STATIC_KEY}`)).toBeUndefined();
  });
});
