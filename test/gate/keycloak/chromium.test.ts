import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Server } from '#test/e2e/api-calls.ts';
import { create, pollUntil } from '#test/e2e/api-calls.ts';
import { openBrowser, openPage } from '#test/e2e/browser.ts';
import { PROGRAM } from '#test/e2e/gate/secret-sign-in.ts';
import { createDataDir, LocalServer } from '#test/e2e/local-server.ts';
import { isKeycloakInstalled } from '#tools/keycloak/installation.ts';
import { type Keycloak, startKeycloak } from '#tools/keycloak/keycloak-process.ts';
import { CLIENT_ID, REALM, realm, USER_CLAIM } from '#tools/keycloak/realm.ts';

const REQUIRED = process.env.GATE_KEYCLOAK === 'required';
/** The static key of the API, with which a frontend creates workbenches for its users. */
const API_KEY = 'the-key-of-the-frontend-in-this-test';

/** WebSockets of a visitor who has lost the right are closed within this time, milliseconds. */
const REVOCATION_MAX_MS = 5_000;

describe.skipIf(!REQUIRED && !isKeycloakInstalled())('in Chromium, with Keycloak', () => {
  let keycloak: Keycloak;
  let port: number;

  beforeAll(async () => {
    keycloak = await startKeycloak();
    port = await findFreePort();
    const signInOrigin = `http://localhost:${port}`;
    await keycloak.admin.call('POST', '', realm({ signInOrigin, backChannelOrigin: signInOrigin }));
  });

  afterAll(() => keycloak?.stop());

  async function startServer(): Promise<LocalServer> {
    return await LocalServer.start(await createDataDir(), {
      WB_BOOT_COMMAND: PROGRAM,
      BASE_URL: `http://localhost:${port}`,
      WB_WORKBENCH_PORT: String(port),
      WB_GATE_ISSUER: `${keycloak.url}/realms/${REALM}`,
      WB_GATE_CLIENT_ID: CLIENT_ID,
      RESTAPI_USER_CLAIM: USER_CLAIM,
      RESTAPI_AUTH_STATIC_KEY: API_KEY,
    });
  }

  /** Starts a workbench of a user. Returns its origin. */
  async function startWorkbench({ api }: LocalServer, userId: string): Promise<string> {
    const server: Server = { api, key: API_KEY, userId };
    const id = await create(server, `of ${userId}`);
    await pollUntil(server, id, 'running');
    return `http://${id}.localhost:${port}`;
  }

  /** Goes to a URL and enters the password at Keycloak. */
  async function signIn(page: Page, url: string, user: string): Promise<void> {
    await page.goto(url);
    expect(new URL(page.url()).origin).toBe(keycloak.url);
    await page.locator('#username').fill(user);
    await page.locator('#password').fill(user);
    await page.locator('#kc-login').click();
    await page.waitForURL(url);
  }

  it('the address of a workbench leads through the sign-in to the deep link, a second one without it, and eve finds none', async () => {
    const server = await startServer();
    const [first, second] = [await startWorkbench(server, 'ann'), await startWorkbench(server, 'ann')];
    const browser = await openBrowser();
    const page = await openPage(browser);
    await signIn(page, `${first}/deep/link?x=1`, 'ann');
    // The workbench gets none of the cookies of the gate.
    expect(await page.title()).toBe('no cookie');

    const response = await page.goto(`${second}/another?y=2`);
    expect([response?.status(), page.url()]).toEqual([200, `${second}/another?y=2`]);

    const pageOfEve = await openPage(browser);
    await signIn(pageOfEve, `${first}/deep/link?x=1`, 'eve');
    expect((await pageOfEve.reload())?.status()).toBe(404);
    const missing = await pageOfEve.content();
    // The bytes for a workbench that does not exist.
    const unknown = `http://${'0'.repeat(26)}.localhost:${port}/`;
    await pageOfEve.goto(unknown);
    expect([pageOfEve.url(), await pageOfEve.content()]).toEqual([unknown, missing]);
  });

  it('after a sign-out every workbench asks again, and open WebSockets are closed within five seconds', async () => {
    const server = await startServer();
    const [first, second] = [await startWorkbench(server, 'ann'), await startWorkbench(server, 'ann')];
    // Tabs of one context share their cookies.
    const context = await (await openBrowser()).newContext();
    const page = await context.newPage();
    await signIn(page, `${first}/`, 'ann');
    await page.goto(`${second}/`);
    const closed = closeOfWebSocket(page, second);
    await page.getByText('opened').waitFor();

    const other = await context.newPage();
    await other.goto(`${first}/.wb/account`);
    await other.getByText('You are signed in as ann').waitFor();
    const signedOutAt = performance.now();
    await other.getByRole('button', { name: 'Sign out' }).click();
    // On the host of a workbench there is no ID token, and without it Keycloak asks for a click.
    await other.locator('#kc-logout').click();
    await other.waitForURL(`http://localhost:${port}/.wb/signed-out`);
    for (const url of [first, second]) {
      await other.goto(`${url}/`);
      await other.locator('#password').waitFor();
    }
    expect(await closed).toBeLessThan(signedOutAt + REVOCATION_MAX_MS);
  });
});

/** Opens a WebSocket in a page, which shows when it is open. Returns the time of its end. */
async function closeOfWebSocket(page: Page, origin: string): Promise<number> {
  await page.evaluate(`new Promise((closed) => {
    const socket = new WebSocket('${origin.replace('http', 'ws')}/');
    socket.onopen = () => { document.body.textContent = 'opened'; };
    socket.onclose = closed;
  }).then(() => {})`);
  return performance.now();
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
