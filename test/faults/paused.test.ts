import { expect, test } from 'vitest';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { call, create, deleteWorkbench, poll, pollUntil, request } from '#test/e2e/api-calls.ts';
import { createDataDir, LocalServer, SERVER_ALONE } from '#test/e2e/local-server.ts';
import { TINY_SERVER } from '#test/flows/open-server.ts';
import { LINUX, skipUnlessMet } from './needs.ts';

/** Longer than every timeout of the server that a pause could hit: of probes, of connections, of leases. */
const PAUSE_MS = 60_000;

test('after a pause of a minute the server responds to what was requested meanwhile, and no workbench has stopped', async ({
  skip,
}) => {
  skipUnlessMet(skip, LINUX);
  const dataDir = await createDataDir();
  // Of the last two, one starts during the pause, and one waits for a place: not always the last one.
  const settings = { WB_BOOT_COMMAND: TINY_SERVER, WB_LOCAL_MAX_RUNNING: '2' };
  const server = await LocalServer.start(dataDir, settings, SERVER_ALONE);
  const running = await create(server, 'running');
  const { public_endpoint } = await pollUntil(server, running, 'running');
  const others = [await create(server, 'second'), await create(server, 'third')];

  const requested = await server.whilePaused(async () => {
    const pausedAt = performance.now();
    const responses = Promise.all([
      call(server, 'PATCH', `/workbenches/${running}`, { workbench_name: 'renamed' }),
      call(server, 'GET', `/workbenches/${others[0]}`),
      fetch(public_endpoint),
    ]);
    await eventually(waitRealStep, 'a minute has passed', () => performance.now() - pausedAt > PAUSE_MS);
    return { responses };
  });
  // The gate is another process, which does not wait for the records for a minute.
  expect((await requested.responses).map(({ status }) => status)).toEqual([200, 200, 503]);
  expect((await fetch(public_endpoint)).status).toBe(200);

  const started = await eventually(waitRealStep, 'one of the others is running', async () => {
    const items = await Promise.all(others.map((id) => poll(server, id)));
    return items.find(({ status }) => status === 'running')?.workbench_id;
  });
  expect(await poll(server, running)).toMatchObject({ workbench_name: 'renamed', status: 'running' });
  await request(server, 'stop', running);
  await pollUntil(server, running, 'stopped');
  for (const id of others.filter((other) => other !== started)) await pollUntil(server, id, 'running');
  for (const id of [running, ...others]) await deleteWorkbench(server, id);
  const errors = server.output.match(/^\S+ ERROR .*$/gm) ?? [];
  expect(errors.filter((line) => !line.includes('a workbench could not be looked up'))).toEqual([]);
});
