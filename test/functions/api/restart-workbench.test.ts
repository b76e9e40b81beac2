import { describe, expect, it } from 'vitest';
import { runOf } from '#core/workbench/workbench.ts';
import { build as buildDelete } from '#functions/api/delete-workbench.ts';
import { build } from '#functions/api/restart-workbench.ts';
import { build as buildStop } from '#functions/api/stop-workbench.ts';
import { call } from '../call-api.ts';
import { IGNORED_BODIES, withWorkbench } from './with-workbench.ts';

async function setUp() {
  const found = await withWorkbench();
  const { ports, settings } = found;
  return {
    ...found,
    restart: build(ports, settings),
    stop: buildStop(ports, settings),
    destroy: buildDelete(ports, settings),
  };
}

describe('POST /workbenches/{wid}/restart', () => {
  it('gives one that runs another run', async () => {
    const { world, key, request, restart } = await setUp();
    const before = runOf(await world.waitForStatus(key, 'running'));
    expect(await call(restart, request)).toMatchObject({ status: 200, body: { success: true } });
    await world.waitForStatus(key, 'stopping');
    const after = runOf(await world.waitForStatus(key, 'running'));
    expect(after?.runId).not.toBe(before?.runId);
  });

  it('restarts once when asked twice at once', async () => {
    const { world, key, request, restart } = await setUp();
    await world.waitForStatus(key, 'running');
    const answers = await Promise.all([call(restart, request), call(restart, request)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    await world.waitForStatus(key, 'stopping');
    await world.waitForStatus(key, 'running');
    await world.advance(120_000);
    const history = await world.stores.history.list(key.workbenchId);
    expect(history.filter(({ to }) => to === 'stopping')).toHaveLength(1);
  });

  it('starts one that is stopped', async () => {
    const { world, key, request, restart, stop } = await setUp();
    await call(stop, request);
    await world.waitForStatus(key, 'stopped');
    expect((await call(restart, request)).status).toBe(200);
    await world.waitForStatus(key, 'running');
  });

  it('is 409 while it is being destroyed', async () => {
    const { world, key, request, restart, destroy } = await setUp();
    await world.waitForStatus(key, 'running');
    await call(destroy, request);
    expect(await call(restart, request)).toMatchObject({
      status: 409,
      body: { error: { code: 'deleting' } },
    });
  });

  it.each(IGNORED_BODIES)('does not look at its body (%#)', async (sent) => {
    const { request, restart } = await setUp();
    expect((await call(restart, { ...request, ...sent })).status).toBe(200);
  });
});
