import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { create } from '#test/e2e/api-calls.ts';
import { openBrowser, openPage } from '#test/e2e/browser.ts';
import { checkScreen, findConsoleUrl, recordFaults } from '#test/e2e/console/console-page.ts';
import { createDataDir, LocalServer } from '#test/e2e/local-server.ts';
import { findFreePort } from '#test/gate/proxies/proxy-process.ts';
import { isKeycloakInstalled } from '#tools/keycloak/installation.ts';
import { type Keycloak, startKeycloak } from '#tools/keycloak/keycloak-process.ts';
import { API_AUDIENCE, CONSOLE_CLIENT_ID, REALM, realm, USER_CLAIM } from '#tools/keycloak/realm.ts';

const REQUIRED = process.env.GATE_KEYCLOAK === 'required';
/** A signed token: three parts. */
const JWT = /eyJ[\w-]+\.[\w-]+\./;
/** The static key of the API, with which the test creates a workbench. */
const API_KEY = 'the-key-of-a-backend-in-this-test';

describe.skipIf(!REQUIRED && !isKeycloakInstalled())('the console with a sign-in at Keycloak', () => {
  let keycloak: Keycloak;
  let port: number;
  let issuer: string;

  beforeAll(async () => {
    keycloak = await startKeycloak();
    port = await findFreePort();
    issuer = `${keycloak.url}/realms/${REALM}`;
    const origin = `http://127.0.0.1:${port}`;
    await keycloak.admin.call(
      'POST',
      '',
      realm({ signInOrigin: origin, backChannelOrigin: origin, consoleOrigin: origin }),
    );
  });

  afterAll(() => keycloak?.stop());

  const startServer = async () =>
    await LocalServer.start(await createDataDir(), {
      PORT: String(port),
      RESTAPI_OIDC_ISSUER: issuer,
      RESTAPI_OIDC_AUDIENCE: API_AUDIENCE,
      RESTAPI_OIDC_JWKS_URL: `${issuer}/protocol/openid-connect/certs`,
      RESTAPI_USER_CLAIM: USER_CLAIM,
      RESTAPI_AUTH_STATIC_KEY: API_KEY,
      WB_CONSOLE_CLIENT_ID: CONSOLE_CLIENT_ID,
    });

  async function enterPassword(page: Page, user: string): Promise<void> {
    await page.locator('#username').fill(user);
    await page.locator('#password').fill(user);
    await page.locator('#kc-login').click();
  }

  it('leads through the sign-in to the deep link, renews tokens, and asks for no password after a reload', async () => {
    const server = await startServer();
    const workbenchId = await create({ api: server.api, key: API_KEY, userId: 'ann' }, 'of ann');
    const page = await openPage(await openBrowser());
    const faults = recordFaults(page);
    const sent: { readonly url: string; readonly body: string }[] = [];
    page.on('request', (request) => sent.push({ url: request.url(), body: request.postData() ?? '' }));

    await page.goto(`${findConsoleUrl(server)}#/workbenches/${workbenchId}`);
    await enterPassword(page, 'ann');
    await page.getByRole('heading', { name: 'of ann' }).waitFor();
    await page.getByText('You are ann').waitFor();
    expect(page.url()).toBe(`http://127.0.0.1:${port}/#/workbenches/${workbenchId}`);

    await page.getByRole('link', { name: 'Usage' }).click();
    await page.getByRole('heading', { name: 'Usage' }).waitFor();
    await expect
      .poll(() => sent.filter(({ body }) => body.includes('grant_type=refresh_token')).length, {
        timeout: 30_000,
      })
      .toBeGreaterThan(0);

    // Tokens are in the memory of the page only, and no address has one.
    const stored = await page.evaluate<string>(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }])',
    );
    expect(stored).not.toMatch(JWT);
    await page.reload();
    await page.getByRole('heading', { name: 'Usage' }).waitFor();
    expect(sent.filter(({ url }) => JWT.test(url) && !url.includes('id_token_hint'))).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('ends with the session at Keycloak, and continues at the same screen after the next sign-in', async () => {
    const server = await startServer();
    const page = await openPage(await openBrowser());
    await page.goto(`${findConsoleUrl(server)}#/usage`);
    await enterPassword(page, 'eve');
    await page.getByRole('heading', { name: 'Usage' }).waitFor();

    const users = (await keycloak.admin.call('GET', `/${REALM}/users?username=eve`)) as {
      readonly id: string;
    }[];
    await keycloak.admin.call('POST', `/${REALM}/users/${users[0]?.id}/logout`);
    await page.getByRole('link', { name: 'Workbenches' }).click();
    await page.getByText('Your sign-in has ended.').waitFor();
    await checkScreen(page, 'sign-in-ended');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await enterPassword(page, 'eve');
    await page.getByText('You have no workbench yet.').waitFor();
    expect(page.url()).toBe(`http://127.0.0.1:${port}/#/`);
  });

  it('ends the session at Keycloak when the user signs out', async () => {
    const server = await startServer();
    const page = await openPage(await openBrowser());
    await page.goto(findConsoleUrl(server));
    await enterPassword(page, 'eve');
    await page.getByText('You have no workbench yet.').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await checkScreen(page, 'signed-out');
    expect(new URL(page.url()).origin).toBe(`http://127.0.0.1:${port}`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('#password').waitFor();
  });
});
