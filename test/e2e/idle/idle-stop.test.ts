import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { poll } from '../api-calls.ts';
import { openBrowser, openPage } from '../browser.ts';
import { findConsoleUrl } from '../console/console-page.ts';
import { waitForIde } from '../ide-page.ts';
import { findInstalled } from '../installed-programs.ts';
import { openNotebook, runCell, waitForLab } from '../notebook-page.ts';
import { IdleServer, LIMIT_MINUTES } from './idle-server.ts';

/** The address of the console is not known before the server has a port. */
const CONSOLE_URL = 'http://console.example';
const WITH_CONSOLE = { WB_GATE_CONSOLE_URL: CONSOLE_URL };

/**
 * Opens a page whose clock the server advances, too.
 * @param onMessage is called when the page sends a message on a WebSocket
 */
async function openTab(
  server: IdleServer,
  url: string,
  browser: Awaited<ReturnType<typeof openBrowser>>,
  onMessage: () => void = () => {},
) {
  const page = await openPage(browser);
  page.on('websocket', (socket) => socket.on('framesent', onMessage));
  await page.clock.install();
  server.pages.push(page);
  await page.goto(url);
  return page;
}

/**
 * Lets a workbench that is not used become idle although a tab shows it: the console and the tab show the warning, it is stopped, and
 * the tab says so and leads to the reason.
 */
async function expectIdleStop(
  server: IdleServer,
  id: string,
  tab: Page,
  browser: Awaited<ReturnType<typeof openBrowser>>,
) {
  const console = await openTab(server, findConsoleUrl(server.local), browser);
  await console.getByText(`when not used for ${LIMIT_MINUTES} minutes`).waitFor();
  const notice = tab.getByRole('status').filter({ hasText: 'This workbench' });
  const isWarned = async () => (await poll(server, id)).stops_at !== undefined;
  await server.advance(LIMIT_MINUTES - 12);
  expect(await notice.count()).toBe(0);
  await server.advance(12, isWarned);
  // The item says by what it is still kept.
  expect(await poll(server, id)).toMatchObject({ status: 'running', stops_because: 'idle' });
  await console.getByText('if it is not used').waitFor();
  await server.advance(1);
  await expect
    .poll(() => notice.textContent())
    .toMatch(
      /^This workbench stops in \d+ minutes because it is not used\. Use it or extend it to keep it running\.$/,
    );
  const address = `${CONSOLE_URL}/#/workbenches/${id}?owner=me`;
  expect(await tab.getByRole('link', { name: 'Extend it' }).getAttribute('href')).toBe(address);

  expect(await server.advance(15, async () => (await poll(server, id)).status === 'stopped')).toBe(true);
  expect((await poll(server, id)).status_reason).toMatchObject({ code: 'idle' });
  await server.advance(
    2,
    async () => (await notice.textContent())?.includes('not running any more') ?? false,
  );
  await tab.getByRole('button', { name: 'Reload', exact: true }).click();
  await tab.getByText('The workbench is stopped.').waitFor();
  await tab.getByText(`longer than its limit of ${LIMIT_MINUTES} minutes`).waitFor();
  await tab.getByRole('link', { name: 'Why did it stop, and how do I keep it?' }).click();
  await tab.getByRole('heading', { name: 'How to keep it' }).waitFor();
}

test('JupyterLab is not stopped while a kernel is busy, and is stopped with an idle kernel and an open tab, after a warning in the tab and in the console', async ({
  skip,
}) => {
  const folder = dirname(findInstalled('jupyter-lab', skip));
  const server = await IdleServer.start({ WB_LOCAL_IDE: 'jupyter', ...WITH_CONSOLE }, 'fast', [folder]);
  const { workbench_id: id, public_endpoint: url } = await server.createWorkbench();
  const browser = await openBrowser();
  const lab = await openTab(server, url, browser);
  await waitForLab(lab);
  await openNotebook(lab);
  await runCell(lab, 'print(6 * 7)', '42');
  await runCell(lab, 'import time; print("works", flush=True); time.sleep(36000)', 'works');

  await server.advance(2 * LIMIT_MINUTES);
  expect(await poll(server, id)).toMatchObject({ status: 'running', idle_because: 'ide' });
  await interruptKernel(server);
  await expectIdleStop(server, id, lab, browser);
});

test('code-server with an open tab whose heartbeat goes on is stopped, after a warning in the tab and in the console', async ({
  skip,
}) => {
  const codeServer = findInstalled('code-server', skip);
  const server = await IdleServer.start(
    { WB_LOCAL_IDE: 'code-server', ...WITH_CONSOLE },
    'fast',
    [],
    codeServer,
  );
  const { workbench_id: id, public_endpoint: url } = await server.createWorkbench();
  const browser = await openBrowser();
  let sent = 0;
  const ide = await openTab(server, url, browser, () => {
    sent += 1;
  });
  await waitForIde(ide);
  const atFirst = sent;
  await server.advance(2);
  // A message every five seconds.
  expect(sent - atFirst).toBeGreaterThan(20);
  await expectIdleStop(server, id, ide, browser);
});

/** Sends the kernel the signal that the Stop button of JupyterLab sends. */
async function interruptKernel(server: IdleServer): Promise<void> {
  for (const pid of await server.local.workbenchPrograms('ipykernel')) process.kill(pid, 'SIGINT');
}

/** Works while the file `busy` exists, and asks to be kept for an hour when the file `keep` appears. */
const JOB = `node -e 'require("http").createServer((_, response) => response.end()).listen(process.env.WB_SOCKET)' &
until [ -e end ]; do
  if [ -e busy ]; then i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; else sleep 0.1; fi
  if [ -e keep ]; then
    printf 'header = "Authorization: Bearer %s"' "$WB_ACTIVITY_TOKEN" | curl -s --config - -H 'Content-Type: application/json' \\
      -d "{\\"keepalive_until\\": \\"$(cat keep)\\"}" "$WB_ACTIVITY_URL" && rm keep
  fi
done`;

test('a job holds the stop off while its processors are busy, for an hour at most, and a keepalive from inside for as long as it says', async () => {
  const server = await IdleServer.start(
    { WB_BOOT_COMMAND: JOB, WB_LOCAL_IDE: '', WB_BUSY_HOLD_HOURS: '1' },
    'real',
  );
  const { workbench_id: id } = await server.createWorkbench();
  const folder = join(server.local.dataDir, 'volumes', id);
  await writeFile(join(folder, 'busy'), '');
  await server.advance(3 * LIMIT_MINUTES);
  const busy = await poll(server, id);
  expect(busy).toMatchObject({ status: 'running', idle_because: 'busy' });
  expect(busy.stops_at).toBeUndefined();

  const isWarned = async () => (await poll(server, id)).stops_at !== undefined;
  expect(await server.advance(45, isWarned)).toBe(true);
  await rm(join(folder, 'busy'));
  const until = new Date(Date.parse((await poll(server, id)).stops_at ?? '') + 3_600_000);
  await writeFile(join(folder, 'keep'), until.toISOString());
  expect(await server.advance(15, async () => !(await isWarned()))).toBe(true);
  await server.advance(20);
  expect(await poll(server, id)).toMatchObject({ status: 'running', idle_because: 'keepalive' });
});
