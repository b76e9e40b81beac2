import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { groupIdOf } from '#adapters/group-id.ts';
import { CLOCK_SKEW_MAX_MS } from '#core/ports/clock.ts';
import { SESSION_LIFETIME_MS } from '#core/ports/session-cutoff-store.ts';
import { OidcIssuer } from '#gate/sign-in/issuer.ts';
import { IssuerSignIn } from '#gate/sign-in/issuer-sign-in.ts';
import { ATTEMPT_LIFETIME_MS, SignInAttempts } from '#gate/sign-in/sign-in-attempts.ts';
import { Browser, locationOf } from './browser.ts';
import { CLIENT_ID, FakeIssuer } from './fake-issuer.ts';
import { GROUPS_MAX_AGE_MS, type SignInHost, startSignInHost, WID } from './sign-in-host.ts';

const LOGOUT_EVENTS = { 'http://schemas.openid.net/event/backchannel-logout': {} };

let issuer: FakeIssuer;
let host: SignInHost;
let browser: Browser;
let signIn: IssuerSignIn;

async function start(mode: 'host' | 'prefix', { userClaim = 'sub', clientSecret = '' } = {}): Promise<void> {
  host = await startSignInHost(mode, (parts, origin) => {
    signIn = new IssuerSignIn({
      ...parts,
      issuer: new OidcIssuer({
        issuer: issuer.url,
        clientId: CLIENT_ID,
        clientSecret: clientSecret === '' ? undefined : clientSecret,
        scopes: ['openid', 'profile'],
        callbackUrl: `${origin}/.wb/callback`,
        clock: parts.clock,
      }),
      attempts: new SignInAttempts(parts.seal, parts.clock),
      forgetCutoffs: (userId) => parts.visitors.forget(userId),
      claims: { userClaim, adminClaim: 'roles', adminScope: 'workbench:admin', groupsClaim: 'groups' },
    });
    return signIn.routes;
  });
}

beforeEach(async () => {
  issuer = await FakeIssuer.start();
  browser = new Browser();
  await start('host');
});

afterEach(async () => {
  await host.close();
  await issuer.close();
});

/** Begins a sign-in. @returns where the issuer sends the browser back */
async function begin(path = '/lab'): Promise<URL> {
  const location = locationOf(await browser.get(host.loginUrl(host.workbenchUrl(path))));
  const callback = new URL(`${host.origin}/.wb/callback`);
  callback.search = issuer.authorize(location).toString();
  return callback;
}

async function complete(path?: string): Promise<Response> {
  return browser.get(await begin(path));
}

/** Returns the failed sign-ins that were counted, by reason. */
function failures() {
  const prefix = 'sign_in_failed.';
  const counted = [...host.telemetry.countsBy].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(counted.map(([name, value]) => [name.slice(prefix.length), value]));
}

/** Burns the ticket in a location. */
function burn(location: URL) {
  const hash = createHash('sha256')
    .update(location.searchParams.get('t') ?? '')
    .digest('base64url');
  return host.tickets.burn(hash);
}

function logOut(token: string): Promise<Response> {
  return fetch(`${host.origin}/.wb/backchannel-logout`, {
    method: 'POST',
    body: new URLSearchParams({ logout_token: token }),
  });
}

describe('the sign-in at an issuer', () => {
  it('asks the issuer for a code with PKCE, state and nonce', async () => {
    const asked = locationOf(await browser.get(host.loginUrl(host.workbenchUrl('/lab')))).searchParams;
    expect(Object.fromEntries(asked)).toEqual({
      client_id: CLIENT_ID,
      response_type: 'code',
      redirect_uri: `${host.origin}/.wb/callback`,
      scope: 'openid profile',
      state: expect.stringMatching(/^[\w-]{40,}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
    expect(browser.cookiesOf(host.origin)).toEqual(['__Host-wb_l']);
  });

  it('leads to the workbench with a ticket', async () => {
    const response = await complete('/lab/tree/a.ipynb?x=1');
    const location = locationOf(response);
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(`${location.origin}${location.pathname}`).toBe(host.workbenchUrl('/.wb/enter'));
    expect(location.searchParams.get('p')).toBe('/lab/tree/a.ipynb?x=1');
    const now = host.clock.now();
    expect(await burn(location)).toEqual({
      hash: expect.any(String),
      workbenchId: WID,
      userId: 'subject-of-ann',
      admin: false,
      issuerSession: 'sid-1',
      signedInAt: now,
      sessionExpiresAt: now + SESSION_LIFETIME_MS,
      expiresAt: now + 60_000,
    });
  });

  it('begins a session although a clock that was ahead has stored a cutoff in the future', async () => {
    const cutoff = host.clock.now() + 60_000;
    await host.cutoffs.raise('subject-of-ann', cutoff);
    expect(await burn(locationOf(await complete()))).toMatchObject({ signedInAt: cutoff + 1 });
  });

  it('binds the ticket to the browser that asked for the workbench', async () => {
    const binding = 'b'.repeat(43);
    const login = `${host.loginUrl(host.workbenchUrl('/lab'))}&b=${binding}`;
    const callback = new URL(`${host.origin}/.wb/callback`);
    callback.search = issuer.authorize(locationOf(await browser.get(login))).toString();
    expect(await burn(locationOf(await browser.get(callback)))).toMatchObject({ browser: binding });
    expect(await burn(locationOf(await browser.get(callback)))).toMatchObject({ browser: binding });
    expect(await burn(locationOf(await browser.get(login)))).toMatchObject({ browser: binding });
    expect(await burn(locationOf(await browser.get(`${login}x`)))).not.toHaveProperty('browser');
  });

  it('leads to the path of the workbench if all workbenches share a host', async () => {
    await host.close();
    await start('prefix');
    const location = locationOf(await complete('/lab?x=1'));
    expect(location.href).toBe(`${host.origin}/project/${WID}/lab?x=1`);
    expect(host.tickets.size).toBe(0);
    expect(browser.cookiesOf(host.origin)).toContain('__Host-wb_u');
  });

  it('asks the issuer once: the next workbench follows at once', async () => {
    await complete();
    const location = locationOf(await browser.get(host.loginUrl(host.workbenchUrl('/other'))));
    expect(location.pathname).toBe('/.wb/enter');
    expect(await burn(location)).toMatchObject({ userId: 'subject-of-ann', issuerSession: 'sid-1' });
    expect(issuer.requests.get('/token')).toBe(1);
  });

  it('asks again when the session has ended', async () => {
    await complete();
    host.clock.advance(SESSION_LIFETIME_MS);
    const location = locationOf(await browser.get(host.loginUrl(host.workbenchUrl())));
    expect(location.origin).toBe(new URL(issuer.url).origin);
  });

  it('works in several tabs at the same time', async () => {
    const [first, second] = [await begin('/first'), await begin('/second')];
    expect(locationOf(await browser.get(second)).searchParams.get('p')).toBe('/second');
    expect(locationOf(await browser.get(first)).searchParams.get('p')).toBe('/first');
  });

  it('leads on when the page after the sign-in is loaded again', async () => {
    const callback = await begin('/lab');
    await browser.get(callback);
    expect(locationOf(await browser.get(callback)).searchParams.get('p')).toBe('/lab');
    expect(issuer.requests.get('/token')).toBe(1);
  });

  it.each([
    ['the secret of the client in the body', ['client_secret_post'], 'a secret', null],
    ['the secret of the client in a header', ['client_secret_basic'], null, 'Basic Z2F0ZTphK3NlY3JldA=='],
  ])('sends %s if the issuer takes it there', async (_, methods, secret, header) => {
    await host.close();
    issuer.metadata = { token_endpoint_auth_methods_supported: methods };
    await start('host', { clientSecret: 'a secret' });
    await complete();
    expect(issuer.tokenRequest?.form.get('client_secret')).toBe(secret);
    expect(issuer.tokenRequest?.authorization ?? null).toBe(header);
  });

  it.each([
    ['nothing', ''],
    ['another site', 'https://evil.example/'],
    ['a name that begins with the host of a workbench', `http://${WID}.localhost.evil.example/`],
    ['a user name before another host', `http://${WID}.localhost@evil.example/`],
    ['a path without a host', '//evil.example/'],
    ['a script', 'javascript:alert(1)'],
    ['another port', `http://${WID}.localhost:1/`],
    ['a backslash', `http://${WID}.localhost\\@evil.example/`],
    ['the sign-in host', 'http://localhost/'],
  ])('refuses %s as the URL to return to', async (_, url) => {
    const response = await browser.get(host.loginUrl(url));
    expect(response.status).toBe(400);
    expect(response.headers.has('location')).toBe(false);
    expect(issuer.requests.size).toBe(0);
  });

  describe('refuses the way back from the issuer', () => {
    it('in a browser that did not begin it', async () => {
      const callback = await begin();
      for (const other of [new Browser(), await withAttemptOfItsOwn()]) {
        expect((await other.get(callback)).status).toBe(400);
        expect(other.cookiesOf(host.origin)).not.toContain('__Host-wb_u');
      }
      expect(issuer.requests.get('/token')).toBeUndefined();
    });

    it('with a state that was changed or left out', async () => {
      const callback = await begin();
      const state = callback.searchParams.get('state') ?? '';
      const changed = `${state.slice(0, 60)}${state[60] === 'A' ? 'B' : 'A'}${state.slice(61)}`;
      for (const value of [changed, '', 'A', 'A'.repeat(5000), undefined]) {
        if (value === undefined) callback.searchParams.delete('state');
        else callback.searchParams.set('state', value);
        expect((await browser.get(callback)).status).toBe(400);
      }
      expect(issuer.requests.get('/token')).toBeUndefined();
    });

    it('more than ten minutes later', async () => {
      const callback = await begin();
      host.clock.advance(ATTEMPT_LIFETIME_MS);
      expect((await browser.get(callback)).status).toBe(400);
      expect(failures()).toEqual({ invalid: 1 });
    });

    it('of another issuer', async () => {
      const callback = await begin();
      callback.searchParams.set('iss', 'https://evil.example');
      expect((await browser.get(callback)).status).toBe(400);
      expect(issuer.requests.get('/token')).toBeUndefined();
    });

    it.each([
      ['a nonce of another sign-in', { nonce: 'other' }],
      ['another audience', { aud: 'other' }],
      ['another issuer', { iss: 'https://evil.example' }],
      ['a time that has passed', { exp: Math.floor(Date.now() / 1000) - 600 }],
    ])('with an ID token for %s', async (_, claims) => {
      issuer.claims = claims;
      const response = await complete();
      expect(response.status).toBe(400);
      expect(browser.cookiesOf(host.origin)).toEqual(['__Host-wb_l']);
      expect(host.tickets.size).toBe(0);
    });
  });

  describe('shows', () => {
    it('that the issuer does not respond, and tries again', async () => {
      issuer.isDown = true;
      const login = host.loginUrl(host.workbenchUrl());
      const response = await browser.get(login);
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('30');
      expect(await response.text()).toContain('does not respond');
      issuer.isDown = false;
      expect((await browser.get(login)).status).toBe(503);
      expect(issuer.requests.get('/.well-known/openid-configuration')).toBe(1);
      host.clock.advance(2_000);
      expect(locationOf(await browser.get(login)).href).toContain(issuer.url);
    });

    it('the cause of a discovery document that it cannot read in the log', async () => {
      issuer.isDown = true;
      await browser.get(host.loginUrl(host.workbenchUrl()));
      expect(host.telemetry.fields.get('a user cannot sign in: the issuer cannot be used')).toEqual({
        issuer: issuer.url,
        code: 'OAUTH_RESPONSE_IS_NOT_CONFORM',
        problem: 'unexpected HTTP response status code',
      });
    });

    it('that the issuer does not listen', async () => {
      await issuer.close();
      expect((await browser.get(host.loginUrl(host.workbenchUrl()))).status).toBe(503);
      expect(host.telemetry.lines).toEqual([
        { level: 'warn', message: 'a user cannot sign in: the issuer cannot be used' },
      ]);
      expect(host.telemetry.fields.get('a user cannot sign in: the issuer cannot be used')).toMatchObject({
        issuer: issuer.url,
        code: 'ECONNREFUSED',
      });
      expect(failures()).toEqual({ unavailable: 1 });
    });

    it.each([
      [{ status: 500, body: '{"error":"server_error"}' }, 503, 'does not respond', 'unavailable'],
      [{ status: 200, body: 'no JSON' }, 503, 'does not respond', 'unavailable'],
      [{ status: 401, body: '{"error":"invalid_client"}' }, 503, 'not set up correctly', 'misconfigured'],
      [{ status: 400, body: '{"error":"invalid_grant"}' }, 400, 'The sign-in failed', 'invalid'],
    ])('what the response %j to the code means, and counts it', async (error, status, text, reason) => {
      issuer.tokenError = error;
      const response = await complete();
      expect(response.status).toBe(status);
      expect(await response.text()).toContain(text);
      expect(browser.cookiesOf(host.origin)).toEqual(['__Host-wb_l']);
      expect(failures()).toEqual({ [reason]: 1 });
    });

    it.each([
      ['access_denied', 403, 'did not admit you', 'refused'],
      ['temporarily_unavailable', 503, 'does not respond', 'unavailable'],
      ['unauthorized_client', 503, 'not set up correctly', 'misconfigured'],
    ])('what the error %s of the issuer means, and counts it', async (error, status, text, reason) => {
      const callback = await begin('/lab');
      callback.searchParams.delete('code');
      callback.searchParams.set('error', error);
      callback.searchParams.set('error_description', '<script>alert(1)</script>');
      const response = await browser.get(callback);
      expect(response.status).toBe(status);
      const page = await response.text();
      expect(page).toContain(text);
      expect(page).not.toContain('script>');
      expect(failures()).toEqual({ [reason]: 1 });
    });

    it('which claim the ID token lacks', async () => {
      await host.close();
      await start('host', { userClaim: 'email' });
      const response = await complete();
      expect(response.status).toBe(403);
      expect(await response.text()).toContain('email');
      expect(host.telemetry.fields.get('the ID token has no user_id')).toEqual({ claim: 'email' });
      expect(failures()).toEqual({ claim_missing: 1 });
      expect(browser.cookiesOf(host.origin)).toEqual(['__Host-wb_l']);
    });
  });

  it('reads the user from the same claim as the API, and administrators from theirs', async () => {
    await host.close();
    await start('host', { userClaim: 'preferred_username' });
    issuer.claims = { roles: ['other', 'workbench:admin'] };
    const ticket = await burn(locationOf(await complete()));
    expect(ticket).toMatchObject({ userId: 'ann', admin: true, issuerSubject: 'subject-of-ann' });
  });

  it('reads the groups of the user into the ticket and the session, and says which do not count', async () => {
    issuer.claims = { groups: ['staff', 'data science', ''] };
    const first = await burn(locationOf(await complete()));
    expect(first?.groups).toEqual(['data science', 'staff'].map(groupIdOf));
    expect(host.telemetry.fields.get('some groups of a user do not count')).toEqual({ ignoredGroups: 1 });
    // The browser has a session now, so that the next ticket comes from its cookie.
    const again = await burn(locationOf(await browser.get(host.loginUrl(host.workbenchUrl('/lab')))));
    expect(again?.groups).toEqual(first?.groups);
  });

  it('asks the issuer again for a user whose groups have expired, and forgets a group that was lost', async () => {
    issuer.claims = { groups: ['staff'] };
    await complete('/lab');
    host.clock.advance(GROUPS_MAX_AGE_MS - 1);
    const before = locationOf(await browser.get(host.loginUrl(host.workbenchUrl('/lab'))));
    expect((await burn(before))?.groups).toEqual([groupIdOf('staff')]);
    host.clock.advance(1);
    issuer.claims = { groups: ['guests'] };
    const after = await burn(locationOf(await complete('/lab')));
    expect(after).toMatchObject({ groups: [groupIdOf('guests')], signedInAt: host.clock.now() });
    const next = await burn(locationOf(await browser.get(host.loginUrl(host.workbenchUrl('/lab')))));
    expect(next?.groups).toEqual([groupIdOf('guests')]);
  });

  it('uses the last discovery document of an issuer that no longer responds', async () => {
    await complete();
    host.clock.advance(SESSION_LIFETIME_MS);
    issuer.isDown = true;
    const location = locationOf(await browser.get(host.loginUrl(host.workbenchUrl())));
    expect(location.href).toContain(`${issuer.url}/authorize`);
    expect(issuer.requests.get('/.well-known/openid-configuration')).toBe(2);
  });
});

async function withAttemptOfItsOwn(): Promise<Browser> {
  const other = new Browser();
  await other.get(host.loginUrl(host.workbenchUrl()));
  return other;
}

describe('the sign-out at the issuer', () => {
  it('ends a session of the user, and no other', async () => {
    await complete();
    const token = await issuer.sign({ sid: 'sid-1', jti: 'a', events: LOGOUT_EVENTS }, 'logout+jwt');
    const response = await logOut(token);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await host.cutoffs.read('subject-of-ann')).toEqual({
      byIssuerSession: { 'sid-1': host.clock.now() + CLOCK_SKEW_MAX_MS },
    });
    const location = locationOf(await browser.get(host.loginUrl(host.workbenchUrl())));
    expect(location.href).toContain(issuer.url);
  });

  it('ends all sessions if the token names none', async () => {
    await logOut(await issuer.sign({ jti: 'a', events: LOGOUT_EVENTS }));
    expect(await host.cutoffs.read('subject-of-ann')).toEqual({
      all: host.clock.now() + CLOCK_SKEW_MAX_MS,
      byIssuerSession: {},
    });
  });

  it('ends the session of a user whose user_id is another claim', async () => {
    await host.close();
    await start('host', { userClaim: 'preferred_username' });
    await complete();
    await logOut(await issuer.sign({ sid: 'sid-1', jti: 'a', events: LOGOUT_EVENTS }));
    const location = locationOf(await browser.get(host.loginUrl(host.workbenchUrl())));
    expect(location.href).toContain(issuer.url);
    // A user whose user_id is this sub is another one.
    expect(await host.cutoffs.read('subject-of-ann')).toEqual({ byIssuerSession: {} });
  });

  it('ends no session of a user whose user_id is the sub of another user', async () => {
    await host.close();
    await start('host', { userClaim: 'preferred_username' });
    await complete();
    await host.cutoffs.raise('subject-of-ann', host.clock.now() + CLOCK_SKEW_MAX_MS);
    const location = locationOf(await browser.get(host.loginUrl(host.workbenchUrl())));
    expect(location.pathname).toBe('/.wb/enter');
  });

  it('ends a session that began by a clock that is ahead, and none that begins after it', async () => {
    await complete();
    // Half of it, because the issuer of this test has the clock of the system.
    host.clock.set(-CLOCK_SKEW_MAX_MS / 2);
    await logOut(await issuer.sign({ sid: 'sid-1', jti: 'a', events: LOGOUT_EVENTS }));
    const again = locationOf(await browser.get(host.loginUrl(host.workbenchUrl())));
    expect(again.href).toContain(issuer.url);
    // The issuer may keep the session id.
    await complete();
    const location = locationOf(await browser.get(host.loginUrl(host.workbenchUrl())));
    expect(location.pathname).toBe('/.wb/enter');
  });

  it.each([
    ['an ID token', { nonce: 'n', events: undefined }],
    ['a token with a nonce', { nonce: 'n' }],
    ['a token without the event', { events: { other: {} } }],
    ['a token with a list of events', { events: Object.keys(LOGOUT_EVENTS) }],
    ['a token for another client', { aud: 'other' }],
    ['a token of another issuer', { iss: 'https://evil.example' }],
    ['a token without an id', { jti: undefined }],
    ['a token without a time', { iat: undefined }],
    ['a token that has expired', { exp: Math.floor(Date.now() / 1000) - 60 }],
    ['an old token', { iat: Math.floor(Date.now() / 1000) - 3600 }],
    ['a token without a user', { sub: undefined, sid: 'sid-1' }],
    ['a token with a session that is no text', { sid: 1 }],
  ])('refuses %s', async (_, claims) => {
    const token = await issuer.sign({ jti: 'a', events: LOGOUT_EVENTS, ...claims });
    const response = await logOut(token);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: 'invalid_request' });
    expect(await host.cutoffs.read('subject-of-ann')).toEqual({ byIssuerSession: {} });
  });

  it('refuses a token with another signature, and no token', async () => {
    const token = await issuer.sign({ jti: 'a', events: LOGOUT_EVENTS });
    await issuer.rotateKeys('first');
    for (const body of [token, `${token.split('.').slice(0, 2).join('.')}.`, '', 'x']) {
      expect((await logOut(body)).status).toBe(400);
    }
    const large = await logOut('x'.repeat(20_000));
    expect(large.status).toBe(400);
    expect(await host.cutoffs.read('subject-of-ann')).toEqual({ byIssuerSession: {} });
  });

  it('says that it failed while the keys cannot be read', async () => {
    const token = await issuer.sign({ jti: 'a', events: LOGOUT_EVENTS });
    await begin();
    issuer.isDown = true;
    expect((await logOut(token)).status).toBe(503);
    expect(host.telemetry.fields.get('a logout token was refused')).toMatchObject({ kind: 'unavailable' });
  });
});
