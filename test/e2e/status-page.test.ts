import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openPage } from './browser.ts';
import { waitForBuiltInPage } from './built-in-page.ts';
import { createDataDir, LocalServer } from './local-server.ts';
import { pollUntil, runPrintedCommand } from './printed-commands.ts';

/** Waits for a file `open` in its folder and then serves HTTP, so that a test controls the duration of the start. */
const SLOW_BOOT_COMMAND = [
  'until [ -e open ]; do sleep 0.05; done',
  `exec '${process.execPath}' -e "require('http').createServer((_, response) => response.end('Good morning')).listen(process.env.PORT, '127.0.0.1')"`,
].join('; ');

test.each([
  ['host', (id: string, endpoint: string) => `http://${id}.localhost:${new URL(endpoint).port}/`],
  ['prefix', (_id: string, endpoint: string) => `${endpoint}/`],
])(
  'with WB_WORKBENCH_ADDRESS=%s the page of a starting workbench shows its status and is replaced by the workbench',
  async (mode, addressOf) => {
    const dataDir = await createDataDir();
    const server = await LocalServer.start(dataDir, {
      WB_BOOT_COMMAND: SLOW_BOOT_COMMAND,
      WB_WORKBENCH_ADDRESS: mode,
    });
    const page = await openPage();
    const { item } = await runPrintedCommand(server, 'create');
    await pollUntil(server, item.workbench_id, 'pending');

    const response = await page.goto(item.public_endpoint);
    expect(response?.status()).toBe(503);
    expect(await page.getByRole('heading').textContent()).toBe('First');
    await page.getByText('Status: pending').waitFor();

    await writeFile(join(dataDir, 'volumes', item.workbench_id, 'open'), '');
    await page.getByText('Good morning').waitFor();
    expect(page.url()).toBe(addressOf(item.workbench_id, item.public_endpoint));
  },
);

test('the Start button of a stopped workbench starts it and leads back to the path that was asked for', async () => {
  const server = await LocalServer.start(await createDataDir());
  const page = await openPage();
  const { item } = await runPrintedCommand(server, 'create');
  await pollUntil(server, item.workbench_id, 'running');
  await runPrintedCommand(server, 'stop', item.workbench_id);
  await pollUntil(server, item.workbench_id, 'stopped');

  const response = await page.goto(`${item.public_endpoint}/?from=bookmark`);
  expect(response?.status()).toBe(503);
  await page.getByText('Status: stopped').waitFor();
  // A reload, which the page also does by itself, starts nothing.
  await page.reload();
  await page.getByText('Status: stopped').waitFor();
  await page.getByRole('button', { name: 'Start the workbench' }).click();
  await waitForBuiltInPage(page);
  expect(new URL(page.url()).search).toBe('?from=bookmark');
});

test('the page of a workbench whose program exited shows the reason', async () => {
  const server = await LocalServer.start(await createDataDir(), { WB_BOOT_COMMAND: 'exit 7' });
  const page = await openPage();
  const { item } = await runPrintedCommand(server, 'create');
  await pollUntil(server, item.workbench_id, 'stopped');

  await page.goto(item.public_endpoint);
  await page.getByText(/^Reason: .*7.* \(exited\)$/).waitFor();
});
