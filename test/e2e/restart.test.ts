import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openPage } from './browser.ts';
import { readFileInPage, waitForBuiltInPage, writeFileInPage } from './built-in-page.ts';
import { createDataDir, LocalServer } from './local-server.ts';
import { pollUntil, runPrintedCommand } from './printed-commands.ts';

const SHUTDOWNS = {
  'Ctrl-C': (server: LocalServer) => server.interrupt(),
  'kill -9': (server: LocalServer) => server.kill(),
};

for (const [name, end] of Object.entries(SHUTDOWNS)) {
  test(`after ${name} and another npm start all records and files exist, workbenches that ran are stopped with a reason, and no process is left`, async () => {
    const dataDir = await createDataDir();
    const first = await LocalServer.start(dataDir);
    const page = await openPage();
    const { item: running } = await runPrintedCommand(first, 'create');
    await pollUntil(first, running.workbench_id, 'running');
    await page.goto(running.public_endpoint);
    await waitForBuiltInPage(page);
    await writeFileInPage(page, 'kept.txt', `written before ${name}`);
    const { item: stopped } = await runPrintedCommand(first, 'create');
    await pollUntil(first, stopped.workbench_id, 'running');
    await runPrintedCommand(first, 'stop', stopped.workbench_id);
    await pollUntil(first, stopped.workbench_id, 'stopped');
    const before = await first.workbenchProcesses();
    expect(before.length).toBeGreaterThan(0);

    const ended = await end(first);
    if (name === 'Ctrl-C') {
      expect(ended.output).toContain('SIGINT: ending all workbenches, then the server.');
      expect(await first.workbenchProcesses()).toEqual([]);
    }

    const second = await LocalServer.start(dataDir);
    expect(await second.workbenchProcesses()).toEqual([]);
    const { item: lost } = await waitUntilStopped(second, running.workbench_id);
    expect(lost).toMatchObject({
      workbench_name: 'First',
      status: 'stopped',
      desired_status: 'stopped',
      status_reason: { code: 'instance_lost', message: expect.any(String) },
    });
    const { item: requested } = await runPrintedCommand(second, 'poll', stopped.workbench_id);
    expect(requested).toMatchObject({ status: 'stopped', desired_status: 'stopped' });
    expect(requested).not.toHaveProperty('status_reason');

    await runPrintedCommand(second, 'start', running.workbench_id);
    const { public_endpoint } = await pollUntil(second, running.workbench_id, 'running');
    await page.goto(public_endpoint);
    await waitForBuiltInPage(page);
    expect(await readFileInPage(page, 'kept.txt')).toBe(`written before ${name}`);
  });
}

/** The next server records the end of a workbench shortly after its start. */
async function waitUntilStopped(server: LocalServer, workbenchId: string) {
  await pollUntil(server, workbenchId, 'stopped');
  return await runPrintedCommand(server, 'poll', workbenchId);
}

test('a second npm start on the same data folder exits with 1 and changes nothing', async () => {
  const dataDir = await createDataDir();
  const first = await LocalServer.start(dataDir);
  const { item } = await runPrintedCommand(first, 'create');
  await pollUntil(first, item.workbench_id, 'running');
  const processes = await first.workbenchPrograms();

  // While the first server is paused, only the second could change files.
  await first.whilePaused(async () => {
    const files = await hashFiles(dataDir);
    expect(Object.keys(files).length).toBeGreaterThan(3);
    const second = new LocalServer(dataDir);
    const { code, output } = await second.waitForExit();
    expect(code).toBe(1);
    expect(output).toContain(
      `Another server uses the data folder ${dataDir}. Stop it, or set WB_DATA_DIR (and PORT) for this one.`,
    );
    expect(output).not.toMatch(/^\s+at /m);
    expect(await hashFiles(dataDir)).toEqual(files);
  });
  expect(await first.workbenchPrograms()).toEqual(processes);
  expect((await runPrintedCommand(first, 'poll', item.workbench_id)).item.status).toBe('running');
  expect((await fetch(item.public_endpoint)).status).toBe(200);
});

/**
 * Returns the hashes of all files below a folder. The log files of LevelDB are excluded, because LevelDB renames them
 * before it detects the lock.
 */
async function hashFiles(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const hashed = entries
    .filter((entry) => entry.isFile() && !/^LOG(\.old)?$/.test(entry.name))
    .map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      return [
        path,
        createHash('sha256')
          .update(await readFile(path))
          .digest('hex'),
      ] as const;
    });
  return Object.fromEntries((await Promise.all(hashed)).sort());
}
