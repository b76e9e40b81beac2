import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { openPage } from '../browser.ts';
import { typeInTerminal, typeLine, waitForIde } from '../ide-page.ts';
import { findInstalled, onPath } from '../installed-programs.ts';
import { openNotebook, runCell, uploadInLab, waitForLab } from '../notebook-page.ts';
import { enterSecret, SecretServer } from './secret-sign-in.ts';

const UPLOAD_BYTES = 3 * 1024 * 1024;
/** Of the gate, while a line is typed. */
const KILLS = 3;

/** Starts a workbench with this IDE on its own host, signs in and opens it. */
async function openWorkbench(ide: string, program: string) {
  const server = await SecretServer.start({
    ...onPath(program),
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

test('the terminal of code-server executes each line that is typed during kill -9 of the gate, once and in order, without a reload', async ({
  skip,
}) => {
  const { server, page, folder } = await openWorkbench('code-server', findInstalled('code-server', skip));
  await waitForIde(page);
  let expected = '0\n';
  const waitForLines = () =>
    eventually(
      waitRealStep,
      `lines.txt has ${JSON.stringify(expected)}`,
      async () => (await readFile(join(folder, 'lines.txt'), 'utf8').catch(() => '')) === expected,
    );
  await typeInTerminal(page, 'echo 0 >> lines.txt');
  await waitForLines();

  const counts = countConnections(page);
  for (let line = 1; line <= KILLS; line += 1) {
    const restarted = server.local.killGate();
    // code-server keeps what the workbench has not acknowledged, and sends it again when it has connected again.
    await typeLine(page, `echo ${line} >> lines.txt`);
    await restarted;
    expected += `${line}\n`;
    await waitForLines();
  }
  expect(counts.loads).toBe(0);
  expect(counts.sockets).toBeGreaterThan(0);
});

test('JupyterLab receives an upload behind the sign-in, and its kernel goes on after kill -9 of the gate, without a reload', async ({
  skip,
}) => {
  const { server, page, folder } = await openWorkbench('jupyter', findInstalled('jupyter-lab', skip));
  await waitForLab(page);
  await uploadInLab(page, 'upload.bin', randomBytes(UPLOAD_BYTES), join(folder, 'upload.bin'));
  await openNotebook(page);
  await runCell(page, 'value = 20; value + 1', '21');
  const counts = countConnections(page);
  await server.local.killGate();
  // Only the same kernel has the variable.
  await runCell(page, 'value + 22', '42');
  expect(counts.loads).toBe(0);
  expect(counts.sockets).toBeGreaterThan(0);
});
