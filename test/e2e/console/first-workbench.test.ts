import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openPage } from '../browser.ts';
import { waitForBuiltInPage, writeFileInPage } from '../built-in-page.ts';
import { createDataDir, LocalServer } from '../local-server.ts';
import { checkScreen, findConsoleUrl, recordFaults } from './console-page.ts';

test('the printed address leads a new user into a workbench with a saved file in three clicks', async () => {
  const dataDir = await createDataDir();
  const server = await LocalServer.start(dataDir);
  const page = await openPage();
  const faults = recordFaults(page);

  const response = await page.goto(findConsoleUrl(server));
  expect(response?.status()).toBe(200);
  await page.getByText('You have no workbench yet.').waitFor();
  await page.getByRole('link', { name: 'Create a workbench' }).click();
  const tab = page.context().waitForEvent('page');
  await page.getByRole('button', { name: 'Create and open' }).click();
  const workbench = await tab;
  await waitForBuiltInPage(workbench);
  await writeFileInPage(workbench, 'notes.md', 'the first note');

  const id = new URL(workbench.url()).hostname.split('.')[0] ?? '';
  expect(await readFile(join(dataDir, 'volumes', id, 'notes.md'), 'utf8')).toBe('the first note');
  // A page of a workbench must not be able to navigate the console.
  expect(await workbench.evaluate('window.opener')).toBeNull();
  await page.getByText('Running', { exact: true }).waitFor();
  expect(faults).toEqual([]);
});

test('a workbench is stopped, resized, renamed, started and deleted by its name', async () => {
  const server = await LocalServer.start(await createDataDir());
  const page = await openPage();
  const faults = recordFaults(page);
  await page.goto(`${findConsoleUrl(server)}#/create`);
  await page.getByLabel('Name').fill('Thesis');
  await page.getByRole('button', { name: 'Create only' }).click();
  await page.getByRole('heading', { name: 'Thesis' }).waitFor();
  await page.getByText('Running', { exact: true }).waitFor();

  await page.getByRole('button', { name: 'Stop Thesis' }).click();
  await page.getByText('Stopped', { exact: true }).first().waitFor();
  await page.getByLabel('Memory (MiB)').fill('4096');
  await page.getByRole('button', { name: 'Change the size' }).click();
  await page.getByText('1 vCPU, 4 GiB').waitFor();
  await page.getByLabel('Name', { exact: true }).fill('Dissertation');
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByRole('heading', { name: 'Dissertation' }).waitFor();
  await checkScreen(page, 'workbench');

  await page.getByRole('button', { name: 'Start Dissertation' }).click();
  await page.getByText('Running', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Delete the workbench' }).click();
  const submit = page.getByRole('button', { name: 'Delete with all files' });
  await page.getByLabel('Type the name').fill('Thesis');
  expect(await submit.isDisabled()).toBe(true);
  await page.getByLabel('Type the name').fill('Dissertation');
  await submit.click();
  await page.getByText('The workbench and its files are deleted.').waitFor();
  await page.getByRole('link', { name: 'To your workbenches' }).click();
  await page.getByText('You have no workbench yet.').waitFor();
  expect(faults).toEqual([]);
});
