import { accessSync, constants } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

/** Git ignores this folder. */
const SCREENSHOTS_DIR = join(import.meta.dirname, '../../test-results');

/** The longest wait for an element of a page, milliseconds. */
const PAGE_TIMEOUT_MS = 30_000;

export function findChromium(): string {
  const path = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch (cause) {
    throw new Error(
      `Chromium was not found at ${path}. Install it (Debian: apt-get install -y chromium), or set CHROMIUM_PATH.`,
      { cause },
    );
  }
}

/**
 * Opens a browser that is closed when the test ends.
 * @param more options of its command line
 */
export async function openBrowser(
  executablePath = findChromium(),
  more: readonly string[] = [],
): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath,
    args: [
      // A container has no sandbox for root and only a small /dev/shm.
      ...['--no-sandbox', '--disable-dev-shm-usage'],
      // Chromium sends no requests except to the pages under test.
      ...[
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
      ...more,
    ],
  });
  onTestFinished(() => browser.close());
  return browser;
}

/** Opens a tab. A screenshot is stored when the test fails. */
export async function openPage(browser?: Browser): Promise<Page> {
  const page = await (browser ?? (await openBrowser())).newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(PAGE_TIMEOUT_MS);
  onTestFinished(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    await mkdir(SCREENSHOTS_DIR, { recursive: true });
    const path = join(SCREENSHOTS_DIR, `${task.name.replaceAll(/[^\w]+/g, '-').slice(0, 80)}.png`);
    await page.screenshot({ path });
    console.error(`Screenshot of the page: ${path}`);
  });
  return page;
}
