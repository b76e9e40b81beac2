import { expect, test } from 'vitest';
import { machinesResponseSchema, providersResponseSchema } from '#contract/machine-bodies.ts';
import { call, create, openServer, TINY_SERVER, waitForStatus } from './open-server.ts';

test('an operator sees the computer, what it offers, and the workbenches on it', async () => {
  const server = await openServer({ WB_BOOT_COMMAND: TINY_SERVER, WB_LOCAL_MAX_RUNNING: '7' });
  const { workbench_id } = await create(server);
  await waitForStatus(server, workbench_id, 'running');
  const machines = machinesResponseSchema.parse((await call(server, 'GET', '/machines')).body);
  expect(machines).toMatchObject({
    complete: true,
    items: [
      {
        machine_id: 'local',
        provider: 'local',
        state: 'active',
        capacity: { interfaces: 7 },
        free: { interfaces: 6 },
        workbenches: [{ workbench_id, user_id: 'me', status: 'running' }],
      },
    ],
  });
  const providers = providersResponseSchema.parse((await call(server, 'GET', '/providers')).body);
  expect(providers.items[0]).toMatchObject({ name: 'local', kind: 'shared', price_usd_per_hour: 0 });
});

test('an operator empties the computer: running workbenches stop at the time, none starts, until it is taken back', async () => {
  const server = await openServer({ WB_BOOT_COMMAND: TINY_SERVER });
  const { workbench_id } = await create(server);
  await waitForStatus(server, workbench_id, 'running');
  const by = new Date(Date.now() + 1500).toISOString();
  expect((await call(server, 'POST', '/machines/local/drain', { body: { by } })).status).toBe(200);
  const shown = (await call(server, 'GET', `/workbenches/${workbench_id}`)).body.item;
  expect(shown).toMatchObject({ status_detail: 'machine_draining', stops_at: by });
  const stopped = await waitForStatus(server, workbench_id, 'stopped');
  expect(stopped.status_reason?.code).toBe('machine_drained');
  expect(Date.parse(stopped.stopped_at ?? '')).toBeGreaterThanOrEqual(Date.parse(by));
  for (const path of [
    `/workbenches/${workbench_id}/start`,
    `/workbenches/${workbench_id}/restart`,
    '/workbenches',
  ]) {
    const refused = await call(server, 'POST', path);
    expect([refused.status, refused.body.error.code]).toEqual([409, 'draining']);
  }
  expect((await call(server, 'DELETE', '/machines/local/drain')).status).toBe(200);
  expect((await call(server, 'POST', `/workbenches/${workbench_id}/start`)).status).toBe(200);
  await waitForStatus(server, workbench_id, 'running');
});

test('a drain outlives a restart of the server', async () => {
  const first = await openServer({ WB_BOOT_COMMAND: TINY_SERVER });
  await call(first, 'POST', '/machines/local/drain');
  await first.close();
  const second = await openServer({ WB_BOOT_COMMAND: TINY_SERVER, WB_DATA_DIR: first.dataDir });
  expect((await call(second, 'POST', '/workbenches')).status).toBe(409);
  const [machine] = machinesResponseSchema.parse((await call(second, 'GET', '/machines')).body).items;
  expect(machine).toMatchObject({ state: 'draining', draining: { requested_by: 'local' } });
});
