import { expect, test } from 'vitest';
import { openBrowser, openPage } from '../browser.ts';
import { createDataDir, LocalServer } from '../local-server.ts';
import { runPrintedCommand } from '../printed-commands.ts';
import { checkScreen, findConsoleUrl, recordFaults } from './console-page.ts';

test('a link is shown once, gives access to who has it, and is revoked with the access that it gave', async () => {
  const server = await LocalServer.start(await createDataDir());
  const { item } = await runPrintedCommand(server, 'create');
  const page = await openPage(await openBrowser());
  const faults = recordFaults(page);
  const url = `${findConsoleUrl(server)}#/workbenches/${item.workbench_id}`;
  await page.goto(url);
  await page.getByText('There is no link.').waitFor();
  await page.getByLabel('Users who can use it').fill('101');
  await page.getByRole('button', { name: 'Create a link' }).click();
  // The browser refuses the number before it is sent.
  expect(await page.getByLabel('Code of the new link').count()).toBe(0);
  await page.getByLabel('Users who can use it').fill('2');
  await page.getByRole('button', { name: 'Create a link' }).click();
  const code = await page.getByLabel('Code of the new link').inputValue();
  expect(code).toMatch(/^\S{87}$/);
  await page.getByText('2 of 2 uses left').waitFor();
  await checkScreen(page, 'share-links');

  const redeemed = await fetch(`${server.api}/share-links/redeem?user_id=bob`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  });
  expect(redeemed.status).toBe(200);
  await page.reload();
  await page.getByText('1 of 2 uses left').waitFor();
  await page.getByRole('button', { name: 'Take back from bob' }).waitFor();
  expect(await page.getByLabel('Code of the new link').count()).toBe(0);
  expect(await page.content()).not.toContain(code);

  await page.getByRole('button', { name: /^Revoke with access: the link / }).click();
  await page.getByText('There is no link.').waitFor();
  await page.getByText('Only you have access.').waitFor();
  expect(faults).toEqual([]);
});
