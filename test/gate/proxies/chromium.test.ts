import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { ProxyKind } from '#gate/forward-auth/proxy-kind.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { call, deleteWorkbench, pollUntil, request } from '#test/e2e/api-calls.ts';
import { openBrowser, openPage } from '#test/e2e/browser.ts';
import { findInstalled } from '#test/e2e/installed-programs.ts';
import { openNotebook, runCell, uploadInLab, waitForLab } from '#test/e2e/notebook-page.ts';
import { attack } from '#test/e2e/page-attack.ts';
import { IssuerServer } from '#test/gate/keycloak/issuer-server.ts';
import { isKeycloakInstalled } from '#tools/keycloak/installation.ts';
import { type Keycloak, startKeycloak } from '#tools/keycloak/keycloak-process.ts';
import { findFreePort, isProxyTested, startProxy } from './proxy-process.ts';

/** What a browser does, with a proxy that forwards in the place of the gate, and with Keycloak. */

const KEYCLOAK_REQUIRED = process.env.GATE_KEYCLOAK === 'required';
const UPLOAD_BYTES = 3 * 1024 * 1024;

describe.skipIf(!KEYCLOAK_REQUIRED && !isKeycloakInstalled())('in Chromium', () => {
  let keycloak: Keycloak;
  let port: number;
  /** Of the sign-in host. */
  let origin: string;

  beforeAll(async () => {
    keycloak = await startKeycloak();
    port = await findFreePort();
    origin = `http://localhost:${port}`;
    await IssuerServer.createRealm(keycloak, origin);
  });

  afterAll(() => keycloak?.stop());

  /** Starts a server, and the proxy in front of it with its shipped file. */
  async function startBehind(
    kind: ProxyKind,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<IssuerServer> {
    const [gate, decisions] = [await findFreePort(), await findFreePort()];
    const server = await IssuerServer.start(keycloak, origin, {
      WB_WORKBENCH_ADDRESS: 'host',
      WB_WORKBENCH_PORT: String(gate),
      WB_GATE_PROXY: kind,
      WB_GATE_PROXY_PORT: String(decisions),
      ...settings,
    });
    onTestFinished(await startProxy(kind, { public: port, gate, decisions }, new URL(origin)));
    return server;
  }

  describe.each(['traefik', 'nginx'] as const)('behind %s', (kind) => {
    describe.skipIf(!isProxyTested(kind))('with the decisions of the gate', () => {
      it('a user signs in once for all workbenches, uses their WebSockets, and signs out', async () => {
        const server = await startBehind(kind);
        const [first, second] = [await server.startWorkbench('ann'), await server.startWorkbench('ann')];
        const browser = await openBrowser();
        // Tabs of one context share their cookies.
        const context = await browser.newContext();
        const page = await context.newPage();
        await server.signIn(page, `${first.origin}/deep/link?x=1`, 'ann');
        expect(await page.title()).toBe('no cookie');
        const another = await page.goto(`${second.origin}/another?y=2`);
        expect([another?.status(), page.url()]).toEqual([200, `${second.origin}/another?y=2`]);

        await untilForwardedBy(kind, page, first.origin);
        expect(await echoOnWebSocket(page)).toBe('hello');
        expect(await attack(page, `${second.origin}/`)).toEqual({
          read: 'refused',
          post: 'sent',
          socket: 'refused',
        });
        await page.goto(`${second.origin}/received`);
        expect(JSON.parse((await page.textContent('body')) ?? '')).toEqual({ posts: 0, sockets: 0 });

        const pageOfEve = await openPage(browser);
        await server.signIn(pageOfEve, `${first.origin}/`, 'eve');
        expect((await pageOfEve.reload())?.status()).toBe(404);
        await pageOfEve.getByRole('heading', { name: 'No such workbench' }).waitFor();

        await page.goto(`${first.origin}/`);
        const other = await context.newPage();
        await server.signOut(other, second.origin, 'ann');
        expect(await page.evaluate(async () => (await fetch('/')).status)).toBe(401);
        await expect(echoOnWebSocket(page)).rejects.toThrow('refused');
        for (const url of [first.origin, second.origin]) {
          await other.goto(`${url}/`);
          await other.locator('#password').waitFor();
        }
      });

      it('a ticket opens a workbench once; a click starts it when it is stopped; once deleted it is unknown', async () => {
        const server = await startBehind(kind);
        const api = server.apiOf('ann');
        const workbench = await server.startWorkbench('ann');
        const opened = await call(api, 'POST', `/workbenches/${workbench.id}/open`, { path: '/deep?x=1' });
        const { url } = opened as unknown as { readonly url: string };
        expect(url).toContain(`${workbench.origin}/.wb/enter?t=`);
        const browser = await openBrowser();
        const page = await openPage(browser);
        await page.goto(url);
        await page.getByRole('heading', { name: 'of ann' }).waitFor();
        await page.getByRole('button', { name: 'Open the workbench' }).click();
        await page.waitForURL(`${workbench.origin}/deep?x=1`);
        expect(await page.title()).toBe('no cookie');
        expect((await (await openPage(browser)).goto(url))?.status()).toBe(403);

        await untilForwardedBy(kind, page, workbench.origin);
        await page.goto(`${workbench.origin}/deep?x=1`);
        const closed = closeOfWebSocket(page);
        await page.getByText('opened').waitFor();
        await request(api, 'stop', workbench.id);
        await pollUntil(api, workbench.id, 'stopped');
        await closed;
        // The page of the workbench is still open. Its requests start nothing.
        // Until the proxy has read the routes again, it responds itself.
        const refused = await page.evaluate(async () => (await fetch('/', { method: 'POST' })).status);
        expect([502, 503]).toContain(refused);
        await expect.poll(async () => (await page.reload())?.status()).toBe(503);
        await page.getByText('Status: stopped').waitFor();
        await page.getByRole('button', { name: 'Start the workbench' }).click();
        await expect.poll(() => page.title()).toBe(`session=${workbench.id}`);
        expect(page.url()).toBe(`${workbench.origin}/deep?x=1`);

        await untilForwardedBy(kind, page, workbench.origin);
        await page.goto(`${workbench.origin}/deep?x=1`);
        await deleteWorkbench(api, workbench.id);
        await eventually(waitRealStep, 'the page of the deleted workbench gets nothing', async () => {
          const status = await page.evaluate(async () => (await fetch('/')).status);
          return status === 404;
        });
        await expect(echoOnWebSocket(page)).rejects.toThrow('refused');
        expect((await page.reload())?.status()).toBe(404);
        await page.getByRole('heading', { name: 'No such workbench' }).waitFor();
      });

      it('JupyterLab receives an upload, and its kernel computes', async ({ skip }) => {
        const lab = findInstalled('jupyter-lab', skip);
        // It listens on its port: proxies forward to no Unix socket.
        const options = [
          '--no-browser',
          '--allow-root',
          '--ServerApp.token=',
          '--ServerApp.allow_remote_access=True',
        ];
        const server = await startBehind(kind, {
          WB_BOOT_COMMAND: `exec '${lab}' ${options.join(' ')} --ServerApp.port="$PORT" --ServerApp.root_dir="$WORKSPACE_PATH"`,
        });
        const { id, origin: own } = await server.startWorkbench('ann');
        const page = await openPage();
        await server.signIn(page, `${own}/lab`, 'ann');
        await waitForLab(page);
        const path = join(server.local.dataDir, 'volumes', id, 'upload.bin');
        await uploadInLab(page, 'upload.bin', randomBytes(UPLOAD_BYTES), path);
        await openNotebook(page);
        await runCell(page, '20 + 22', '42');
      });
    });
  });
});

/** Goes to a page of the workbench, until the proxy itself forwards to it: Traefik knows a new address after some seconds. */
async function untilForwardedBy(kind: ProxyKind, page: Page, origin: string): Promise<void> {
  await eventually(waitRealStep, `${kind} forwards to the workbench`, async () => {
    const response = await page.goto(`${origin}/headers`);
    if (response?.status() !== 200) return false;
    // The gate removes this header, and nginx forwards to each address at once.
    return kind === 'nginx' || 'x-forwarded-server' in (await response.json());
  });
}

/** Opens a WebSocket to the host of the page. Returns what comes back on it. */
async function echoOnWebSocket(page: Page): Promise<string> {
  return await page.evaluate(`new Promise((resolve, reject) => {
    const socket = new WebSocket('ws://' + location.host + '/socket');
    socket.onopen = () => socket.send('hello');
    socket.onmessage = ({ data }) => resolve(data);
    socket.onerror = () => reject(new Error('refused'));
  })`);
}

/** Opens a WebSocket to the host of the page, which shows when it is open. Resolves when it is closed. */
async function closeOfWebSocket(page: Page): Promise<void> {
  await page.evaluate(`new Promise((closed) => {
    const socket = new WebSocket('ws://' + location.host + '/socket');
    socket.onopen = () => { document.body.textContent = 'opened'; };
    socket.onclose = closed;
  }).then(() => {})`);
}
