import { describe, expect, it } from 'vitest';
import {
  buildDeleteWorkbench as buildDelete,
  buildStartWorkbench,
  buildStopWorkbench as buildStop,
} from '#functions/api/workbench-commands.ts';
import { call, settingsWith } from '../call-api.ts';
import { withWorkbench } from './with-workbench.ts';

async function setUp() {
  const found = await withWorkbench();
  const { ports, settings } = found;
  return {
    ...found,
    start: buildStartWorkbench(ports, settings),
    stop: buildStop(ports, settings),
    requestDelete: buildDelete(ports, settings),
  };
}

describe('POST /workbenches/{wid}/start', () => {
  it('starts a stopped workbench', async () => {
    const { world, key, request, start, stop } = await setUp();
    await call(stop, request);
    await world.waitForStatus(key, 'stopped');
    expect(await call(start, request)).toMatchObject({ status: 200, body: { success: true } });
    await world.waitForStatus(key, 'running');
  });

  it('does not change a running workbench', async () => {
    const { world, key, request, start } = await setUp();
    const before = await world.waitForStatus(key, 'running');
    expect((await call(start, request)).body).toEqual({ success: true });
    expect(await world.read(key)).toEqual(before);
  });

  it('is accepted while the workbench is stopping, and starts it after the stop', async () => {
    const { world, key, request, start, stop } = await setUp();
    await world.waitForStatus(key, 'running');
    await call(stop, request);
    expect((await call(start, request)).status).toBe(200);
    expect(await world.read(key)).toMatchObject({ status: 'stopping', desired: 'running' });
    await world.waitForStatus(key, 'running');
  });

  it('is 409 while the workbench is being deleted', async () => {
    const { world, key, request, start, requestDelete } = await setUp();
    await world.waitForStatus(key, 'running');
    await call(requestDelete, request);
    expect(await call(start, request)).toMatchObject({ status: 409, body: { error: { code: 'deleting' } } });
  });

  it('is 429 after the starts of the minute', async () => {
    const { world, ports, key, request, stop } = await setUp();
    const start = buildStartWorkbench(ports, settingsWith({ WB_USER_STARTS_PER_MINUTE: '1' }));
    for (const status of [200, 429]) {
      await call(stop, request);
      await world.waitForStatus(key, 'stopped');
      // The next minute begins, unless the start is to be refused.
      if (status === 200) world.clock.advance(60_000 - (world.clock.now() % 60_000));
      expect(await call(start, request)).toMatchObject({
        status,
        ...(status === 429 ? { body: { error: { reason: 'start_rate' } } } : {}),
      });
    }
    expect(await world.read(key)).toMatchObject({ status: 'stopped' });
  });
});
