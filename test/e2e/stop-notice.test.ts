import { expect, test } from 'vitest';
import { call, poll, pollUntil } from './api-calls.ts';
import { openPage } from './browser.ts';
import { waitForBuiltInPage } from './built-in-page.ts';
import { checkScreen, recordFaults } from './console/console-page.ts';
import { createDataDir, LocalServer } from './local-server.ts';

const MINUTE_MS = 60_000;

test('the page of a workbench shows its next stop until it is dismissed or the stop is taken back, in every size and without faults', async () => {
  const server = await LocalServer.start(await createDataDir());
  const { item } = await call(server, 'POST', '/workbenches', { workbench_name: 'First' });
  const { public_endpoint: url } = await pollUntil(server, item.workbench_id, 'running');
  const setStop = async (time: string | null) =>
    await call(server, 'PATCH', `/workbenches/${item.workbench_id}`, { stop_at: time });
  const page = await openPage();
  await page.clock.install();
  const faults = recordFaults(page);
  const notice = page.getByRole('status').filter({ hasText: 'This workbench' });
  const dismiss = page.getByRole('button', { name: 'Dismiss' });

  await page.goto(url);
  await waitForBuiltInPage(page);
  await setStop(new Date(Date.now() + 9 * MINUTE_MS).toISOString());
  expect(await notice.count()).toBe(0);
  /** The script asks once a minute. The gate may respond with what it has read a second ago. */
  const readAfterMinute = async () => {
    await page.clock.runFor(MINUTE_MS + 1000);
    return await notice.allTextContents();
  };
  await expect
    .poll(readAfterMinute)
    .toEqual([
      expect.stringMatching(
        /^This workbench stops in \d+ minutes because it was to be stopped at this time\. Save your work\.$/,
      ),
    ]);
  await checkScreen(page, 'stop-notice');
  await dismiss.press('Enter');
  expect(await readAfterMinute()).toEqual([]);

  await page.reload();
  await page.clock.runFor(1000);
  await notice.waitFor();
  await setStop(null);
  await expect.poll(readAfterMinute).toEqual([]);
  // Neither the page nor the notice is a use that the API would show.
  expect((await poll(server, item.workbench_id)).stops_at).toBeUndefined();
  expect(faults).toEqual([]);
});
