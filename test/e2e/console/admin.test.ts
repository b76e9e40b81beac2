import { expect, test } from 'vitest';
import { openPage } from '../browser.ts';
import { createDataDir, LocalServer } from '../local-server.ts';
import { checkScreen, findConsoleUrl, recordFaults } from './console-page.ts';

/** Prints a line, and never listens: a workbench that hangs in its start. */
const HANGS = "echo 'waiting for a licence'; sleep 1000";

async function create(api: string, user: string, name: string): Promise<void> {
  const response = await fetch(`${api}/workbenches?user_id=${user}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ workbench_name: name }),
  });
  expect(response.status).toBe(201);
}

test('an operator finds a workbench that hangs, reads its output, stops it and what others run, and empties the machine', async () => {
  const server = await LocalServer.start(await createDataDir(), { WB_BOOT_COMMAND: HANGS });
  await create(server.api, 'ada', 'Hangs');
  await create(server.api, 'bob', 'Notebook');
  await create(server.api, 'bob', 'Other notebook');
  const page = await openPage();
  const faults = recordFaults(page);
  await page.goto(findConsoleUrl(server));
  await page.getByRole('link', { name: 'Administration' }).click();
  await page.getByRole('row', { name: 'Other notebook' }).waitFor();
  await page.getByRole('button', { name: 'Sort by Owner' }).click();
  await page.getByText('local', { exact: true }).first().waitFor();
  await page.getByText(/^3 workbenches: .*Other notebook \(bob\)/).waitFor();
  // A sweep has ended since the start of the server.
  await page.getByRole('region', { name: 'The last report of each sweep' }).waitFor();
  await checkScreen(page, 'admin');

  await page.getByLabel('Sweep', { exact: true }).selectOption('tasks');
  await page.getByRole('button', { name: 'Start the sweep' }).click();
  await page.getByText('The sweep tasks has ended.').waitFor();

  await page.getByRole('link', { name: 'Hangs' }).click();
  await page.getByRole('heading', { name: 'Hangs' }).waitFor();
  await page.getByRole('button', { name: 'Show the output' }).click();
  await page.getByRole('log').getByText('waiting for a licence').waitFor();
  await page.getByRole('button', { name: 'Stop Hangs' }).click();
  await page.getByText('Stopped', { exact: true }).first().waitFor();

  await page.getByRole('link', { name: 'Administration' }).click();
  await page.getByRole('checkbox', { name: 'Select this page' }).check();
  await page.getByRole('button', { name: 'Stop the selected' }).click();
  await page.getByText(/^Requested for \d of \d workbenches\.$/).waitFor();
  await page.getByText('No workbench matches.').waitFor();

  await page.getByLabel('Whose workbenches').fill('bob');
  await page.keyboard.press('Enter');
  await page.getByRole('row', { name: 'Other notebook' }).getByText('Stopped').waitFor();

  await page.getByRole('button', { name: 'Empty local' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Empty' }).click();
  await page.getByText('local takes no new workbench.').waitFor();
  await page.getByRole('checkbox', { name: 'Select Notebook' }).check();
  await page.getByRole('button', { name: 'Start the selected' }).click();
  await page.getByRole('alert').getByText('Notebook:').waitFor();
  await page.getByRole('button', { name: 'local: take workbenches again' }).click();
  await page.getByText('local takes workbenches again.').waitFor();
  await page.getByRole('button', { name: 'Start the selected' }).click();
  await page.getByText('Requested for 1 of 1 workbenches.').waitFor();

  await page.getByRole('button', { name: 'Show the cost' }).click();
  const costs = page.getByRole('region', { name: 'Cost by user' });
  await costs.getByRole('row', { name: /^ada .*\$/ }).waitFor();
  await costs.getByRole('row', { name: /^bob .*\$/ }).waitFor();
  await checkScreen(page, 'admin');
  expect(faults).toEqual([]);
});

test('a list of 1,000 workbenches is read in pages and searched by the server', async () => {
  const server = await LocalServer.start(await createDataDir(), { WB_LOCAL_MAX_RUNNING: '1' });
  // All at once would exceed the time of a request.
  for (let first = 0; first < 1000; first += 50) {
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => create(server.api, 'me', `Workbench ${first + index}.`)),
    );
  }
  const page = await openPage();
  await page.goto(findConsoleUrl(server));
  await page.getByRole('heading', { name: 'Workbench 999.' }).waitFor();
  expect(await page.getByRole('listitem').count()).toBe(50);
  await page.getByRole('button', { name: 'Show more' }).click();
  await page.getByRole('heading', { name: 'Workbench 910.' }).waitFor();
  await page.getByLabel('Filter by name').fill('workbench 123.');
  await page.getByRole('heading', { name: 'Workbench 123.' }).waitFor();
  await page.getByRole('heading', { name: 'Workbench 999.' }).waitFor({ state: 'hidden' });
});
