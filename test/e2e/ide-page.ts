import { errors, type Page } from 'playwright-core';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';

/** The longest wait for the IDE, which loads some MiB of scripts and starts processes, milliseconds. */
const IDE_TIMEOUT_MS = 60_000;
/** The longest wait for the command palette, milliseconds. Then it is opened again. On a busy computer it takes some seconds. */
const PALETTE_TIMEOUT_MS = 8_000;
/** The longest wait for the echo of typed text, milliseconds. Then it is typed again. */
const ECHO_TIMEOUT_MS = 15_000;

/** Waits until the IDE is open and has read its folder. */
export async function waitForIde(page: Page): Promise<void> {
  await page.locator('.monaco-workbench .explorer-folders-view').waitFor({ timeout: IDE_TIMEOUT_MS });
}

/** Opens a new terminal and runs a line in it. */
export async function typeInTerminal(page: Page, line: string): Promise<void> {
  await runCommand(page, 'Terminal: Create New Terminal');
  await typeInOpenTerminal(page, line);
}

/**
 * Runs a line in the terminal that is shown. Input may be lost while the shell starts, so the line is typed again until
 * it is shown after the prompt.
 */
async function typeInOpenTerminal(page: Page, line: string): Promise<void> {
  const input = page.locator('.terminal-wrapper.active textarea.xterm-helper-textarea');
  await input.waitFor({ state: 'attached', timeout: IDE_TIMEOUT_MS });
  const rows = page.locator('.terminal-wrapper.active .xterm-rows');
  /** Whether the terminal ends with a prompt and this text. Spaces are ignored because the terminal wraps lines. */
  const showsPromptWith = async (typed: string) => {
    const shown = ((await rows.textContent()) ?? '').replaceAll(/\s/g, '');
    const expected = typed.replaceAll(/\s/g, '');
    return shown.endsWith(expected) && /[$#%]$/.test(shown.slice(0, shown.length - expected.length));
  };
  await eventually(waitRealStep, `the terminal shows "${line}"`, async () => {
    await input.focus();
    await page.keyboard.press('Control+C');
    if (!(await becomesTrueWithin(ECHO_TIMEOUT_MS, () => showsPromptWith('')))) return false;
    await page.keyboard.type(line);
    return await becomesTrueWithin(ECHO_TIMEOUT_MS, () => showsPromptWith(line));
  });
  await page.keyboard.press('Enter');
}

/** Types a line into the terminal that is shown, without waiting for its echo. */
export async function typeLine(page: Page, line: string): Promise<void> {
  await page.locator('.terminal-wrapper.active textarea.xterm-helper-textarea').focus();
  await page.keyboard.type(line);
  await page.keyboard.press('Enter');
}

/** Polls a condition. Returns whether it became true within `ms` milliseconds. */
async function becomesTrueWithin(ms: number, condition: () => Promise<boolean>): Promise<boolean> {
  const until = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > until) return false;
    await waitRealStep();
  }
  return true;
}

/**
 * Executes a command from the command palette. While the IDE starts, keys may be lost and commands may be missing, so
 * the palette is opened again until it lists the command.
 */
async function runCommand(page: Page, command: string): Promise<void> {
  const palette = page.locator('.quick-input-widget input[type=text]');
  const entry = page.locator('.quick-input-list').getByText(command, { exact: true }).first();
  await eventually(waitRealStep, `the palette offers "${command}"`, async () => {
    try {
      await page.keyboard.press('F1');
      await palette.fill(`>${command}`, { timeout: PALETTE_TIMEOUT_MS });
      await entry.click({ timeout: PALETTE_TIMEOUT_MS });
      return true;
    } catch (error) {
      if (!(error instanceof errors.TimeoutError)) throw error;
      await page.keyboard.press('Escape');
      return false;
    }
  });
}

/** Opens a file of the explorer and waits until the editor shows this text. */
export async function waitForTextInEditor(page: Page, name: string, text: string): Promise<void> {
  await page.locator('.explorer-folders-view').getByText(name, { exact: true }).dblclick();
  // The editor renders non-breaking spaces.
  const pattern = new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(' ', '\\s'));
  await page.locator('.editor-instance .view-lines').getByText(pattern).waitFor({ timeout: IDE_TIMEOUT_MS });
}
