import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { LocalServer } from '../local-server.ts';

/** What the tests of the console share. */

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** The part of the results of axe that is read. */
interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly target: readonly string[] }[];
  }[];
}

/** With this variable the screenshots replace those of docs/console.md. */
const SCREENSHOTS_DIR =
  process.env.CONSOLE_SCREENSHOTS === 'docs'
    ? join(import.meta.dirname, '../../../docs/console')
    : join(import.meta.dirname, '../../../test-results/console');

/** The screens that the tests show: from the narrowest phone to a desktop. */
export const NARROW = { width: 360, height: 740 };
export const WIDE = { width: 1440, height: 900 };

/** Returns the first address that `npm start` prints: that of the console. */
export function findConsoleUrl(server: LocalServer): string {
  const url = /http\S+/.exec(server.output)?.[0];
  if (url === undefined) throw new Error('no address is printed');
  return url;
}

/** Opens a page of the console and records what it breaks: errors of scripts, and of the Content-Security-Policy. */
export function recordFaults(page: Page): readonly string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    // A request that fails is listed as well. Tests of a server that is gone expect that.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(message.text());
  });
  return faults;
}

/**
 * Checks a screen in all forms in which people see it: nothing is cut off or scrolls sideways at 360 pixels, axe finds no violation
 * that is serious or worse in the light and in the dark. Stores screenshots.
 */
export async function checkScreen(page: Page, name: string): Promise<void> {
  const previous = page.viewportSize() ?? WIDE;
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const [width, viewport] of [
      ['narrow', NARROW],
      ['wide', WIDE],
    ] as const) {
      await page.setViewportSize(viewport);
      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      expect(overflow, `${name} scrolls sideways at ${viewport.width} pixels`).toBe(0);
      expect(await listViolations(page), `${name}, ${colorScheme}, ${width}`).toEqual([]);
      const isDocumented = (colorScheme === 'light') === (width === 'wide');
      if (isDocumented) await storeScreenshot(page, `${name}-${width}`, width === 'wide');
    }
  }
  await page.setViewportSize(previous);
}

/** Returns the rules that the screen breaks seriously, each with its elements. */
async function listViolations(page: Page): Promise<readonly string[]> {
  // By the debugger of the browser: the Content-Security-Policy of the console allows no other scripts.
  await page.evaluate(await readFile(AXE, 'utf8'));
  const results = await page.evaluate<AxeResults>('axe.run()');
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}

/** @param fullPage with what a reader would scroll to: the sections of a workbench, or of the administration */
async function storeScreenshot(page: Page, name: string, fullPage: boolean): Promise<void> {
  await mkdir(SCREENSHOTS_DIR, { recursive: true });
  await page.evaluate('scrollTo(0, 0)');
  await page.screenshot({ path: join(SCREENSHOTS_DIR, `${name}.png`), fullPage });
}
