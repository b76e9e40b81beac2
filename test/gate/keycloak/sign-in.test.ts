import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { decideRequest } from '#core/gate/decide-request.ts';
import type { Ticket } from '#core/ports/ticket-store.ts';
import { OidcIssuer } from '#gate/sign-in/issuer.ts';
import { IssuerSignIn } from '#gate/sign-in/issuer-sign-in.ts';
import { redirect } from '#gate/sign-in/redirect.ts';
import { SignInAttempts } from '#gate/sign-in/sign-in-attempts.ts';
import { running } from '#test/builders/workbench.ts';
import { Browser, locationOf } from '#test/gate/sign-in/browser.ts';
import { type SignInHost, startSignInHost, WID } from '#test/gate/sign-in/sign-in-host.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { isKeycloakInstalled } from '#tools/keycloak/installation.ts';
import { type Keycloak, startKeycloak } from '#tools/keycloak/keycloak-process.ts';
import {
  ADMIN_ROLE,
  ADMINISTRATOR,
  CLIENT_ID,
  REALM,
  ROLES_CLAIM,
  realm,
  USER_CLAIM,
} from '#tools/keycloak/realm.ts';

const REQUIRED = process.env.GATE_KEYCLOAK === 'required';

/** The realm has a confidential client. */
const CLIENT_SECRET = randomBytes(16).toString('hex');

/** Keycloak writes its own time into tokens. */
class RunningClock extends ManualClock {
  override now(): number {
    return Date.now();
  }

  override elapsed(): number {
    return performance.now();
  }
}

describe.skipIf(!REQUIRED && !isKeycloakInstalled())('the sign-in at Keycloak', () => {
  let keycloak: Keycloak;
  let host: SignInHost;
  let browser: Browser;

  beforeAll(async () => {
    keycloak = await startKeycloak();
    host = await startSignInHost(
      'host',
      (parts, origin) => {
        const signIn = new IssuerSignIn({
          ...parts,
          issuer: new OidcIssuer({
            issuer: `${keycloak.url}/realms/${REALM}`,
            clientId: CLIENT_ID,
            clientSecret: CLIENT_SECRET,
            scopes: ['openid'],
            callbackUrl: `${origin}/.wb/callback`,
            clock: parts.clock,
          }),
          attempts: new SignInAttempts(parts.seal, parts.clock),
          forgetCutoffs: (userId) => parts.visitors.forget(userId),
          claims: { userClaim: USER_CLAIM, adminClaim: ROLES_CLAIM, adminScope: ADMIN_ROLE },
        });
        return [
          ...signIn.routes,
          {
            method: 'POST',
            path: '/.wb/logout',
            on: 'sign_in_host',
            from: 'own',
            handle: async (asked) =>
              redirect(asked, (await signIn.signOut(asked)) ?? 'no-page-of-the-issuer'),
          },
        ];
      },
      new RunningClock(),
    );
    const options = {
      signInOrigin: host.origin,
      backChannelOrigin: host.origin.replace('localhost', '127.0.0.1'),
      clientSecret: CLIENT_SECRET,
    };
    await keycloak.admin.call('POST', '', realm(options));
  });

  afterAll(async () => {
    await keycloak?.stop();
    await host?.close();
  });

  beforeEach(() => {
    browser = new Browser();
  });

  /** Goes to a workbench. @returns the page of Keycloak that asks for the password */
  async function askForPassword(visitor: Browser, path = '/'): Promise<Response> {
    const login = await visitor.get(host.loginUrl(host.workbenchUrl(path)));
    const page = await visitor.get(locationOf(login));
    expect(page.status).toBe(200);
    return page;
  }

  /** Sends the form of Keycloak. @returns where it sends the browser */
  async function sendPassword(visitor: Browser, page: Response, user: string): Promise<URL> {
    const action = /<form[^>]*action="([^"]+)"/.exec(await page.text())?.[1]?.replaceAll('&amp;', '&');
    if (action === undefined) throw new Error('the page of Keycloak has no form');
    return locationOf(await visitor.post(action, { username: user, password: user }));
  }

  /** Returns the location after the whole sign-in. */
  async function signIn(visitor: Browser, user: string, path = '/'): Promise<URL> {
    const callback = await sendPassword(visitor, await askForPassword(visitor, path), user);
    return locationOf(await visitor.get(callback));
  }

  async function burn(location: URL): Promise<Ticket> {
    const secret = location.searchParams.get('t') ?? '';
    const ticket = await host.tickets.burn(createHash('sha256').update(secret).digest('base64url'));
    if (ticket === undefined) throw new Error(`no ticket in ${location}`);
    return ticket;
  }

  /** Whether the browser has a session at the sign-in host. */
  async function isSignedIn(visitor: Browser): Promise<boolean> {
    const location = locationOf(await visitor.get(host.loginUrl(host.workbenchUrl())));
    return location.pathname === '/.wb/enter';
  }

  async function userIdOf(name: string): Promise<string> {
    const users = (await keycloak.admin.call('GET', `/${REALM}/users?exact=true&username=${name}`)) as {
      readonly id: string;
    }[];
    return users[0]?.id ?? '';
  }

  it('leads to the deep link of the workbench, as the user of the API', async () => {
    const location = await signIn(browser, 'ann', '/lab/tree/a.ipynb?x=1');
    expect(`${location.origin}${location.pathname}`).toBe(host.workbenchUrl('/.wb/enter'));
    expect(location.searchParams.get('p')).toBe('/lab/tree/a.ipynb?x=1');
    expect(await burn(location)).toMatchObject({
      userId: 'ann',
      issuerSubject: await userIdOf('ann'),
      issuerSession: expect.any(String),
      admin: false,
    });
  });

  it('asks for no password at the second workbench', async () => {
    await signIn(browser, 'ann');
    expect(await isSignedIn(browser)).toBe(true);
  });

  it('asks for no password after the session of the gate has ended, while that of Keycloak lasts', async () => {
    await signIn(browser, 'ann');
    browser.deleteCookies(host.origin);
    const login = await browser.get(host.loginUrl(host.workbenchUrl('/again')));
    const callback = locationOf(await browser.get(locationOf(login)));
    expect(locationOf(await browser.get(callback)).searchParams.get('p')).toBe('/again');
  });

  it.each([
    ['ann', 'forward'],
    ['eve', 'unknown'],
    [ADMINISTRATOR, 'forward'],
  ])('leads %s to a workbench of ann: %s', async (user, kind) => {
    const { userId, admin, signedInAt, sessionExpiresAt } = await burn(await signIn(browser, user));
    const visitor = { kind: 'user', userId, admin, signedInAt, expiresAt: sessionExpiresAt } as const;
    const request = {
      method: 'GET',
      webSocket: false,
      origins: [],
      workbenchId: WID,
      ownOrigins: [],
      mayBeFramed: false,
    };
    const record = { ...running(), workbenchId: WID, userId: 'ann' };
    expect(decideRequest(request, visitor, record, host.clock.now()).kind).toBe(kind);
  });

  it('refuses the way back in a browser that did not begin the sign-in, and with another state', async () => {
    const callback = await sendPassword(browser, await askForPassword(browser), 'eve');
    const victim = new Browser();
    expect((await victim.get(callback)).status).toBe(400);
    const login = await victim.get(host.loginUrl(host.workbenchUrl()));
    expect((await victim.get(callback)).status).toBe(400);
    callback.searchParams.set('state', locationOf(login).searchParams.get('state') ?? '');
    // The code belongs to the challenge of the other browser: Keycloak refuses it.
    expect((await victim.get(callback)).status).toBe(400);
    expect(victim.cookiesOf(host.origin)).toEqual(['__Host-wb_l']);
  });

  it('shows a page when Keycloak refuses the request', async () => {
    const asked = locationOf(await browser.get(host.loginUrl(host.workbenchUrl())));
    asked.searchParams.set('code_challenge_method', 'plain');
    const refused = await browser.get(locationOf(await browser.get(asked)));
    expect(refused.status).toBe(503);
    expect(await refused.text()).toContain('invalid_request');
  });

  it('ends in each browser when Keycloak ends the sessions of the user', async () => {
    const [second, other] = [new Browser(), new Browser()];
    await signIn(browser, 'ann');
    await signIn(second, 'ann');
    await signIn(other, 'eve');
    await keycloak.admin.call('POST', `/${REALM}/users/${await userIdOf('ann')}/logout`);
    expect([await isSignedIn(browser), await isSignedIn(second)]).toEqual([false, false]);
    expect(await isSignedIn(other)).toBe(true);
    expect((await askForPassword(browser)).url).toContain(keycloak.url);
  });

  it('ends at Keycloak too when the user signs out', async () => {
    await signIn(browser, 'ann');
    const atKeycloak = locationOf(await browser.post(`${host.origin}/.wb/logout`, {}));
    expect(atKeycloak.searchParams.get('post_logout_redirect_uri')).toBe(`${host.origin}/.wb/signed-out`);
    const back = locationOf(await browser.get(atKeycloak));
    expect(`${back.origin}${back.pathname}`).toBe(`${host.origin}/.wb/signed-out`);
    expect((await browser.get(back)).status).toBe(200);
    // Keycloak has also sent a logout token.
    expect(await isSignedIn(browser)).toBe(false);
    await askForPassword(browser);
  });

  it('works with the new keys of the realm', async () => {
    const { id } = (await keycloak.admin.call('GET', `/${REALM}`)) as { readonly id: string };
    const readKey = async () =>
      (
        (await keycloak.admin.call('GET', `/${REALM}/keys`)) as {
          readonly active: Readonly<Record<string, string>>;
        }
      ).active.RS256;
    const before = await readKey();
    await keycloak.admin.call('POST', `/${REALM}/components`, {
      name: 'rotated',
      providerId: 'rsa-generated',
      providerType: 'org.keycloak.keys.KeyProvider',
      parentId: id,
      config: {
        priority: ['200'],
        enabled: ['true'],
        active: ['true'],
        algorithm: ['RS256'],
        keySize: ['2048'],
      },
    });
    expect(await readKey()).not.toBe(before);
    const annsId = await userIdOf('ann');
    // The gate reads keys at most once a second, and another test may just have caused a read.
    await vi.waitFor(async () => {
      const visitor = new Browser();
      await signIn(visitor, 'ann');
      await keycloak.admin.call('POST', `/${REALM}/users/${annsId}/logout`);
      expect(await isSignedIn(visitor)).toBe(false);
    }, 30_000);
  });
});
