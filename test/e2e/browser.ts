import { accessSync, constants } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

/** Not kept in the project's history. */
const SCREENSHOTS_DIR = join(import.meta.dirname, '../../test-results');

/** Longest wait for something to appear in a page, milliseconds. */
const PAGE_TIMEOUT_MS = 30_000;

function findChromium(): string {
  const path = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch (cause) {
    throw new Error(
      `There is no Chromium at ${path}. Install it (Debian: apt-get install -y chromium), or say where it is with CHROMIUM_PATH.`,
      { cause },
    );
  }
}

/** A browser of the test's own, closed when the test ends. */
export async function openBrowser(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: [
      // In a container there is neither a sandbox for root nor a large /dev/shm.
      ...['--no-sandbox', '--disable-dev-shm-usage'],
      // It asks nobody but the pages under test.
      ...[
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    ],
  });
  onTestFinished(() => browser.close());
  return browser;
}

/** A tab, of which a picture is kept when the test fails. */
export async function openPage(browser?: Browser): Promise<Page> {
  const page = await (browser ?? (await openBrowser())).newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(PAGE_TIMEOUT_MS);
  onTestFinished(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    await mkdir(SCREENSHOTS_DIR, { recursive: true });
    const path = join(SCREENSHOTS_DIR, `${task.name.replaceAll(/[^\w]+/g, '-').slice(0, 80)}.png`);
    await page.screenshot({ path });
    console.error(`The page as it was: ${path}`);
  });
  return page;
}
