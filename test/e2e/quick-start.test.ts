import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openPage } from './browser.ts';
import { readFileInPage, waitForBuiltInPage, writeFileInPage } from './built-in-page.ts';
import { createDataDir, LocalServer } from './local-server.ts';
import { pollUntil, pollUntilGone, runPrintedCommand } from './printed-commands.ts';

test('the printed commands create a workbench whose file outlives a stop and is deleted with it', async () => {
  const dataDir = await createDataDir();
  const server = await LocalServer.start(dataDir);
  const page = await openPage();

  const created = await runPrintedCommand(server, 'create');
  expect(created).toMatchObject({ success: true, item: { user_id: 'me', workbench_name: 'First' } });
  const { workbench_id, public_endpoint } = created.item;
  await pollUntil(server, workbench_id, 'running');
  await page.goto(public_endpoint);
  await waitForBuiltInPage(page);
  expect(await page.getByTestId('workbench-name').textContent()).toBe('First');
  await writeFileInPage(page, 'notes.md', '# Remember\nthe milk – 🥛');

  const onDisk = join(dataDir, 'volumes', workbench_id, 'notes.md');
  expect(await readFile(onDisk, 'utf8')).toBe('# Remember\nthe milk – 🥛');

  expect(await runPrintedCommand(server, 'stop', workbench_id)).toEqual({ success: true });
  await pollUntil(server, workbench_id, 'stopped');
  expect(await server.workbenchProcesses()).toEqual([]);
  expect(await runPrintedCommand(server, 'start', workbench_id)).toEqual({ success: true });
  const { public_endpoint: again } = await pollUntil(server, workbench_id, 'running');
  expect(again).toBe(public_endpoint);
  await page.goto(public_endpoint);
  await waitForBuiltInPage(page);
  expect(await readFileInPage(page, 'notes.md')).toBe('# Remember\nthe milk – 🥛');

  expect(await runPrintedCommand(server, 'delete', workbench_id)).toEqual({ success: true });
  await pollUntilGone(server, workbench_id);
  for (const folder of ['volumes', 'private', 'logs']) {
    expect(existsSync(join(dataDir, folder, workbench_id)), folder).toBe(false);
  }
  expect(await server.workbenchProcesses()).toEqual([]);
  const response = await page.goto(`${public_endpoint}/`);
  expect(response?.status()).toBe(404);
  expect(await page.getByRole('heading').textContent()).toBe('No such workbench');
});
