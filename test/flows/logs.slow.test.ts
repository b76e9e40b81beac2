import { expect, test } from 'vitest';
import { logsResponseSchema } from '#contract/response-bodies.ts';
import { call, create, openServer, TINY_SERVER, waitForStatus } from './open-server.ts';

test('the output of a workbench is read while it runs, and after it has stopped', async () => {
  const command = `echo one; echo two >&2; trap 'echo last; exit 0' TERM; (${TINY_SERVER}) & wait $!`;
  const server = await openServer({ WB_BOOT_COMMAND: command });
  const { workbench_id } = await create(server);
  await waitForStatus(server, workbench_id, 'running');
  const read = async (query = '') => {
    const { status, body } = await call(server, 'GET', `/workbenches/${workbench_id}/logs${query}`);
    expect(status).toBe(200);
    return logsResponseSchema.parse(body);
  };
  const first = await read();
  expect(first.items.slice(0, 2).map(({ text }) => text)).toEqual(['one', 'two']);
  expect(first.complete).toBe(false);
  await call(server, 'POST', `/workbenches/${workbench_id}/stop`);
  await waitForStatus(server, workbench_id, 'stopped');
  const rest = await read(`?user_id=me&cursor=${first.next_cursor}`);
  expect(rest.task_id).toBe(first.task_id);
  expect(rest.items.at(-1)?.text).toBe('last');
});
