import { describe, expect, it } from 'vitest';
import { runOf } from '#core/workbench/workbench.ts';
import { build as buildDelete } from '#functions/api/delete-workbench.ts';
import { build } from '#functions/api/restart-workbench.ts';
import { build as buildStop } from '#functions/api/stop-workbench.ts';
import { call } from '../call-api.ts';
import { withWorkbench } from './with-workbench.ts';

async function setUp() {
  const found = await withWorkbench();
  const { ports, settings } = found;
  return {
    ...found,
    restart: build(ports, settings),
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
});
