import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { ADDRESS_MODES } from '#gate/workbench-addresses.ts';
import { call, poll, pollUntil, request } from '../api-calls.ts';
import { openBrowser, openPage } from '../browser.ts';
import { attack } from '../page-attack.ts';
import { enterSecret, openWithSecret, type RunningWorkbench, SecretServer } from './secret-sign-in.ts';

const PROJECT_DIR = join(import.meta.dirname, '../../..');

test.each(ADDRESS_MODES)(
  'with WB_WORKBENCH_ADDRESS=%s the printed secret opens all workbenches at their addresses',
  async (mode) => {
    const server = await SecretServer.start({ WB_WORKBENCH_ADDRESS: mode });
    const urlOf = ({ publicEndpoint, origin }: RunningWorkbench) =>
      mode === 'host' ? origin : publicEndpoint;
    const first = urlOf(await server.createWorkbench('First'));
    const second = urlOf(await server.createWorkbench('Second'));
    const page = await openPage();

    await page.goto(`${first}/deep/link?x=1`);
    await enterSecret(page, 'not the secret that was printed');
    await page.getByRole('alert').waitFor();
    await openWithSecret(page, `${first}/deep/link?x=1`, server.key);
    expect(await page.title()).toBe('no cookie');

    const response = await page.goto(`${second}/another?y=2`);
    expect([response?.status(), page.url()]).toEqual([200, `${second}/another?y=2`]);
  },
);

test('the API asks for the printed secret', async () => {
  const server = await SecretServer.start();
  const { api } = server;
  expect((await call({ api }, 'GET', '/workbenches')).status).toBe(401);
  expect((await call({ api, key: 'another-secret-of-24-chars' }, 'GET', '/workbenches')).status).toBe(403);
  expect((await call(server, 'GET', '/workbenches')).status).toBe(200);
});

test('a page of one workbench reaches nothing of another one, although the browser has a session for both', async () => {
  const server = await SecretServer.start();
  const own = await server.createWorkbench('Own');
  const other = await server.createWorkbench('Other');
  const page = await openPage();
  await openWithSecret(page, `${own.origin}/`, server.key);
  await page.goto(`${other.origin}/`);
  await page.goto(`${own.origin}/`);

  expect(await attack(page, `${other.origin}/`)).toEqual({
    read: 'refused',
    post: 'sent',
    socket: 'refused',
  });
  const before = await listSessions(page);
  expect(before.map(({ domain }) => domain)).toEqual(
    expect.arrayContaining([own, other].map(({ origin }) => new URL(origin).hostname)),
  );
  // Cookies for the whole domain, and in the place of the session.
  await page.evaluate(`for (const name of ['__Host-wb_s', '__Host-wb_u', '__Host-wb_e'])
    for (const attributes of ['Secure; Domain=localhost', 'Secure', 'Secure; Domain=${new URL(other.origin).hostname}'])
      document.cookie = name + '=tossed; Path=/; ' + attributes;`);
  const response = await page.goto(`${other.origin}/received`);
  expect([response?.status(), await response?.json()]).toEqual([200, { posts: 0, sockets: 0 }]);
  expect(await listSessions(page)).toEqual(before);
});

/** Returns the session cookies of the browser. */
async function listSessions(page: Page) {
  const cookies = await page.context().cookies();
  return cookies.filter(({ name }) => name === '__Host-wb_s').map(({ domain, value }) => ({ domain, value }));
}

test('the URL of a ticket opens the workbench once, after a click', async () => {
  const server = await SecretServer.start();
  const { id, origin } = await server.createWorkbench('First');
  const opened = await call(server, 'POST', `/workbenches/${id}/open`, { path: '/deep/link?x=1' });
  const { url } = opened as unknown as { readonly url: string };
  expect(url).toContain(`${origin}/.wb/enter?t=`);

  const browser = await openBrowser();
  const page = await openPage(browser);
  await page.goto(url);
  // The link may be that of an attacker: the page names the workbench and its owner.
  await page.getByRole('heading', { name: 'First' }).waitFor();
  await page.getByRole('button', { name: 'Open the workbench' }).click();
  await page.waitForURL(`${origin}/deep/link?x=1`);
  expect(await page.title()).toBe('no cookie');

  // Tabs share no cookies.
  const second = await openPage(browser);
  expect((await second.goto(url))?.status()).toBe(403);
  await second.getByRole('heading', { name: 'This link is no longer valid' }).waitFor();
  // The session of the first browser has not ended.
  expect((await page.goto(`${origin}/again`))?.status()).toBe(200);
});

test('a stopped workbench is started by a click alone, and shown at the address that was asked for', async () => {
  const server = await SecretServer.start();
  const { id, origin } = await server.createWorkbench('First');
  const page = await openPage();
  const url = `${origin}/deep/link?x=1`;
  await openWithSecret(page, url, server.key);
  await request(server, 'stop', id);
  const { updated_at: stoppedAt } = await pollUntil(server, id, 'stopped');

  // The page of the workbench is still open, and polls.
  expect(
    await page.evaluate(
      async (socketUrl) => {
        const statusOf = async (path: string, method: string) => (await fetch(path, { method })).status;
        const refused = new Promise((resolve) => {
          new WebSocket(socketUrl).onerror = () => resolve('refused');
        });
        return [
          await statusOf('/poll', 'GET'),
          await statusOf('/poll', 'POST'),
          await statusOf('/.wb/start', 'GET'),
          await refused,
        ];
      },
      url.replace('http', 'ws'),
    ),
  ).toEqual([503, 503, 405, 'refused']);

  for (const response of [await page.goto(url), await page.reload()]) expect(response?.status()).toBe(503);
  await page.getByText('Status: stopped').waitFor();
  expect(await poll(server, id)).toMatchObject({ status: 'stopped', updated_at: stoppedAt });

  await page.getByRole('button', { name: 'Start the workbench' }).click();
  await expect.poll(() => page.title()).toBe(`session=${id}`);
  expect(page.url()).toBe(url);
  expect((await poll(server, id)).status).toBe('running');
});

/** Ends the server, replaces the key of its gate and starts it again on the same port. */
async function rotateKeys({ local }: SecretServer, settings: Readonly<Record<string, string>>) {
  await local.interrupt();
  const env = { PATH: process.env.PATH, WB_DATA_DIR: local.dataDir };
  await promisify(execFile)(process.execPath, ['tools/local-rotate-gate-keys.ts'], { cwd: PROJECT_DIR, env });
  return await SecretServer.start(settings, local.dataDir);
}

test('a session outlives one rotation of the keys of the gate, and ends with the second one', async () => {
  const server = await SecretServer.start();
  const { id, origin, publicEndpoint } = await server.createWorkbench('First');
  const page = await openPage();
  await openWithSecret(page, `${origin}/`, server.key);
  const settings = { WB_WORKBENCH_PORT: new URL(publicEndpoint).port };

  const once = await rotateKeys(server, settings);
  await request(once, 'start', id);
  await pollUntil(once, id, 'running');
  expect((await page.goto(`${origin}/`))?.status()).toBe(200);
  expect(page.url()).toBe(`${origin}/`);

  const twice = await rotateKeys(once, settings);
  await page.goto(`${origin}/`);
  await page.getByLabel('Secret').waitFor();
  // Signing in again is all that is needed.
  await enterSecret(page, twice.key);
  await page.waitForURL(`${origin}/`);
});
