import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openPage } from '../browser.ts';
import { findInstalled } from '../installed-programs.ts';
import { createDataDir } from '../local-server.ts';
import { enterSecret, SecretServer } from './secret-sign-in.ts';

/** The longest wait for the app, which loads some MiB of scripts and starts a kernel, milliseconds. */
const APP_TIMEOUT_MS = 60_000;

/** Adds 1 to the number in its text field. */
const APP = `import marimo
app = marimo.App()

@app.cell
def _():
    import marimo as mo
    number = mo.ui.text(label="Number", value="20")
    number
    return mo, number

@app.cell
def _(mo, number):
    mo.md(f"The next one is {int(number.value) + 1}.")
    return
`;

test('an app of marimo computes behind the sign-in', async ({ skip }) => {
  const marimo = findInstalled('marimo', skip);
  const dataDir = await createDataDir();
  const app = join(dataDir, 'app.py');
  await writeFile(app, APP);
  const server = await SecretServer.start(
    {
      WB_BOOT_COMMAND: `exec '${marimo}' run --headless --host 127.0.0.1 --port "$PORT" '${app}'`,
      WB_WORKBENCH_ADDRESS: 'host',
    },
    dataDir,
  );
  const { origin } = await server.createWorkbench('First');
  const page = await openPage();
  const frames: string[] = [];
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => frames.push(payload.toString())),
  );
  await page.goto(origin);
  await enterSecret(page, server.key);
  await page.getByText('The next one is 21.').waitFor({ timeout: APP_TIMEOUT_MS });
  const number = page.getByLabel('Number');
  await number.fill('41');
  await number.press('Enter');
  await page.getByText('The next one is 42.').waitFor();
  // The kernel sends its results on the WebSocket.
  expect(frames.join()).toContain('The next one is 42.');
});
