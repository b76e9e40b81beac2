import type { Browser, Frame, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { ADDRESS_MODES, type AddressMode } from '#gate/workbench-addresses.ts';
import { findFreePort } from '#test/gate/proxies/proxy-process.ts';
import { create, pollUntil, type Server } from '../api-calls.ts';
import { findChromium, openBrowser } from '../browser.ts';
import { createDataDir, LocalServer } from '../local-server.ts';
import { type Embedding, type FrontendOptions, openFrontend, openTlsProxy } from './frontend.ts';
import { PROGRAM, SecretServer } from './secret-sign-in.ts';

/** The examples of docs/open-a-workbench.md in Chromium, and the rows of its table about frames. */

const EMBEDDINGS: readonly Embedding[] = ['form', 'frame source'];
const KEY = 'the-key-of-the-frontend-in-this-test';
/** What Chromium shows in a frame whose page forbids it. */
const REFUSED_PAGE = 'chrome-error://chromewebdata/';

/** Starts a workbench and a frontend on this computer. */
async function openLocal(signIn: boolean, mode: AddressMode) {
  let options: FrontendOptions | undefined;
  const port = await openFrontend(() => options);
  const frontend = `http://localhost:${port}`;
  const local = await LocalServer.start(await createDataDir(), {
    WB_BOOT_COMMAND: PROGRAM,
    WB_WORKBENCH_ADDRESS: mode,
    ...(signIn ? { WB_LOCAL_TOKEN: KEY } : {}),
    RESTAPI_CORS_ORIGIN: frontend,
    WB_GATE_FRAME_ANCESTORS: frontend,
  });
  const server: Server = { api: local.api, ...(signIn ? { key: KEY } : {}) };
  const workbenchId = await create(server, 'First');
  const { public_endpoint: publicEndpoint } = await pollUntil(server, workbenchId, 'running');
  options = { api: local.api, accessToken: KEY, workbenchId };
  const { port: gatePort } = new URL(publicEndpoint);
  const url = mode === 'host' ? `http://${workbenchId}.localhost:${gatePort}/` : `${publicEndpoint}/`;
  return { frontend, url, browser: await openBrowser() };
}

/** Shows the workbench in the page of the frontend. Returns its frame. */
async function embed(browser: Browser, frontend: string, embedding: Embedding): Promise<Frame> {
  const page = await newPage(browser);
  await page.goto(`${frontend}/?${embedding}`);
  await page.getByRole('button', { name: 'Show' }).click();
  const frame = page.frame({ name: 'workbench' });
  if (frame === null) throw new Error('the page has no frame');
  return frame;
}

/** Each page has cookies of its own. */
async function newPage(browser: Browser): Promise<Page> {
  return await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
}

/** Waits until a page or frame shows the workbench, and uses its WebSocket. */
async function expectWorkbench(shown: Page | Frame, url: string): Promise<void> {
  await shown.waitForURL(url);
  expect(await shown.title()).toBe('no cookie');
  const echo = shown.evaluate(`new Promise((resolve, reject) => {
    const socket = new WebSocket(location.href.replace('http', 'ws'));
    socket.onopen = () => socket.send('hello');
    socket.onmessage = ({ data }) => resolve(data);
    socket.onerror = () => reject(new Error('refused'));
  })`);
  expect(await echo).toBe('hello');
}

/** Opens the workbench in a tab by the example for a button. */
async function openInTab(browser: Browser, frontend: string): Promise<Page> {
  const page = await newPage(browser);
  await page.goto(`${frontend}/?form`);
  const [tab] = await Promise.all([
    page.waitForEvent('popup'),
    page.getByRole('button', { name: 'Open in a tab' }).click(),
  ]);
  return tab;
}

/** Opens the workbench in a window by the example of a form. */
async function postToWindow(browser: Browser, frontend: string): Promise<Page> {
  const page = await newPage(browser);
  await page.goto(`${frontend}/?${encodeURIComponent('form without a frame')}`);
  const [window] = await Promise.all([
    page.waitForEvent('popup'),
    page.getByRole('button', { name: 'Show' }).click(),
  ]);
  return window;
}

test.each(ADDRESS_MODES)(
  'without sign-in a page of this computer shows a workbench with WB_WORKBENCH_ADDRESS=%s in a frame and in a tab',
  async (mode) => {
    const { frontend, url, browser } = await openLocal(false, mode);
    for (const embedding of EMBEDDINGS) await expectWorkbench(await embed(browser, frontend, embedding), url);
    await expectWorkbench(await openInTab(browser, frontend), url);
    await expectWorkbench(await postToWindow(browser, frontend), url);
  },
);

test.each(ADDRESS_MODES)(
  'with a sign-in a page of this computer shows a workbench with WB_WORKBENCH_ADDRESS=%s in a tab alone',
  async (mode) => {
    const { frontend, url, browser } = await openLocal(true, mode);
    for (const embedding of EMBEDDINGS) {
      const frame = await embed(browser, frontend, embedding);
      await expect.poll(() => frame.url()).toBe(REFUSED_PAGE);
    }
    const tab = await openInTab(browser, frontend);
    await expectWorkbench(tab, url);
    expect(await tab.evaluate('window.opener')).toBeNull();
    await expectWorkbench(await postToWindow(browser, frontend), url);
  },
);

test('with a sign-in a page of the same site shows a workbench in a frame, and one of another site in a tab alone', async () => {
  const gatePort = await findFreePort();
  let options: FrontendOptions | undefined;
  const frontendPort = await openFrontend(() => options);
  const port = await openTlsProxy((hostname) => (hostname.startsWith('app.') ? frontendPort : gatePort));
  const [sameSite, otherSite] = [`https://app.example.com:${port}`, `https://app.example.org:${port}`];
  const server = await SecretServer.start({
    BASE_URL: `https://wb.example.com:${port}`,
    WB_WORKBENCH_ADDRESS: 'host',
    WB_WORKBENCH_PORT: String(gatePort),
    RESTAPI_CORS_ORIGIN: `${sameSite},${otherSite}`,
    WB_GATE_FRAME_ANCESTORS: `${sameSite},${otherSite}`,
  });
  const { id: workbenchId } = await server.createWorkbench('First');
  options = { api: server.api, accessToken: server.key, workbenchId };
  const url = `https://${workbenchId}.wb.example.com:${port}/`;
  const browser = await openBrowser(findChromium(), ['--host-resolver-rules=MAP * 127.0.0.1']);

  for (const embedding of EMBEDDINGS) await expectWorkbench(await embed(browser, sameSite, embedding), url);
  for (const embedding of EMBEDDINGS) {
    const frame = await embed(browser, otherSite, embedding);
    await expect.poll(() => frame.url()).toBe(REFUSED_PAGE);
  }
  for (const frontend of [sameSite, otherSite]) {
    await expectWorkbench(await openInTab(browser, frontend), url);
    await expectWorkbench(await postToWindow(browser, frontend), url);
  }
});
