import { describe, expect, it } from 'vitest';
import { runOf } from '#core/workbench/workbench.ts';
import {
  buildDeleteWorkbench as buildDelete,
  buildRestartWorkbench,
  buildStopWorkbench as buildStop,
} from '#functions/api/workbench-commands.ts';
import { call, settingsWith } from '../call-api.ts';
import { withWorkbench } from './with-workbench.ts';

async function setUp() {
  const found = await withWorkbench();
  const { ports, settings } = found;
  return {
    ...found,
    restart: buildRestartWorkbench(ports, settings),
    stop: buildStop(ports, settings),
    requestDelete: buildDelete(ports, settings),
  };
}

describe('POST /workbenches/{wid}/restart', () => {
  it('starts a new run of a running workbench', async () => {
    const { world, key, request, restart } = await setUp();
    const before = runOf(await world.waitForStatus(key, 'running'));
    expect(await call(restart, request)).toMatchObject({ status: 200, body: { success: true } });
    await world.waitForStatus(key, 'stopping');
    const after = runOf(await world.waitForStatus(key, 'running'));
    expect(after?.runId).not.toBe(before?.runId);
  });

  it('restarts once for two concurrent requests', async () => {
    const { world, key, request, restart } = await setUp();
    await world.waitForStatus(key, 'running');
    const responses = await Promise.all([call(restart, request), call(restart, request)]);
    expect(responses.map(({ status }) => status)).toEqual([200, 200]);
    await world.waitForStatus(key, 'stopping');
    await world.waitForStatus(key, 'running');
    await world.advance(120_000);
    const history = await world.stores.history.list(key.workbenchId);
    expect(history.filter(({ to }) => to === 'stopping')).toHaveLength(1);
  });

  it('starts a stopped workbench', async () => {
    const { world, key, request, restart, stop } = await setUp();
    await call(stop, request);
    await world.waitForStatus(key, 'stopped');
    expect((await call(restart, request)).status).toBe(200);
    await world.waitForStatus(key, 'running');
  });

  it('is 409 while the workbench is being deleted', async () => {
    const { world, key, request, restart, requestDelete } = await setUp();
    await world.waitForStatus(key, 'running');
    await call(requestDelete, request);
    expect(await call(restart, request)).toMatchObject({
      status: 409,
      body: { error: { code: 'deleting' } },
    });
  });

  it('is 429 after the starts of the minute', async () => {
    const { world, ports, key, request, stop } = await setUp();
    const restart = buildRestartWorkbench(ports, settingsWith({ WB_USER_STARTS_PER_MINUTE: '1' }));
    for (const status of [200, 429]) {
      await call(stop, request);
      await world.waitForStatus(key, 'stopped');
      // The next minute begins, unless the start is to be refused.
      if (status === 200) world.clock.advance(60_000 - (world.clock.now() % 60_000));
      expect(await call(restart, request)).toMatchObject({
        status,
        ...(status === 429 ? { body: { error: { reason: 'start_rate' } } } : {}),
      });
    }
    expect(await world.read(key)).toMatchObject({ status: 'stopped' });
  });
});
