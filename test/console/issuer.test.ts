import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Issuer, type PageLocation } from '#console/src/issuer.ts';
import { SignInError } from '#console/src/sign-in-error.ts';
import { CLIENT_ID, FakeIssuer } from '#test/gate/sign-in/fake-issuer.ts';
import { memoryStorage } from './memory-storage.ts';

const ORIGIN = 'https://console.example.com';
const MINUTE_S = 60;

describe('the sign-in of the console at an issuer', () => {
  let fake: FakeIssuer;
  let storage: ReturnType<typeof memoryStorage>;
  let issuer: Issuer;

  beforeEach(async () => {
    fake = await FakeIssuer.start();
    storage = memoryStorage();
    issuer = new Issuer({ url: fake.url, clientId: CLIENT_ID, scopes: ['openid', 'api'] }, storage);
  });
  afterEach(async () => {
    vi.useRealTimers();
    await fake.close();
  });

  const at = (parts: Partial<PageLocation> = {}): PageLocation => ({
    origin: ORIGIN,
    search: '',
    hash: '',
    ...parts,
  });

  /** Signs in. @returns the screen to which the sign-in returned */
  async function signIn(hash = '#/usage'): Promise<string> {
    const asked = new URL(await issuer.begin(at({ hash })));
    return await issuer.finish(at({ search: `?${fake.authorize(asked)}` }));
  }

  const passSeconds = (seconds: number) =>
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });

  const kindOf = async (action: Promise<unknown>) =>
    await action.then(
      () => undefined,
      (error: unknown) => (error instanceof SignInError ? error.kind : error),
    );

  test('requests a code with PKCE, and returns to the screen of the beginning', async () => {
    const asked = new URL(await issuer.begin(at({ hash: '#/usage' })));
    expect(asked.href).toMatch(`${fake.url}/authorize?`);
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({
      response_type: 'code',
      client_id: CLIENT_ID,
      redirect_uri: `${ORIGIN}/`,
      scope: 'openid api',
      code_challenge_method: 'S256',
    });
    expect(await issuer.finish(at({ search: `?${fake.authorize(asked)}` }))).toBe('#/usage');
    expect(await issuer.accessToken()).toBe('opaque');
    // A public client: it sends its id and no secret.
    expect(fake.tokenRequest?.authorization).toBeUndefined();
    expect(fake.tokenRequest?.form.get('client_id')).toBe(CLIENT_ID);
  });

  test('keeps no token in the storage of the browser', async () => {
    fake.tokenFields = { refresh_token: 'refresh-1', expires_in: MINUTE_S };
    await signIn();
    expect(storage.texts()).toEqual([]);
  });

  test('refuses a way back that this tab has not begun, or with another state', async () => {
    const search = `?${fake.authorize(new URL(await issuer.begin(at())))}`;
    const other = new Issuer({ url: fake.url, clientId: CLIENT_ID, scopes: ['openid'] }, memoryStorage());
    expect(await kindOf(other.finish(at({ search })))).toBe('failed');
    await issuer.begin(at());
    expect(await kindOf(issuer.finish(at({ search })))).toBe('failed');
    expect(fake.tokenRequest).toBeUndefined();
  });

  test('refuses an ID token with another nonce, and a code that is sent twice', async () => {
    fake.claims = { nonce: 'another' };
    expect(await kindOf(signIn())).toBe('failed');
    fake.claims = {};
    const search = `?${fake.authorize(new URL(await issuer.begin(at())))}`;
    await issuer.finish(at({ search }));
    expect(await kindOf(issuer.finish(at({ search })))).toBe('failed');
  });

  test('says what the issuer says if it refuses the request', async () => {
    const state = new URL(await issuer.begin(at())).searchParams.get('state');
    const search = `?error=access_denied&error_description=not+a+member&state=${state}&iss=${encodeURIComponent(fake.url)}`;
    await expect(issuer.finish(at({ search }))).rejects.toMatchObject({
      kind: 'failed',
      detail: 'not a member',
    });
  });

  test('renews a token half a minute before it expires, once for concurrent requests', async () => {
    fake.tokenFields = { refresh_token: 'refresh-1', expires_in: MINUTE_S };
    await signIn();
    expect(await issuer.accessToken()).toBe('opaque');
    passSeconds(31);
    fake.tokenFields = { refresh_token: 'refresh-2', expires_in: MINUTE_S };
    expect(await Promise.all([issuer.accessToken(), issuer.accessToken()])).toEqual(['renewed', 'renewed']);
    expect(fake.tokenRequest?.form.get('refresh_token')).toBe('refresh-1');
    // The code and one renewal.
    expect(fake.requests.get('/token')).toBe(2);
    passSeconds(31);
    await issuer.accessToken();
    expect(fake.tokenRequest?.form.get('refresh_token')).toBe('refresh-2');
  });

  test('ends if the issuer refuses to renew, or has sent nothing to renew with', async () => {
    fake.tokenFields = { refresh_token: 'refresh-1', expires_in: MINUTE_S };
    await signIn();
    passSeconds(31);
    fake.tokenError = { status: 400, body: '{"error":"invalid_grant"}' };
    expect(await kindOf(issuer.accessToken())).toBe('ended');
    vi.useRealTimers();
    fake.tokenError = undefined;
    fake.tokenFields = { expires_in: MINUTE_S };
    await signIn();
    passSeconds(61);
    expect(await kindOf(issuer.accessToken())).toBe('ended');
  });

  test('uses a token to its end while the issuer is down', async () => {
    fake.tokenFields = { refresh_token: 'refresh-1', expires_in: MINUTE_S };
    await signIn();
    fake.isDown = true;
    passSeconds(40);
    expect(await issuer.accessToken()).toBe('opaque');
    passSeconds(21);
    expect(await kindOf(issuer.accessToken())).toBe('unreachable');
    fake.isDown = false;
    expect(await issuer.accessToken()).toBe('renewed');
  });

  test('is unreachable without a discovery document, and works again when there is one', async () => {
    fake.isDown = true;
    expect(await kindOf(issuer.begin(at()))).toBe('unreachable');
    fake.isDown = false;
    expect(await signIn()).toBe('#/usage');
  });

  test('ends at the issuer, which returns to the console', async () => {
    await signIn();
    const url = new URL((await issuer.signOut(at())) ?? '');
    expect(url.href).toMatch(`${fake.url}/logout?`);
    expect(url.searchParams.get('post_logout_redirect_uri')).toBe(`${ORIGIN}/`);
    expect(url.searchParams.get('id_token_hint')).toMatch(/^eyJ/);
    expect(await kindOf(issuer.accessToken())).toBe('ended');
  });

  test('ends in this tab only if the issuer has no address for it', async () => {
    fake.metadata = { end_session_endpoint: undefined };
    await signIn();
    expect(await issuer.signOut(at())).toBeUndefined();
    expect(await kindOf(issuer.accessToken())).toBe('ended');
  });
});
