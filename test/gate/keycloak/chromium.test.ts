import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage } from '#test/e2e/browser.ts';
import { findFreePort } from '#test/gate/proxies/proxy-process.ts';
import { isKeycloakInstalled } from '#tools/keycloak/installation.ts';
import { type Keycloak, startKeycloak } from '#tools/keycloak/keycloak-process.ts';
import { IssuerServer } from './issuer-server.ts';
import { closeOfWebSocket } from './page-websocket.ts';

const REQUIRED = process.env.GATE_KEYCLOAK === 'required';

/** WebSockets of a visitor who has lost the right are closed within this time, milliseconds. */
const REVOCATION_MAX_MS = 5_000;

describe.skipIf(!REQUIRED && !isKeycloakInstalled())('in Chromium, with Keycloak', () => {
  let keycloak: Keycloak;
  let port: number;
  let signInOrigin: string;

  beforeAll(async () => {
    keycloak = await startKeycloak();
    port = await findFreePort();
    signInOrigin = `http://localhost:${port}`;
    await IssuerServer.createRealm(keycloak, signInOrigin);
  });

  afterAll(() => keycloak?.stop());

  /** Starts two workbenches of ann. */
  async function startWorkbenches() {
    const server = await IssuerServer.start(keycloak, signInOrigin);
    const [first, second] = [await server.startWorkbench('ann'), await server.startWorkbench('ann')];
    return { server, first: first.origin, second: second.origin };
  }

  it('the address of a workbench leads through the sign-in to the deep link, a second one without it, and eve finds none', async () => {
    const { server, first, second } = await startWorkbenches();
    const browser = await openBrowser();
    const page = await openPage(browser);
    await server.signIn(page, `${first}/deep/link?x=1`, 'ann');
    // The workbench gets none of the cookies of the gate.
    expect(await page.title()).toBe('no cookie');

    const response = await page.goto(`${second}/another?y=2`);
    expect([response?.status(), page.url()]).toEqual([200, `${second}/another?y=2`]);

    const pageOfEve = await openPage(browser);
    await server.signIn(pageOfEve, `${first}/deep/link?x=1`, 'eve');
    expect((await pageOfEve.reload())?.status()).toBe(404);
    const missing = await pageOfEve.content();
    // The bytes for a workbench that does not exist.
    const unknown = `http://${'0'.repeat(26)}.localhost:${port}/`;
    await pageOfEve.goto(unknown);
    expect([pageOfEve.url(), await pageOfEve.content()]).toEqual([unknown, missing]);
  });

  it('after a sign-out every workbench asks again, and open WebSockets are closed within five seconds', async () => {
    const { server, first, second } = await startWorkbenches();
    // Tabs of one context share their cookies.
    const context = await (await openBrowser()).newContext();
    const page = await context.newPage();
    await server.signIn(page, `${first}/`, 'ann');
    await page.goto(`${second}/`);
    const closed = closeOfWebSocket(page, second);
    await page.getByText('opened').waitFor();

    const other = await context.newPage();
    const signedOutAt = performance.now();
    await server.signOut(other, first, 'ann');
    for (const url of [first, second]) {
      await other.goto(`${url}/`);
      await other.locator('#password').waitFor();
    }
    expect(await closed).toBeLessThan(signedOutAt + REVOCATION_MAX_MS);
  });
});
