import { describe, expect, it } from 'vitest';
import { build as buildDestroy } from '#functions/api/destroy-workbench.ts';
import { build } from '#functions/api/stop-workbench.ts';
import { call } from '../calling.ts';
import { IGNORED, withWorkbench } from './life-of-a-workbench.ts';

async function setUp() {
  const found = await withWorkbench();
  const { ports, settings } = found;
  return { ...found, stop: build(ports, settings), destroy: buildDestroy(ports, settings) };
}

describe('POST /workbenches/{wid}/stop', () => {
  it('stops one that runs', async () => {
    const { world, key, request, stop } = await setUp();
    await world.untilStatus(key, 'running');
    expect(await call(stop, request)).toMatchObject({ status: 200, body: { success: true } });
    await world.untilStatus(key, 'stopped');
  });

  it('changes nothing of one that is stopped', async () => {
    const { world, key, request, stop } = await setUp();
    await call(stop, request);
    const before = await world.untilStatus(key, 'stopped');
    expect((await call(stop, request)).body).toEqual({ success: true });
    expect(await world.read(key)).toEqual(before);
  });

  it('cancels a start', async () => {
    const { world, key, request, stop } = await setUp();
    expect((await call(stop, request)).status).toBe(200);
    await world.untilStatus(key, 'stopped');
    expect((await world.tasks.list()).tasks).toEqual([]);
  });

  it('is 200 while it is being destroyed', async () => {
    const { world, key, request, stop, destroy } = await setUp();
    await world.untilStatus(key, 'running');
    await call(destroy, request);
    expect((await call(stop, request)).status).toBe(200);
    expect((await world.read(key)).status).toBe('deleting');
  });

  it.each(IGNORED)('does not look at its body (%#)', async (sent) => {
    const { request, stop } = await setUp();
    expect((await call(stop, { ...request, ...sent })).status).toBe(200);
  });

  it("is 404 for somebody else's", async () => {
    const { request, stop } = await setUp();
    expect((await call(stop, { ...request, query: 'user_id=bob' })).status).toBe(404);
  });
});
