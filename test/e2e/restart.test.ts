import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openPage } from './browser.ts';
import { readFileInPage, waitForBuiltInPage, writeFileInPage } from './built-in-page.ts';
import { LocalServer, temporaryDataDir } from './local-server.ts';
import { pollUntil, runPrinted } from './printed-lines.ts';

const ENDINGS = {
  'Ctrl-C': (server: LocalServer) => server.interrupt(),
  'kill -9': (server: LocalServer) => server.kill(),
};

for (const [name, end] of Object.entries(ENDINGS)) {
  test(`after ${name} and another npm start every record and file is there, what ran is stopped and says why, and nothing is left running`, async () => {
    const dataDir = await temporaryDataDir();
    const first = await LocalServer.started(dataDir);
    const page = await openPage();
    const { item: running } = await runPrinted(first, 'create');
    await pollUntil(first, running.workbench_id, 'running');
    await page.goto(running.public_endpoint);
    await waitForBuiltInPage(page);
    await writeFileInPage(page, 'kept.txt', `written before ${name}`);
    const { item: stopped } = await runPrinted(first, 'create');
    await pollUntil(first, stopped.workbench_id, 'running');
    await runPrinted(first, 'stop', stopped.workbench_id);
    await pollUntil(first, stopped.workbench_id, 'stopped');
    const before = await first.workbenchProcesses();
    expect(before.length).toBeGreaterThan(0);

    const ended = await end(first);
    if (name === 'Ctrl-C') {
      expect(ended.output).toContain('SIGINT: ending every workbench, then the server.');
      expect(await first.workbenchProcesses()).toEqual([]);
    }

    const second = await LocalServer.started(dataDir);
    expect(await second.workbenchProcesses()).toEqual([]);
    const { item: lost } = await untilStopped(second, running.workbench_id);
    expect(lost).toMatchObject({
      workbench_name: 'First',
      status: 'stopped',
      desired_status: 'stopped',
      status_reason: { code: 'host_lost', message: expect.any(String) },
    });
    const { item: asked } = await runPrinted(second, 'poll', stopped.workbench_id);
    expect(asked).toMatchObject({ status: 'stopped', desired_status: 'stopped' });
    expect(asked).not.toHaveProperty('status_reason');

    await runPrinted(second, 'start', running.workbench_id);
    const { public_endpoint } = await pollUntil(second, running.workbench_id, 'running');
    await page.goto(public_endpoint);
    await waitForBuiltInPage(page);
    expect(await readFileInPage(page, 'kept.txt')).toBe(`written before ${name}`);
  });
}

/** What ran under a server that was killed is found out just after the next one starts. */
async function untilStopped(server: LocalServer, workbenchId: string) {
  await pollUntil(server, workbenchId, 'stopped');
  return await runPrinted(server, 'poll', workbenchId);
}

test('a second npm start on the same data says so, ends with 1 and touches nothing', async () => {
  const dataDir = await temporaryDataDir();
  const first = await LocalServer.started(dataDir);
  const { item } = await runPrinted(first, 'create');
  await pollUntil(first, item.workbench_id, 'running');
  const processes = await first.workbenchProcesses();

  // What changes now, the second has changed.
  await first.whilePaused(async () => {
    const files = await contentsOf(dataDir);
    expect(Object.keys(files).length).toBeGreaterThan(3);
    const second = new LocalServer(dataDir);
    const { code, output } = await second.ended();
    expect(code).toBe(1);
    expect(output).toContain(
      `Another server is running on the data in ${dataDir}. Stop it, or set WB_DATA_DIR (and PORT) for this one.`,
    );
    expect(output).not.toMatch(/^\s+at /m);
    expect(await contentsOf(dataDir)).toEqual(files);
  });
  expect(await first.workbenchProcesses()).toEqual(processes);
  expect((await runPrinted(first, 'poll', item.workbench_id)).item.status).toBe('running');
  expect((await fetch(item.public_endpoint)).status).toBe(200);
});

/**
 * Every file below a folder → the hash of its content. But for LevelDB's notes on its own doings, which it
 * begins anew before it finds out that the folder is in use.
 */
async function contentsOf(folder: string): Promise<Readonly<Record<string, string>>> {
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
