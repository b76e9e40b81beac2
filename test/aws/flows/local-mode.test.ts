import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { create, deleteWorkbench, pollUntil, request } from '#test/e2e/api-calls.ts';
import { createDataDir, LocalServer, SERVER_ALONE } from '#test/e2e/local-server.ts';
import { TINY_SERVER } from '#test/flows/open-server.ts';
import { uniqueName } from '../connection.ts';

test('local mode with WB_TABLE_ENDPOINT creates, runs, stops, keeps and deletes workbenches', async () => {
  const dataDir = await createDataDir();
  const settings = {
    WB_TABLE_ENDPOINT: inject('emulators').ministack,
    WB_TABLE_NAME: uniqueName('local-'),
    WB_BOOT_COMMAND: TINY_SERVER,
  };
  const first = await LocalServer.start(dataDir, settings, SERVER_ALONE);
  expect(first.output).toContain(`table ${settings.WB_TABLE_NAME} at ${settings.WB_TABLE_ENDPOINT}`);
  const stopped = await create(first, 'stopped');
  const running = await create(first, 'running');
  for (const id of [stopped, running]) await pollUntil(first, id, 'running');
  await writeFile(join(dataDir, 'volumes', stopped, 'kept.txt'), '');
  await request(first, 'stop', stopped);
  await pollUntil(first, stopped, 'stopped');
  expect(existsSync(join(dataDir, 'state.db'))).toBe(false);
  await first.interrupt();

  const otherTable = { ...settings, WB_TABLE_NAME: uniqueName('local-') };
  const refused = await new LocalServer(dataDir, otherTable, SERVER_ALONE).waitForExit();
  expect(refused.code).toBe(1);
  expect(refused.output).toContain(`The table ${otherTable.WB_TABLE_NAME}`);

  const second = await LocalServer.start(dataDir, settings, SERVER_ALONE);
  for (const [id, name] of [
    [stopped, 'stopped'],
    [running, 'running'],
  ] as const) {
    expect(await pollUntil(second, id, 'stopped')).toMatchObject({ workbench_name: name });
    await request(second, 'start', id);
    await pollUntil(second, id, 'running');
  }
  expect(existsSync(join(dataDir, 'volumes', stopped, 'kept.txt'))).toBe(true);
  for (const id of [stopped, running]) await deleteWorkbench(second, id);
  expect(existsSync(join(dataDir, 'volumes', stopped))).toBe(false);
  for (const { output } of [first, second]) expect(output).not.toMatch(/^\S+ ERROR /m);
});
