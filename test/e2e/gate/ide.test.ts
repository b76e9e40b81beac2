import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { findOnPath } from '#adapters/local/processes/command.ts';
import { INSTALLED_IDE } from '#local/installed-ide.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { openPage } from '../browser.ts';
import { repeatInOpenTerminal, typeInTerminal, waitForIde } from '../ide-page.ts';
import { enterSecret, SecretServer } from './secret-sign-in.ts';

const CODE_SERVER = findOnPath('code-server', process.env.PATH) ?? findOnPath('code-server', INSTALLED_IDE);
/** Set in CI after the installation of code-server. The test fails then instead of being skipped. */
const REQUIRED = process.env.E2E_IDE === 'required';

const JUPYTER_LAB = findOnPath('jupyter-lab', process.env.PATH);
/** The longest wait for JupyterLab, which loads some MiB of scripts and starts a kernel, milliseconds. */
const LAB_TIMEOUT_MS = 60_000;
/** JupyterLab sends a file in chunks of 1 MiB. */
const UPLOAD_BYTES = 3 * 1024 * 1024;

/** Starts a workbench with this IDE on its own host, signs in and opens it. */
async function openWorkbench(ide: string) {
  const server = await SecretServer.start({
    WB_BOOT_COMMAND: '',
    WB_LOCAL_IDE: ide,
    WB_WORKBENCH_ADDRESS: 'host',
  });
  const { id, origin } = await server.createWorkbench('First');
  const page = await openPage();
  await page.goto(origin);
  await enterSecret(page, server.key);
  return { server, page, folder: join(server.local.dataDir, 'volumes', id) };
}

/** Counts from now on how often the page is loaded, and how many WebSockets it opens. */
function countConnections(page: Page): { loads: number; sockets: number } {
  const counts = { loads: 0, sockets: 0 };
  page.on('load', () => {
    counts.loads += 1;
  });
  page.on('websocket', () => {
    counts.sockets += 1;
  });
  return counts;
}

async function isDone(path: string): Promise<boolean> {
  return (await readFile(path, 'utf8').catch(() => '')) === 'done';
}

test('the terminal of code-server goes on behind the sign-in after kill -9 of the gate, without a reload', async ({
  skip,
}) => {
  if (CODE_SERVER === undefined && !REQUIRED) {
    const reason = 'code-server is not installed: run `npm run local:ide`';
    console.warn(`Skipped: ${reason}.`);
    skip(reason);
  }
  const { server, page, folder } = await openWorkbench('code-server');
  await waitForIde(page);
  const [before, after] = [join(folder, 'before.txt'), join(folder, 'after.txt')];
  await typeInTerminal(page, 'printf done > before.txt');
  await eventually(waitRealStep, 'before.txt is written', () => isDone(before));

  const counts = countConnections(page);
  await server.local.killGate();
  await repeatInOpenTerminal(page, 'printf done > after.txt', () => isDone(after));
  expect(counts.loads).toBe(0);
  expect(counts.sockets).toBeGreaterThan(0);
});

test('JupyterLab receives an upload behind the sign-in, and its kernel goes on after kill -9 of the gate, without a reload', async ({
  skip,
}) => {
  if (JUPYTER_LAB === undefined) {
    const reason = 'jupyter-lab is not on PATH';
    console.warn(`Skipped: ${reason}.`);
    skip(reason);
  }
  const { server, page, folder } = await openWorkbench('jupyter');
  const upload = page.getByTitle('Upload Files').first();
  await upload.waitFor({ timeout: LAB_TIMEOUT_MS });
  const buffer = randomBytes(UPLOAD_BYTES);
  const chooser = page.waitForEvent('filechooser');
  await upload.click();
  await (await chooser).setFiles({ name: 'upload.bin', mimeType: 'application/octet-stream', buffer });
  await eventually(waitRealStep, 'the file is uploaded', async () => {
    const uploaded = await readFile(join(folder, 'upload.bin')).catch(() => undefined);
    return uploaded?.equals(buffer);
  });

  await page.locator('.jp-LauncherCard[data-category="Notebook"]').first().click();
  await runCell(page, 'value = 20; value + 1', '21');
  const counts = countConnections(page);
  await server.local.killGate();
  // Only the same kernel has the variable.
  await runCell(page, 'value + 22', '42');
  expect(counts.loads).toBe(0);
  expect(counts.sockets).toBeGreaterThan(0);
});

/** Runs code in the last cell of the notebook and waits for its result. */
async function runCell(page: Page, code: string, result: string): Promise<void> {
  const cell = page.locator('.jp-Notebook .jp-CodeCell .cm-content').last();
  await cell.click({ timeout: LAB_TIMEOUT_MS });
  await page.keyboard.type(code);
  await page.keyboard.press('Shift+Enter');
  const output = page.locator('.jp-OutputArea-output').getByText(result, { exact: true });
  await output.waitFor({ timeout: LAB_TIMEOUT_MS });
}
