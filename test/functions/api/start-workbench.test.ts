import { describe, expect, it } from 'vitest';
import { build as buildDelete } from '#functions/api/delete-workbench.ts';
import { build } from '#functions/api/start-workbench.ts';
import { build as buildStop } from '#functions/api/stop-workbench.ts';
import { call } from '../call-api.ts';
import { IGNORED_BODIES, withWorkbench } from './with-workbench.ts';

async function setUp() {
  const found = await withWorkbench();
  const { ports, settings } = found;
  return {
    ...found,
    start: build(ports, settings),
    stop: buildStop(ports, settings),
    destroy: buildDelete(ports, settings),
  };
}

describe('POST /workbenches/{wid}/start', () => {
  it('starts one that is stopped', async () => {
    const { world, key, request, start, stop } = await setUp();
    await call(stop, request);
    await world.waitForStatus(key, 'stopped');
    expect(await call(start, request)).toMatchObject({ status: 200, body: { success: true } });
    await world.waitForStatus(key, 'running');
  });

  it('changes nothing of one that runs', async () => {
    const { world, key, request, start } = await setUp();
    const before = await world.waitForStatus(key, 'running');
    expect((await call(start, request)).body).toEqual({ success: true });
    expect(await world.read(key)).toEqual(before);
  });

  it('is taken while it stops, and begins when the stop is done', async () => {
    const { world, key, request, start, stop } = await setUp();
    await world.waitForStatus(key, 'running');
    await call(stop, request);
    expect((await call(start, request)).status).toBe(200);
    expect(await world.read(key)).toMatchObject({ status: 'stopping', desired: 'running' });
    await world.waitForStatus(key, 'running');
  });

  it('is 409 while it is being destroyed', async () => {
    const { world, key, request, start, destroy } = await setUp();
    await world.waitForStatus(key, 'running');
    await call(destroy, request);
    expect(await call(start, request)).toMatchObject({ status: 409, body: { error: { code: 'deleting' } } });
  });

  it.each(IGNORED_BODIES)('does not look at its body (%#)', async (sent) => {
    const { request, start } = await setUp();
    expect((await call(start, { ...request, ...sent })).status).toBe(200);
  });

  it("is 404 for somebody else's", async () => {
    const { request, start } = await setUp();
    expect((await call(start, { ...request, query: 'user_id=bob' })).status).toBe(404);
  });
});
