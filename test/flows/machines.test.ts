import { expect, test } from 'vitest';
import { machinesResponseSchema, providersResponseSchema } from '#contract/response-bodies.ts';
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
