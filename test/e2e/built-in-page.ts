import type { Page } from 'playwright-core';

/** Waits until the small built-in workbench is open, with its files read. */
export async function waitForBuiltInPage(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'workspace' }).waitFor();
}

/** Makes a file, types into it and saves it, as a person does. */
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

/** Opens a file of the list and answers what the editor shows. */
export async function readFileInPage(page: Page, name: string): Promise<string> {
  await page.getByTestId('entries').getByRole('button', { name }).click();
  const editor = page.getByLabel(`Content of ${name}`);
  await editor.waitFor();
  return await editor.inputValue();
}
