import { expect, test } from 'vitest';
import { openPage } from '../browser.ts';
import { createDataDir, LocalServer } from '../local-server.ts';
import { runPrintedCommand } from '../printed-commands.ts';
import { checkScreen, findConsoleUrl, recordFaults } from './console-page.ts';

const GONE = 'The server does not respond.';

test('a page that is open while the server is killed says so, and continues by itself when it is back', async () => {
  const dataDir = await createDataDir();
  const killed = await LocalServer.start(dataDir);
  const { port } = new URL(killed.api);
  await runPrintedCommand(killed, 'create');
  const page = await openPage();
  const faults = recordFaults(page);
  await page.goto(findConsoleUrl(killed));
  await page.getByText('Running', { exact: true }).waitFor();

  await killed.kill();
  await page.getByRole('button', { name: 'Stop First' }).click();
  await page.getByRole('alert').getByText(GONE).waitFor();
  await page.getByRole('status').getByText(GONE).waitFor();
  // What was read last is still shown, and not what was only requested.
  await page.getByText('Running', { exact: true }).waitFor();
  expect(await page.getByText('Stop requested').count()).toBe(0);
  await checkScreen(page, 'server-gone');

  await LocalServer.start(dataDir, { PORT: port });
  await page.getByText('The server is back.').waitFor();
  await page.getByText('Stopped', { exact: true }).waitFor();
  expect(await page.getByRole('status').getByText(GONE).count()).toBe(0);
  expect(faults).toEqual([]);
});

test('a page that is loaded while the server starts appears when it has started', async () => {
  const dataDir = await createDataDir();
  const first = await LocalServer.start(dataDir);
  const url = findConsoleUrl(first);
  const page = await openPage();
  let isHeld = true;
  await page.route('**/console/config.json', (route) => (isHeld ? route.abort() : route.continue()));
  await page.goto(url);
  await page.getByText(GONE).waitFor();
  isHeld = false;
  await page.getByText('You have no workbench yet.').waitFor();
});
