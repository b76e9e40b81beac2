import { expect, test } from 'vitest';
import { StartError } from '#adapters/http-server/listen.ts';
import { call, create, openServer, TINY_SERVER, temporaryFolder, waitForStatus } from './open-server.ts';

test('after a restart all records exist, and workbenches that ran are stopped with a reason', async () => {
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
  // The first server writes the records before it exits.
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

test('a second server on the same data folder fails and does not affect the first', async () => {
  const environment = { WB_DATA_DIR: await temporaryFolder(), WB_BOOT_COMMAND: TINY_SERVER };
  const first = await openServer(environment);
  const { workbench_id } = await create(first);
  await waitForStatus(first, workbench_id, 'running');
  const failure = openServer(environment);
  await expect(failure).rejects.toBeInstanceOf(StartError);
  await expect(failure).rejects.toThrow(`Another server uses the data folder ${first.dataDir}.`);
  expect((await call(first, 'GET', `/workbenches/${workbench_id}`)).body.item.status).toBe('running');
  expect((await fetch(`${first.baseUrl}/project/${workbench_id}/`)).status).toBe(200);
});

test('a server whose port is in use fails and releases its data folder', async () => {
  const first = await openServer();
  const port = new URL(first.api.url).port;
  const dataDir = await temporaryFolder();
  const failure = openServer({ PORT: port, WB_DATA_DIR: dataDir });
  await expect(failure).rejects.toThrow(
    `Port ${port} is in use. Stop the program that uses it, or set PORT to another port.`,
  );
  await openServer({ WB_DATA_DIR: dataDir });
});
