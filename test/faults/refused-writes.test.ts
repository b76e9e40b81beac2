import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { call, create, deleteWorkbench, poll, pollUntil, request } from '#test/e2e/api-calls.ts';
import { createDataDir, LocalServer, SERVER_ALONE } from '#test/e2e/local-server.ts';
import { TINY_SERVER } from '#test/flows/open-server.ts';
import { LINUX, programOf, skipUnlessMet } from './needs.ts';

/** Makes the system refuse all writes of a process that make a file longer than this (EFBIG), in bytes. */
function limitFileSize(pid: number, bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', `${pid}`, `--fsize=${bytes}:`]);
}

test('while the system refuses writes, changes are refused with 503, reads and workbenches go on, and all is well afterwards', async ({
  skip,
}) => {
  skipUnlessMet(skip, LINUX, programOf('prlimit', 'util-linux'));
  const dataDir = await createDataDir();
  const server = await LocalServer.start(dataDir, { WB_BOOT_COMMAND: TINY_SERVER }, SERVER_ALONE);
  const pid = await server.findPid();
  const id = await create(server, 'before');
  const { public_endpoint } = await pollUntil(server, id, 'running');

  limitFileSize(pid, 0);
  for (let repetition = 0; repetition < 3; repetition += 1) {
    const created = await call(server, 'POST', '/workbenches', { workbench_name: 'refused' });
    expect(created).toMatchObject({ status: 503, error: { code: 'unavailable' } });
    const renamed = await call(server, 'PATCH', `/workbenches/${id}`, { workbench_name: 'refused' });
    expect(renamed).toMatchObject({ status: 503, error: { code: 'unavailable' } });
    expect(await poll(server, id)).toMatchObject({ workbench_name: 'before', status: 'running' });
    expect((await fetch(public_endpoint)).status).toBe(200);
  }

  limitFileSize(pid, 'unlimited');
  expect(await poll(server, id)).toMatchObject({ workbench_name: 'before', status: 'running' });
  const renamed = await call(server, 'PATCH', `/workbenches/${id}`, { workbench_name: 'after' });
  expect(renamed).toMatchObject({ status: 200, item: { workbench_name: 'after' } });
  const second = await create(server, 'second');
  await pollUntil(server, second, 'running');
  await request(server, 'stop', id);
  await pollUntil(server, id, 'stopped');
  await deleteWorkbench(server, second);

  await server.kill();
  const next = await LocalServer.start(dataDir, { WB_BOOT_COMMAND: TINY_SERVER }, SERVER_ALONE);
  expect(await poll(next, id)).toMatchObject({ workbench_name: 'after', status: 'stopped' });
  expect((await call(next, 'GET', `/workbenches/${second}`)).status).toBe(404);
});
