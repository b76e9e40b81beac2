import { expect, test } from 'vitest';
import { call, create, openServer, TINY_SERVER, waitForStatus, waitUntilGone } from './open-server.ts';

test('a host starts before its workbench and is terminated with it', async () => {
  const server = await openServer({ WB_BOOT_COMMAND: TINY_SERVER });
  const { workbench_id } = await create(server, { allocated_instance_type: 'm6i.large' });
  const running = await waitForStatus(server, workbench_id, 'running');
  expect(running).toMatchObject({
    allocated_instance_type: 'm6i.large',
    allocated_instance_id: expect.stringMatching(/^sim-/),
  });
  await call(server, 'DELETE', `/workbenches/${workbench_id}`);
  await waitUntilGone(server, workbench_id);
});
