import { expect, test } from 'vitest';
import type { WorkbenchItem } from '#contract/response-bodies.ts';
import { call, create, type OpenServer, openServer, TINY_SERVER, until } from './open-server.ts';

/** Returns all workbenches of the user from all pages. */
async function listAll(server: OpenServer): Promise<readonly WorkbenchItem[]> {
  const items: WorkbenchItem[] = [];
  let cursor = '';
  for (;;) {
    const { body } = await call(server, 'GET', `/workbenches?user_id=me${cursor}`);
    items.push(...body.items);
    if (body.next_cursor === undefined) return items;
    cursor = `&cursor=${encodeURIComponent(body.next_cursor)}`;
  }
}

test('500 concurrent creates all succeed, create 500 workbenches, and their tasks run one after another', async () => {
  const server = await openServer({ WB_BOOT_COMMAND: 'exit 3', WB_LOCAL_MAX_RUNNING: '8' });
  const durations: number[] = [];
  const responses = await Promise.all(
    Array.from({ length: 500 }, async (_, i) => {
      const startedAt = performance.now();
      const response = await call(server, 'POST', '/workbenches', { body: { workbench_name: `w${i}` } });
      durations.push(performance.now() - startedAt);
      return response;
    }),
  );
  durations.sort((a, b) => a - b);
  const [p50, p99] = [durations[249] ?? 0, durations[494] ?? 0].map(Math.round);
  console.log(`500 creates at once: p50 ${p50} ms, p99 ${p99} ms`);
  expect(responses.map(({ status }) => status)).toEqual(Array(500).fill(201));
  const ids = responses.map(({ body }) => body.item.workbench_id);
  expect(new Set(ids).size).toBe(500);

  const listed = await listAll(server);
  expect(listed.map(({ workbench_id }) => workbench_id).sort()).toEqual(ids.sort());
  expect(new Set(listed.map(({ workbench_name }) => workbench_name)).size).toBe(500);

  // Each task exits at once and frees its slot for the next one. Sixty tasks show that this works. How many run at once
  // cannot be counted here: the pages of a list are read one after another. The next test counts them.
  const waited = performance.now();
  const turns = await until(
    async () => {
      const items = await listAll(server);
      expect(items.length).toBe(500);
      const stopped = items.filter(({ status }) => status === 'stopped');
      return stopped.length >= 60 && stopped;
    },
    'sixty have had their turn',
    { everyMs: 1000 },
  );
  console.log(
    `${turns.length} of them have run and ended within ${Math.round(performance.now() - waited)} ms`,
  );
  expect(turns.filter(({ status_reason }) => status_reason?.code !== 'exited')).toEqual([]);
});

test('at most WB_LOCAL_MAX_RUNNING workbenches run, and the next starts when a slot is free', async () => {
  const server = await openServer({ WB_BOOT_COMMAND: TINY_SERVER, WB_LOCAL_MAX_RUNNING: '3' });
  const ids = (await Promise.all(Array.from({ length: 9 }, () => create(server)))).map(
    (item) => item.workbench_id,
  );
  const hasRun = new Set<string>();
  await until(async () => {
    const items = await listAll(server);
    const running = items
      .filter(({ status }) => status === 'running')
      .map(({ workbench_id }) => workbench_id);
    expect(running.length).toBeLessThanOrEqual(3);
    for (const id of running) {
      hasRun.add(id);
      await call(server, 'POST', `/workbenches/${id}/stop`);
    }
    return hasRun.size === ids.length;
  }, 'all of them have run');
});
