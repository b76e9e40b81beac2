import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { openBrowser, openPage } from '../browser.ts';
import { waitForBuiltInPage } from '../built-in-page.ts';
import { createDataDir, LocalServer } from '../local-server.ts';
import { pollUntil, runPrintedCommand } from '../printed-commands.ts';
import { checkScreen, findConsoleUrl, recordFaults } from './console-page.ts';

/** The name of the element with the focus, as a screen reader reads it. */
const FOCUSED = "document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent";

async function createMany(api: string, names: readonly string[]): Promise<void> {
  for (const workbench_name of names) {
    const response = await fetch(`${api}/workbenches?user_id=me`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ workbench_name }),
    });
    expect(response.status).toBe(201);
  }
}

/** A local workbench costs nothing, so the prices of an installation on AWS are put into the responses. */
async function addPrices(page: Page): Promise<void> {
  const priceOf = (cpu: number) => ({ per_hour_running: (0.05 * cpu) / 1024 });
  const priced = (offers: readonly { readonly requested_cpu: number }[]) =>
    offers.map((offer) => ({ ...offer, ...priceOf(offer.requested_cpu) }));
  await page.route('**/templates?*', async (route) => {
    const response = await route.fetch();
    const body = (await response.json()) as Record<'items' | 'sizes', Parameters<typeof priced>[0]>;
    await route.fulfill({
      response,
      json: { ...body, items: priced(body.items), sizes: priced(body.sizes) },
    });
  });
  await page.route('**/workbenches?*dry_run=true', async (route) => {
    const response = await route.fetch();
    const body = (await response.json()) as {
      readonly item: {
        readonly estimate: object;
        readonly quota: { readonly requested: { readonly cpu: number } };
      };
    };
    const { estimate, quota } = body.item;
    const item = { ...body.item, estimate: { ...estimate, ...priceOf(quota.requested.cpu) } };
    await route.fulfill({ response, json: { ...body, item } });
  });
}

test('Home and Create show a status with its reason, in a phone and on a desktop, in the light and in the dark', async () => {
  const server = await LocalServer.start(await createDataDir(), { WB_LOCAL_MAX_RUNNING: '1' });
  const page = await openPage(await openBrowser());
  const faults = recordFaults(page);
  await addPrices(page);
  await page.goto(`${findConsoleUrl(server)}#/create`);
  await page.getByText('1 vCPU, 2 GiB, $0.050 an hour').first().waitFor();
  await page.getByText('About $0.050 an hour while it runs').waitFor();
  await page.getByRole('radio', { name: 'Other' }).check();
  await checkScreen(page, 'create');
  // An invalid value is explained at its field.
  await page.getByLabel('Name').fill('\u200b');
  await page.getByRole('button', { name: 'Create only' }).click();
  await page.getByText('Correct the marked fields.').waitFor();
  expect(await page.getByLabel('Name').getAttribute('aria-invalid')).toBe('true');

  await createMany(server.api, ['Thesis', 'Lecture notes', 'Image segmentation with a long name']);
  await page.goto(findConsoleUrl(server));
  await page.getByText('Running', { exact: true }).waitFor();
  await page.getByText('Waiting for a machine', { exact: true }).first().waitFor();
  await checkScreen(page, 'home');
  expect(faults).toEqual([]);
});

test('a workbench that stops when it is not used is kept for another hour, and stops at the time that is set', async () => {
  const server = await LocalServer.start(await createDataDir(), { WB_IDLE_STOP_MINUTES: '30' });
  const { item } = await runPrintedCommand(server, 'create');
  await pollUntil(server, item.workbench_id, 'running');
  const page = await openPage(await openBrowser());
  await page.goto(`${findConsoleUrl(server)}#/workbenches/${item.workbench_id}`);
  await page.getByText('when not used for 30 minutes').waitFor();
  await page.getByRole('button', { name: '+1 h: keep First for another hour' }).click();
  await page.getByText('First is not stopped for idleness within the next hour.').waitFor();
  await page.getByLabel('When not used for (minutes)').fill('90');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('The planned stops are changed.').waitFor();
  await page.getByText('when not used for 90 minutes').waitFor();
  // A time in the past stops it at once.
  await page.getByLabel('At', { exact: true }).fill('2020-01-01T10:00');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Stopped', { exact: true }).first().waitFor();
  await page.getByText('Why does it stop, and how do I keep it?').click();
  await page.getByText('Keep it until a job has ended, from a terminal in it:').waitFor();
  await checkScreen(page, 'stop-help');
});

test('a workbench gets a schedule, an invalid one is explained at its field, and without times there is none', async () => {
  const server = await LocalServer.start(await createDataDir());
  const { item } = await runPrintedCommand(server, 'create');
  await pollUntil(server, item.workbench_id, 'running');
  const page = await openPage(await openBrowser());
  await page.goto(`${findConsoleUrl(server)}#/workbenches/${item.workbench_id}`);
  await page.getByLabel('Stops (cron)').fill('at noon');
  await page.getByRole('button', { name: 'Save the schedule' }).click();
  await page.getByText('Correct the marked fields.').waitFor();
  expect(await page.getByLabel('Stops (cron)').getAttribute('aria-invalid')).toBe('true');
  await page.getByLabel('Starts (cron)').fill('0 8 * * 1-5');
  await page.getByLabel('Stops (cron)').fill('0 19 * * 1-5');
  await page.getByLabel('Time zone').fill('Europe/Berlin');
  await page.getByRole('button', { name: 'Save the schedule' }).click();
  await page.getByText('The schedule is changed.').waitFor();
  const read = async () => {
    const response = await fetch(`${server.api}/workbenches/${item.workbench_id}?user_id=me`);
    return ((await response.json()) as { item: { schedule?: unknown } }).item.schedule;
  };
  expect(await read()).toEqual({ start: '0 8 * * 1-5', stop: '0 19 * * 1-5', time_zone: 'Europe/Berlin' });
  await page.getByLabel('Starts (cron)').fill('');
  await page.getByLabel('Stops (cron)').fill('');
  await page.getByRole('button', { name: 'Save the schedule' }).click();
  await expect.poll(read, { timeout: 30_000 }).toBeUndefined();
});

test('Usage shows what the workbenches of the user hold, and the limits', async () => {
  const server = await LocalServer.start(await createDataDir());
  const limits = await fetch(`${server.api}/quotas/${encodeURIComponent('user:me')}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ running: 4, memory: 8192 }),
  });
  expect(limits.status).toBe(200);
  await createMany(server.api, ['Thesis']);
  const page = await openPage(await openBrowser());
  await page.goto(findConsoleUrl(server));
  await page.getByRole('link', { name: 'Usage' }).click();
  await page.getByText('Running workbenches: 1 of 4 taken').waitFor();
  await page.getByText('Memory of these: 2 GiB of 8 GiB taken').waitFor();
  await page.getByText('CPU of these: 1 vCPU taken, no limit').waitFor();
  // What it costs is in the same table for those who see the chart and those who hear it.
  await page.getByRole('row', { name: /^Thesis .*\$/ }).waitFor();
  const table = (name: string) => page.getByRole('region', { name });
  await table('Cost by workbench')
    .getByRole('row', { name: /^All .*\$/ })
    .waitFor();
  await table('Cost by day')
    .getByRole('row', { name: /^\d{4}-\d\d-\d\d .*\$/ })
    .waitFor();
  await checkScreen(page, 'usage');
});

test('Create says what the quota leaves, and the limit of idle time is that of the form', async () => {
  const server = await LocalServer.start(await createDataDir());
  const page = await openPage(await openBrowser());
  await page.goto(`${findConsoleUrl(server)}#/admin`);
  await page.getByLabel('Of', { exact: true }).selectOption('user');
  await page.getByLabel('Name of the group or user').fill('me');
  await page.getByRole('button', { name: 'Show the limits' }).click();
  await page.getByRole('spinbutton', { name: 'Running workbenches' }).fill('3');
  await page.getByRole('checkbox', { name: 'Workbenches: no limit', exact: true }).check();
  await page.getByRole('button', { name: 'Save the limits' }).click();
  await page.getByText('The limits of user:me are changed.').waitFor();

  await page.goto(`${findConsoleUrl(server)}#/create`);
  await page.getByText('Running workbenches: 2 left afterwards').waitFor();
  await page.getByLabel('When not used for (minutes)').fill('45');
  await page.getByRole('button', { name: 'Create only' }).click();
  await page.getByText('when not used for 45 minutes').waitFor();
});

test('a workbench is created from a template with another size, and a template that is gone meanwhile is explained', async () => {
  const server = await LocalServer.start(await createDataDir(), {
    WB_SIZES: 'small:512:512,large:1024:1024',
    WB_TEMPLATES: JSON.stringify([
      { name: 'standard', title: 'Everyday work', description: 'For editing.' },
      { name: 'long', title: 'Long computation', size: 'small', idle_stop_minutes: 480 },
    ]),
  });
  const page = await openPage(await openBrowser());
  const faults = recordFaults(page);
  await page.goto(`${findConsoleUrl(server)}#/create`);
  await page.getByRole('radio', { name: 'Everyday work For editing.' }).waitFor();
  await page.getByRole('radio', { name: 'Long computation' }).check();
  expect(await page.getByRole('radio', { name: 'As in the template 0.5 vCPU, 512 MiB' }).isChecked()).toBe(
    true,
  );
  await page.getByText('Empty: 480, as in the template.').waitFor();
  await page.getByRole('radio', { name: 'Large 1 vCPU, 1 GiB' }).check();
  await page.getByRole('button', { name: 'Create only' }).click();
  await page.getByText('1 vCPU, 1 GiB').waitFor();
  await page.getByText('when not used for 480 minutes').waitFor();

  await page.goto(`${findConsoleUrl(server)}#/create`);
  await page.route('**/workbenches?*', (route) =>
    route.continue({ postData: JSON.stringify({ template: 'gone' }) }),
  );
  await page.getByRole('button', { name: 'Create only' }).click();
  await page.getByText('one of standard, long').waitFor();
  expect(faults).toEqual([]);
});

test('Create can be used while the templates cannot be read', async () => {
  const server = await LocalServer.start(await createDataDir());
  const page = await openPage(await openBrowser());
  await page.route('**/templates?*', (route) => route.fulfill({ status: 500, body: '{}' }));
  await page.goto(`${findConsoleUrl(server)}#/create`);
  await page.getByRole('alert').waitFor();
  expect(await page.getByRole('radio').count()).toBe(0);
  await page.getByRole('button', { name: 'Create only' }).click();
  await page.getByText('1 vCPU, 2 GiB').waitFor();
});

test('a deleted workbench is restored while the installation keeps it', async () => {
  const server = await LocalServer.start(await createDataDir(), { WB_DELETE_AFTER_HOURS: '24' });
  const { item } = await runPrintedCommand(server, 'create');
  await pollUntil(server, item.workbench_id, 'running');
  const page = await openPage(await openBrowser());
  const faults = recordFaults(page);
  await page.goto(`${findConsoleUrl(server)}#/workbenches/${item.workbench_id}`);
  await page.getByRole('button', { name: 'Delete the workbench' }).click();
  await page.getByRole('dialog').getByText('It can be restored within 24 hours.').waitFor();
  await page.getByRole('dialog').getByLabel('Type the name to confirm').fill('First');
  await page.getByRole('button', { name: 'Delete with all files' }).click();
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.getByRole('link', { name: 'Workbenches', exact: true }).click();
  await page.getByRole('button', { name: 'Restore First' }).click();
  await page.getByText('First is restored.').waitFor();
  await page.getByRole('heading', { name: 'First' }).waitFor();
  expect(faults).toEqual([]);
});

test('everything can be reached by keyboard alone', async () => {
  const server = await LocalServer.start(await createDataDir());
  const page = await openPage(await openBrowser());
  await page.goto(findConsoleUrl(server));
  await page.getByText('You have no workbench yet.').waitFor();
  const focused = () => page.evaluate(FOCUSED);
  const press = async (key: string, until: string) => {
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press(key);
      if ((await focused()) === until) return;
    }
    throw new Error(`the focus never reached "${until}"`);
  };
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('Skip to the content');
  await page.keyboard.press('Enter');
  await press('Tab', 'Create a workbench');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Create a workbench' }).waitFor();
  await press('Tab', 'Create only');
  await page.keyboard.press('Enter');
  await page.getByText('Running', { exact: true }).waitFor();
  await press('Tab', 'Delete the workbench');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  // The focus returns to where it was.
  expect(await focused()).toBe('Delete the workbench');
});

test('a workbench is shared, opened by the other user, and taken back', async () => {
  const server = await LocalServer.start(await createDataDir());
  const { item } = await runPrintedCommand(server, 'create');
  await pollUntil(server, item.workbench_id, 'running');
  const browser = await openBrowser();
  const owner = await openPage(browser);
  const other = await openPage(await openBrowser());
  await other.goto(findConsoleUrl(server));
  await other.getByRole('button', { name: 'Change' }).click();
  await other.getByLabel('Your name').fill('ada');
  await other.getByRole('button', { name: 'Continue' }).click();
  await other.getByText('You are ada').waitFor();
  await other.getByText('You have no workbench yet.').waitFor();

  await owner.goto(`${findConsoleUrl(server)}#/workbenches/${item.workbench_id}`);
  await owner.getByLabel('Name of the user or group').fill('ada');
  await owner.getByRole('button', { name: 'Share', exact: true }).click();
  await owner.getByText('ada has access now.').waitFor();

  await other.reload();
  await other.getByText('Belongs to me, you may use it').waitFor();
  expect(await other.getByRole('button', { name: 'Stop First' }).count()).toBe(0);
  const tab = other.context().waitForEvent('page');
  await other.getByRole('button', { name: 'Open First' }).click();
  await waitForBuiltInPage(await tab);

  await owner.getByRole('button', { name: 'Take back from ada' }).click();
  await owner.getByText('Only you have access.').waitFor();
  await other.reload();
  await other.getByText('You have no workbench yet.').waitFor();
  expect(await other.getByText('First').count()).toBe(0);
});

test('nothing is read while the page is hidden, and all of it when it is shown again', async () => {
  const server = await LocalServer.start(await createDataDir());
  const page = await openPage(await openBrowser());
  await page.clock.install();
  await page.goto(findConsoleUrl(server));
  await page.getByText('You have no workbench yet.').waitFor();
  const show = (state: 'visible' | 'hidden') =>
    page.evaluate(`
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => '${state}' });
      document.dispatchEvent(new Event('visibilitychange'));
    `);
  const sent: string[] = [];
  page.on('request', (request) => sent.push(request.url()));
  await show('hidden');
  await page.clock.runFor(600_000);
  expect(sent).toEqual([]);
  await createMany(server.api, ['Made elsewhere']);
  await show('visible');
  await page.clock.runFor(60_000);
  await page.getByRole('link', { name: 'Made elsewhere' }).waitFor();
});
