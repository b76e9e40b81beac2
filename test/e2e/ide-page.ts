import { errors, type Page } from 'playwright-core';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';

/** Longest wait for the IDE, which loads some MiB of scripts and starts its processes, milliseconds. */
const IDE_TIMEOUT_MS = 60_000;
/** Longest wait for the palette, once it has been asked, milliseconds. */
const PALETTE_TIMEOUT_MS = 1_000;
/** Longest wait for the shell to show what was typed, milliseconds. */
const ECHO_TIMEOUT_MS = 3_000;

/** Waits until the IDE is open and has read its folder. */
export async function waitForIde(page: Page): Promise<void> {
  await page.locator('.monaco-workbench .explorer-folders-view').waitFor({ timeout: IDE_TIMEOUT_MS });
}

/**
 * Opens a new terminal and runs a line in it. What is typed while the shell is starting may be lost in part, so
 * it is typed anew until it stands behind the prompt.
 */
export async function typeInTerminal(page: Page, line: string): Promise<void> {
  await runCommand(page, 'Terminal: Create New Terminal');
  const input = page.locator('.terminal-wrapper.active textarea.xterm-helper-textarea');
  await input.waitFor({ state: 'attached', timeout: IDE_TIMEOUT_MS });
  const rows = page.locator('.terminal-wrapper.active .xterm-rows');
  /** Ends with the prompt of a shell and this; the terminal draws its own spaces and wraps long lines. */
  const prompts = async (typed: string) => {
    const shown = ((await rows.textContent()) ?? '').replaceAll(/\s/g, '');
    const behind = typed.replaceAll(/\s/g, '');
    return shown.endsWith(behind) && /[$#%]$/.test(shown.slice(0, shown.length - behind.length));
  };
  await eventually(waitRealStep, `the terminal shows "${line}"`, async () => {
    await input.focus();
    await page.keyboard.press('Control+C');
    if (!(await becomesTrueWithin(ECHO_TIMEOUT_MS, () => prompts('')))) return false;
    await page.keyboard.type(line);
    return await becomesTrueWithin(ECHO_TIMEOUT_MS, () => prompts(line));
  });
  await page.keyboard.press('Enter');
}

/** Whether a condition comes true within so many milliseconds. */
async function becomesTrueWithin(ms: number, condition: () => Promise<boolean>): Promise<boolean> {
  const until = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > until) return false;
    await waitRealStep();
  }
  return true;
}

/**
 * Chooses a command from the palette. While the IDE is starting a key may be lost, and the palette does not know
 * every command yet: so it is opened anew until it does.
 */
async function runCommand(page: Page, command: string): Promise<void> {
  const palette = page.locator('.quick-input-widget input[type=text]');
  const offered = page.locator('.quick-input-list').getByText(command, { exact: true }).first();
  await eventually(waitRealStep, `the palette offers "${command}"`, async () => {
    try {
      await page.keyboard.press('F1');
      await palette.fill(`>${command}`, { timeout: PALETTE_TIMEOUT_MS });
      await offered.click({ timeout: PALETTE_TIMEOUT_MS });
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
  // The editor draws spaces that do not break.
  const pattern = new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(' ', '\\s'));
  await page.locator('.editor-instance .view-lines').getByText(pattern).waitFor({ timeout: IDE_TIMEOUT_MS });
}
