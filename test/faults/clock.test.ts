import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { call, create, deleteWorkbench, poll, pollUntil, request } from '#test/e2e/api-calls.ts';
import { createDataDir, LocalServer, SERVER_ALONE } from '#test/e2e/local-server.ts';
import { FAKETIME, FakeClock, hasFakeClock } from './fake-clock.ts';
import { LINUX, skipUnlessMet } from './needs.ts';

const PROGRAM = join(import.meta.dirname, 'workbench-program.ts');
const SETTINGS = {
  WB_BOOT_COMMAND: `exec '${process.execPath}' '${PROGRAM}'`,
  // One workbench waits for a place.
  WB_LOCAL_MAX_RUNNING: '5',
  // A stop takes as long as the test wants.
  WB_LOCAL_STOP_TIMEOUT_SECONDS: '300',
};

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const STEPS = { '+1h': HOUR, '-1h': -HOUR, '+1d': 24 * HOUR, '-1d': -24 * HOUR };

describe.each(Object.entries(STEPS))('after a step of the clock by %s', (offset, stepMs) => {
  test('workbenches start, run, wait, stop and are deleted as before, and none has the clock', async ({
    skip,
  }) => {
    skipUnlessMet(skip, LINUX, FAKETIME);
    const dataDir = await createDataDir();
    const clock = await FakeClock.create(await createDataDir());
    const server = await LocalServer.start(dataDir, { ...SETTINGS, ...clock.environment }, SERVER_ALONE);
    const touch = (id: string, file: string) => writeFile(join(dataDir, 'volumes', id, file), '');
    expect(await hasFakeClock(await server.findPid())).toBe(true);

    const running = await create(server, 'quick');
    const stopping = await create(server, 'slow stop');
    const hurried = [await create(server, 'quick'), await create(server, 'quick')];
    for (const id of [running, stopping, ...hurried]) await pollUntil(server, id, 'running');
    const starting = await create(server, 'slow start');
    await pollUntil(server, starting, 'pending');
    const waiting = await create(server, 'quick');
    await pollUntil(server, waiting, 'provisioning');
    await request(server, 'stop', stopping);
    await pollUntil(server, stopping, 'stopping');
    const processes = await eventually(waitRealStep, 'five workbenches have a process', async () => {
      const found = await server.workbenchPrograms(PROGRAM);
      return found.length >= 5 && found;
    });
    for (const pid of processes) expect(await hasFakeClock(pid)).toBe(false);

    const refusedToStop = await requestDuringStep(server, 'stop', hurried, () => clock.set(offset));
    for (const id of hurried) await pollUntil(server, id, 'stopped');
    await touch(starting, 'start');
    await pollUntil(server, starting, 'running');
    await touch(stopping, 'end');
    await pollUntil(server, stopping, 'stopped');
    const { ready_at } = await pollUntil(server, waiting, 'running');
    expect(Math.abs(Date.parse(ready_at ?? '') - Date.now() - stepMs)).toBeLessThan(10 * MINUTE);
    await stopAndStart(server, running);
    await deleteWorkbench(server, waiting);

    const refusedToStart = await requestDuringStep(server, 'start', hurried, () => clock.set('+0'));
    for (const id of hurried) await pollUntil(server, id, 'running');
    for (const id of [running, starting]) {
      expect((await poll(server, id)).status).toBe('running');
      await stopAndStart(server, id);
    }
    await request(server, 'start', stopping);
    await pollUntil(server, stopping, 'running');
    await touch(stopping, 'end');
    for (const id of [running, starting, stopping, ...hurried]) await deleteWorkbench(server, id);
    const errors = server.output.match(/^\S+ ERROR .*/gm) ?? [];
    expect(errors).toHaveLength(refusedToStop + refusedToStart);
    for (const error of errors) expect(error).toMatch(/request failed .* code=unavailable reason=timeout$/);
  });
});

/**
 * Makes the requests while the clock steps. The controller cannot tell a step in the middle of a request from a freeze:
 * it may refuse the request, but then has changed nothing and accepts it when it is made again. Returns how many it refused.
 */
async function requestDuringStep(
  server: LocalServer,
  action: 'start' | 'stop',
  ids: readonly string[],
  step: () => Promise<void>,
): Promise<number> {
  const send = async (id: string) => ({
    id,
    reply: await call(server, 'POST', `/workbenches/${id}/${action}`),
  });
  const [sent] = await Promise.all([Promise.all(ids.map(send)), step()]);
  const refused = sent.filter(({ reply }) => reply.status !== 200);
  for (const { id, reply } of refused) {
    expect(reply).toMatchObject({ status: 503, error: { code: 'unavailable', reason: 'timeout' } });
    expect((await poll(server, id)).status).toBe(action === 'stop' ? 'running' : 'stopped');
    await request(server, action, id);
  }
  return refused.length;
}

async function stopAndStart(server: LocalServer, id: string): Promise<void> {
  await request(server, 'stop', id);
  await pollUntil(server, id, 'stopped');
  await request(server, 'start', id);
  await pollUntil(server, id, 'running');
}
