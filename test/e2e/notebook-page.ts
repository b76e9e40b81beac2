import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';

/** The longest wait for JupyterLab, which loads some MiB of scripts and starts a kernel, milliseconds. */
const LAB_TIMEOUT_MS = 60_000;
/** The longest wait for a result, milliseconds. JupyterLab waits up to a minute between two attempts to connect again. */
const RECONNECT_TIMEOUT_MS = 150_000;

/** Waits until JupyterLab is open. From then on its message about a lost connection is closed, as a user does. */
export async function waitForLab(page: Page): Promise<void> {
  const lost = page.getByRole('dialog', { name: 'Server Connection Error' });
  await page.addLocatorHandler(lost, () => lost.getByRole('button', { name: 'Close' }).click());
  await page.getByTitle('Upload Files').first().waitFor({ timeout: LAB_TIMEOUT_MS });
}

/**
 * Uploads a file by the button of JupyterLab, which sends it in chunks of 1 MiB.
 * @param path where the file must be afterwards
 */
export async function uploadInLab(page: Page, name: string, content: Buffer, path: string): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await page.getByTitle('Upload Files').first().click();
  await (await chooser).setFiles({ name, mimeType: 'application/octet-stream', buffer: content });
  await eventually(waitRealStep, `${name} is uploaded`, async () => {
    const uploaded = await readFile(path).catch(() => undefined);
    return uploaded?.equals(content);
  });
}

/** Opens a new notebook and waits for its kernel. JupyterLab ignores cells that are run before. */
export async function openNotebook(page: Page): Promise<void> {
  await page.locator('.jp-LauncherCard[data-category="Notebook"]').first().click();
  await page.getByText(/\| Idle$/).waitFor({ timeout: LAB_TIMEOUT_MS });
}

/**
 * Runs code in the last cell of the notebook and waits for its result. After a lost connection JupyterLab keeps the code until it has
 * connected again.
 */
export async function runCell(page: Page, code: string, result: string): Promise<void> {
  const cell = page.locator('.jp-Notebook .jp-CodeCell .cm-content').last();
  await cell.fill(code, { timeout: LAB_TIMEOUT_MS });
  await cell.press('Shift+Enter', { timeout: LAB_TIMEOUT_MS });
  const output = page.locator('.jp-OutputArea-output').getByText(result, { exact: true });
  await output.waitFor({ timeout: RECONNECT_TIMEOUT_MS });
}
