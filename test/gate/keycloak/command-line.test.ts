import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { start, wb } from '#test/clients/e2e/wb-process.ts';
import { openBrowser, openPage } from '#test/e2e/browser.ts';
import { createDataDir, LocalServer } from '#test/e2e/local-server.ts';
import { isKeycloakInstalled } from '#tools/keycloak/installation.ts';
import { type Keycloak, startKeycloak } from '#tools/keycloak/keycloak-process.ts';
import { API_AUDIENCE, CONSOLE_CLIENT_ID, REALM, realm, USER_CLAIM } from '#tools/keycloak/realm.ts';

const REQUIRED = process.env.GATE_KEYCLOAK === 'required';
/** No page is there: this realm needs it only as a redirect URI. */
const ORIGIN = 'http://127.0.0.1:1';

describe.skipIf(!REQUIRED && !isKeycloakInstalled())('the command line with a sign-in at Keycloak', () => {
  let keycloak: Keycloak;
  let issuer: string;

  beforeAll(async () => {
    keycloak = await startKeycloak();
    issuer = `${keycloak.url}/realms/${REALM}`;
    await keycloak.admin.call(
      'POST',
      '',
      realm({ signInOrigin: ORIGIN, backChannelOrigin: ORIGIN, consoleOrigin: ORIGIN }),
    );
  });

  afterAll(() => keycloak?.stop());

  async function startServer(): Promise<string> {
    const { api } = await LocalServer.start(await createDataDir(), {
      RESTAPI_OIDC_ISSUER: issuer,
      RESTAPI_OIDC_AUDIENCE: API_AUDIENCE,
      RESTAPI_OIDC_JWKS_URL: `${issuer}/protocol/openid-connect/certs`,
      RESTAPI_USER_CLAIM: USER_CLAIM,
      WB_CONSOLE_CLIENT_ID: CONSOLE_CLIENT_ID,
    });
    return api;
  }

  /** A home of its own, in which no browser opens by itself. */
  async function makeEnvironment(): Promise<Readonly<Record<string, string>>> {
    const home = await mkdtemp(join(tmpdir(), 'wb-keycloak-'));
    onTestFinished(() => rm(home, { recursive: true, force: true }));
    await mkdir(join(home, 'bin'));
    await writeFile(join(home, 'bin/xdg-open'), '#!/bin/sh\n', { mode: 0o755 });
    const path = `${join(home, 'bin')}${delimiter}${process.env.PATH}`;
    return { XDG_CONFIG_HOME: home, WORKBENCH_USER: '', PATH: path };
  }

  async function startLogin(
    api: string,
    environment: Readonly<Record<string, string>>,
    ...more: readonly string[]
  ) {
    const login = start(api, ['login', ...more], environment);
    await expect.poll(() => login.output.err, { timeout: 60_000 }).toMatch(/^ {2}http\S+$/m);
    return { finished: login.finished, url: /^ {2}(http\S+)$/m.exec(login.output.err)?.[1] ?? '' };
  }

  async function enterPassword(page: Page, user: string): Promise<void> {
    await page.locator('#username').fill(user);
    await page.locator('#password').fill(user);
    await page.locator('#kc-login').click();
  }

  it('signs in with the browser, renews an expired token, and asks for wb login when Keycloak has ended the session', async () => {
    const api = await startServer();
    const environment = await makeEnvironment();
    const { finished, url } = await startLogin(api, environment);
    const page = await openPage(await openBrowser());
    await page.goto(url);
    await enterPassword(page, 'ann');
    await page.getByText('You are signed in.').waitFor();
    expect(await finished).toMatchObject({ code: 0, out: 'You are signed in as ann.\n' });

    // Its tokens live for less than the time by which they are renewed ahead: each command renews them.
    const readStored = async () => {
      const folder = join(environment.XDG_CONFIG_HOME ?? '', 'workbench');
      const [name = ''] = await readdir(folder);
      return await readFile(join(folder, name), 'utf8');
    };
    const first = await readStored();
    expect((await wb(api, ['whoami'], environment)).out).toMatch(/^user +ann$/m);
    expect(await readStored()).not.toBe(first);
    expect((await wb(api, ['create', '--name', 'of ann', '--wait'], environment)).code).toBe(0);

    const users = (await keycloak.admin.call('GET', `/${REALM}/users?username=ann`)) as {
      readonly id: string;
    }[];
    await keycloak.admin.call('POST', `/${REALM}/users/${users[0]?.id}/logout`);
    expect(await wb(api, ['list'], environment)).toMatchObject({
      code: 7,
      err: expect.stringContaining('Sign in again: wb login'),
    });
  });

  it('signs in with a code that the user approves in a browser, and ends the session with wb logout', async () => {
    const api = await startServer();
    const environment = await makeEnvironment();
    const { finished, url } = await startLogin(api, environment, '--device');
    const page = await openPage(await openBrowser());
    await page.goto(url);
    await enterPassword(page, 'eve');
    await page.locator('#kc-login').click();
    expect(await finished).toMatchObject({ code: 0, out: 'You are signed in as eve.\n' });
    expect((await wb(api, ['whoami'], environment)).out).toMatch(/^user +eve$/m);

    const sessionsOf = async (user: string) => {
      const [found] = (await keycloak.admin.call('GET', `/${REALM}/users?username=${user}`)) as {
        readonly id: string;
      }[];
      return (await keycloak.admin.call('GET', `/${REALM}/users/${found?.id}/sessions`)) as readonly {
        readonly clients?: Readonly<Record<string, string>>;
      }[];
    };
    const clients = async () =>
      (await sessionsOf('eve')).flatMap((session) => Object.values(session.clients ?? {}));
    expect(await clients()).toContain(CONSOLE_CLIENT_ID);
    expect(await wb(api, ['logout'], environment)).toMatchObject({ code: 0, err: '' });
    expect(await clients()).not.toContain(CONSOLE_CLIENT_ID);
  });
});
