import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { closeServer, listen } from '#adapters/http-server/listen.ts';
import { openBrowser } from '../browser.ts';
import { waitForBuiltInPage } from '../built-in-page.ts';
import { createDataDir, LocalServer } from '../local-server.ts';
import { checkScreen, findConsoleUrl, recordFaults } from './console-page.ts';

const SECRET = 'a-secret-of-this-test-0123456789';

test('a server with a secret asks for it, and a workbench opens with a ticket and without another question', async () => {
  const server = await LocalServer.start(await createDataDir(), {
    WB_LOCAL_TOKEN: SECRET,
    // The gate must know the origin of the console before it starts.
    PORT: String(await findFreePort()),
  });
  const context = await (await openBrowser()).newContext();
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const faults = recordFaults(page);
  const sent: string[] = [];
  context.on('request', (request) => sent.push(request.url()));
  await page.goto(findConsoleUrl(server));
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await checkScreen(page, 'sign-in');
  await page.getByLabel('Key or token').fill('not the secret of this server');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('The server has refused the key.').waitFor();
  await page.getByLabel('Key or token').fill(SECRET);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('You have no workbench yet.').waitFor();

  // The key stays in this tab for a reload, and no other tab has it.
  await page.reload();
  await page.getByText('You have no workbench yet.').waitFor();
  const other = await context.newPage();
  await other.goto(findConsoleUrl(server));
  await other.getByRole('heading', { name: 'Sign in' }).waitFor();

  await page.getByRole('link', { name: 'Create a workbench' }).click();
  const tab = context.waitForEvent('page');
  await page.getByRole('button', { name: 'Create and open' }).click();
  const workbench = await tab;
  await waitForBuiltInPage(workbench);
  expect(workbench.url()).not.toContain('/.wb/');

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(sent.filter((url) => url.includes(SECRET))).toEqual([]);
  expect(faults).toEqual([]);
});

async function findFreePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server, '127.0.0.1', 0, 'PORT');
  await closeServer(server, 0);
  return port;
}
