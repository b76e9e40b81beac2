import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { create, pollUntil, type Server } from '#test/e2e/api-calls.ts';
import { PROGRAM } from '#test/e2e/gate/secret-sign-in.ts';
import { createDataDir, LocalServer } from '#test/e2e/local-server.ts';
import type { Keycloak } from '#tools/keycloak/keycloak-process.ts';
import { CLIENT_ID, REALM, realm, USER_CLAIM } from '#tools/keycloak/realm.ts';

/** The static key of the API, with which a frontend creates workbenches for its users. */
const API_KEY = 'the-key-of-the-frontend-in-this-test';

/** A server whose users sign in at Keycloak. Workbenches have hosts of their own. */
export class IssuerServer {
  readonly local: LocalServer;
  readonly #keycloak: Keycloak;
  readonly #origin: URL;

  private constructor(local: LocalServer, keycloak: Keycloak, origin: string) {
    this.local = local;
    this.#keycloak = keycloak;
    this.#origin = new URL(origin);
  }

  /** Creates the realm of a sign-in host. Servers at this address can use it one after another. */
  static async createRealm({ admin }: Keycloak, origin: string): Promise<void> {
    await admin.call('POST', '', realm({ signInOrigin: origin, backChannelOrigin: origin }));
  }

  /** @param origin of the sign-in host, below `localhost` */
  static async start(
    keycloak: Keycloak,
    origin: string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<IssuerServer> {
    const local = await LocalServer.start(await createDataDir(), {
      WB_BOOT_COMMAND: PROGRAM,
      BASE_URL: origin,
      WB_WORKBENCH_PORT: new URL(origin).port,
      WB_GATE_ISSUER: `${keycloak.url}/realms/${REALM}`,
      WB_GATE_CLIENT_ID: CLIENT_ID,
      RESTAPI_USER_CLAIM: USER_CLAIM,
      RESTAPI_AUTH_STATIC_KEY: API_KEY,
      ...settings,
    });
    return new IssuerServer(local, keycloak, origin);
  }

  /** The API, as a frontend calls it for a user. */
  apiOf(userId: string): Server {
    return { api: this.local.api, key: API_KEY, userId };
  }

  /** Starts a workbench of a user. */
  async startWorkbench(userId: string): Promise<{ readonly id: string; readonly origin: string }> {
    const server = this.apiOf(userId);
    const id = await create(server, `of ${userId}`);
    await pollUntil(server, id, 'running');
    const { protocol, host } = this.#origin;
    return { id, origin: `${protocol}//${id}.${host}` };
  }

  /** Goes to a URL and enters the password at Keycloak. */
  async signIn(page: Page, url: string, user: string): Promise<void> {
    await page.goto(url);
    expect(new URL(page.url()).origin).toBe(this.#keycloak.url);
    await page.locator('#username').fill(user);
    await page.locator('#password').fill(user);
    await page.locator('#kc-login').click();
    await page.waitForURL(url);
  }

  /** Signs out on the account page of a workbench. */
  async signOut(page: Page, origin: string, user: string): Promise<void> {
    await page.goto(`${origin}/.wb/account`);
    await page.getByText(`You are signed in as ${user}`).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    // On the host of a workbench there is no ID token, and without it Keycloak asks for a click.
    await page.locator('#kc-logout').click();
    await page.waitForURL(`${this.#origin.origin}/.wb/signed-out`);
  }
}
