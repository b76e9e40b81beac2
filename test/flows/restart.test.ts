import { expect, test } from 'vitest';
import { StartError } from '#local/listen.ts';
import { call, create, openServer, TINY_SERVER, temporaryFolder, waitForStatus } from './open-server.ts';

test('after a restart every record is there, and what ran is stopped and says why', async () => {
  const environment = {
    WB_DATA_DIR: await temporaryFolder(),
    WB_BOOT_COMMAND: TINY_SERVER,
    WB_LOCAL_MAX_RUNNING: '1',
  };
  const first = await openServer(environment);
  const running = await create(first, { workbench_name: 'running' });
  await waitForStatus(first, running.workbench_id, 'running');
  const waiting = await create(first, { workbench_name: 'waiting' });
  await waitForStatus(first, waiting.workbench_id, 'provisioning');
  const cancelled = await create(first, { workbench_name: 'cancelled' });
  await call(first, 'POST', `/workbenches/${cancelled.workbench_id}/stop`);
  await waitForStatus(first, cancelled.workbench_id, 'stopped');
  await first.close();

  const second = await openServer(environment);
  const { body } = await call(second, 'GET', '/workbenches');
  const reason = { code: 'instance_lost', message: expect.any(String) };
  expect(body.items.map(({ workbench_name }) => workbench_name)).toEqual(['cancelled', 'waiting', 'running']);
  // It is written before the first server ends: the second has nothing to find out.
  expect(body.items[0]).not.toHaveProperty('status_reason');
  expect(body.items[1]).toMatchObject({
    status: 'stopped',
    desired_status: 'stopped',
    status_reason: reason,
  });
  expect(body.items[2]).toMatchObject({
    status: 'stopped',
    desired_status: 'stopped',
    status_reason: reason,
  });

  await call(second, 'POST', `/workbenches/${running.workbench_id}/start`);
  const again = await waitForStatus(second, running.workbench_id, 'running');
  expect(again).not.toHaveProperty('status_reason');
});

test('a second server on the same data says so and leaves the first alone', async () => {
  const environment = { WB_DATA_DIR: await temporaryFolder(), WB_BOOT_COMMAND: TINY_SERVER };
  const first = await openServer(environment);
  const { workbench_id } = await create(first);
  await waitForStatus(first, workbench_id, 'running');
  const refusal = openServer(environment);
  await expect(refusal).rejects.toBeInstanceOf(StartError);
  await expect(refusal).rejects.toThrow(`Another server is running on the data in ${first.dataDir}.`);
  expect((await call(first, 'GET', `/workbenches/${workbench_id}`)).body.item.status).toBe('running');
  expect((await fetch(`${first.baseUrl}/project/${workbench_id}/`)).status).toBe(200);
});

test('a server whose port is in use says so, and lets go of its data', async () => {
  const first = await openServer();
  const port = new URL(first.api.url).port;
  const dataDir = await temporaryFolder();
  const refusal = openServer({ PORT: port, WB_DATA_DIR: dataDir });
  await expect(refusal).rejects.toThrow(
    `Port ${port} is in use. Stop what uses it, or set PORT to another one.`,
  );
  await openServer({ WB_DATA_DIR: dataDir });
});
