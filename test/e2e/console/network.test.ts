import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { openPage } from '../browser.ts';
import { createDataDir, LocalServer } from '../local-server.ts';
import { findConsoleUrl, recordFaults } from './console-page.ts';

/** A page of the local server is to be usable within this time after its address was opened, milliseconds. */
const INTERACTIVE_MS = 1000;
/** Loads until one is that fast. Other programs may slow the computer down for a moment. */
const LOADS_MAX = 20;

/** A connection over a mobile network far from the server. */
const SLOW = { latencyMs: 600, bytesPerSecond: 40_000 };

async function slowDown(page: Page): Promise<void> {
  const debuggedPage = await page.context().newCDPSession(page);
  await debuggedPage.send('Network.enable');
  await debuggedPage.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: SLOW.latencyMs,
    downloadThroughput: SLOW.bytesPerSecond,
    uploadThroughput: SLOW.bytesPerSecond,
  });
}

test('the first screen can be used within a second', async () => {
  const server = await LocalServer.start(await createDataDir());
  const page = await openPage();
  const url = findConsoleUrl(server);
  const times: number[] = [];
  while (times.length < LOADS_MAX && !times.some((ms) => ms < INTERACTIVE_MS)) {
    // A load without the cache: a new user has none.
    await page.context().clearCookies();
    const debuggedPage = await page.context().newCDPSession(page);
    await debuggedPage.send('Network.clearBrowserCache');
    await page.goto('about:blank');
    const startedAt = performance.now();
    await page.goto(url, { waitUntil: 'commit' });
    await page.getByRole('link', { name: 'Create a workbench' }).click();
    await page.getByRole('button', { name: 'Create and open' }).waitFor();
    times.push(Math.round(performance.now() - startedAt));
  }
  expect(Math.min(...times), `loads in ms: ${times.join(', ')}`).toBeLessThan(INTERACTIVE_MS);
});

test('over a slow network a request is shown at once and sent once, and its result follows', async () => {
  const server = await LocalServer.start(await createDataDir());
  const page = await openPage();
  const faults = recordFaults(page);
  const sent: string[] = [];
  page.on('request', (request) => {
    const { pathname, searchParams } = new URL(request.url());
    // The estimate of the form is a dry run.
    if (request.method() === 'POST' && !searchParams.has('dry_run')) sent.push(pathname);
  });
  await slowDown(page);

  await page.goto(`${findConsoleUrl(server)}#/create`, { waitUntil: 'commit' });
  await page.getByLabel('Name').fill('Thesis');
  await page.getByRole('button', { name: 'Create only' }).dblclick();
  await page.getByRole('heading', { name: 'Thesis' }).waitFor();
  await page.getByText('Running', { exact: true }).waitFor();

  await page.getByRole('button', { name: 'Stop Thesis' }).dblclick();
  // Before the response, which takes at least SLOW.latencyMs.
  expect(await page.getByText('Stop requested').count()).toBe(1);
  await page.getByText('Stopped', { exact: true }).first().waitFor();

  const created = sent.filter((path) => path === '/workbenches');
  const stopped = sent.filter((path) => path.endsWith('/stop'));
  expect([created.length, stopped.length]).toEqual([1, 1]);
  expect(faults).toEqual([]);
});
