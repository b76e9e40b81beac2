import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { poll } from '../api-calls.ts';
import { openBrowser, openPage } from '../browser.ts';
import { findConsoleUrl } from '../console/console-page.ts';
import { findInstalled } from '../installed-programs.ts';
import { openNotebook, runCell, waitForLab } from '../notebook-page.ts';
import { IdleServer, LIMIT_MINUTES } from './idle-server.ts';

/** Opens a page whose clock the server advances, too. */
async function openTab(server: IdleServer, url: string, browser: Awaited<ReturnType<typeof openBrowser>>) {
  const page = await openPage(browser);
  await page.clock.install();
  server.pages.push(page);
  await page.goto(url);
  return page;
}

/** Lets a workbench that is not used become idle: the console shows the warning, and then it is stopped. */
async function expectIdleStop(
  server: IdleServer,
  id: string,
  browser: Awaited<ReturnType<typeof openBrowser>>,
) {
  const console = await openTab(server, findConsoleUrl(server.local), browser);
  await console.getByText(`when not used for ${LIMIT_MINUTES} minutes`).waitFor();
  const isWarned = async () => (await poll(server, id)).stops_at !== undefined;
  await server.advance(LIMIT_MINUTES, isWarned);
  // The item says by what it is still kept.
  expect(await poll(server, id)).toMatchObject({ status: 'running', stops_because: 'idle' });
  await console.getByText('if it is not used').waitFor();
  expect(await server.advance(15, async () => (await poll(server, id)).status === 'stopped')).toBe(true);
  expect((await poll(server, id)).status_reason).toMatchObject({ code: 'idle' });
}

test('JupyterLab is not stopped while a kernel is busy, and is stopped with an idle kernel and an open tab, after a warning in the console', async ({
  skip,
}) => {
  const folder = dirname(findInstalled('jupyter-lab', skip));
  const server = await IdleServer.start({ WB_LOCAL_IDE: 'jupyter' }, 'fast', [folder]);
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
  await expectIdleStop(server, id, browser);
});

/** Sends the kernel the signal that the Stop button of JupyterLab sends. */
async function interruptKernel(server: IdleServer): Promise<void> {
  for (const pid of await server.local.workbenchPrograms()) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
    if (command.includes('ipykernel')) process.kill(pid, 'SIGINT');
  }
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
