import type { Page } from 'playwright-core';

/** Waits until the built-in page is open and has listed its files. */
export async function waitForBuiltInPage(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'workspace' }).waitFor();
}

/** Creates a file, types text and saves it. */
export async function writeFileInPage(page: Page, name: string, text: string): Promise<void> {
  await page.getByRole('button', { name: 'New file' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', { name: 'Create' }).click();
  const editor = page.getByLabel(`Content of ${name}`);
  await editor.waitFor();
  await editor.pressSequentially(text);
  await page.getByTestId('unsaved').waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText(`Saved ${name}.`).waitFor();
  await page.getByTestId('unsaved').waitFor({ state: 'hidden' });
}

/** Opens a listed file and returns the text in the editor. */
export async function readFileInPage(page: Page, name: string): Promise<string> {
  await page.getByTestId('entries').getByRole('button', { name }).click();
  const editor = page.getByLabel(`Content of ${name}`);
  await editor.waitFor();
  return await editor.inputValue();
}
