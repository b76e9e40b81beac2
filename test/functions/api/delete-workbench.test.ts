import { describe, expect, it } from 'vitest';
import { build } from '#functions/api/delete-workbench.ts';
import { build as buildGet } from '#functions/api/get-workbench.ts';
import { call } from '../call-api.ts';
import { IGNORED_BODIES, withWorkbench } from './with-workbench.ts';

async function setUp() {
  const found = await withWorkbench();
  const { ports, settings } = found;
  return { ...found, destroy: build(ports, settings), get: buildGet(ports, settings) };
}

describe('DELETE /workbenches/{wid}', () => {
  it('is 200 and shows `deleting` until everything is gone, then 404', async () => {
    const { world, key, request, destroy, get } = await setUp();
    await world.waitForStatus(key, 'running');
    expect(await call(destroy, request)).toMatchObject({ status: 200, body: { success: true } });
    const deleting = await call(get, request);
    expect(deleting.body.item).toMatchObject({ status: 'deleting', desired_status: 'deleted' });
    expect(deleting.headers['retry-after']).toBe('2');
    expect((await call(destroy, request)).status).toBe(200);
    await world.waitUntilGone(key);
    expect((await call(get, request)).status).toBe(404);
    expect((await call(destroy, request)).status).toBe(404);
  });

  it.each(IGNORED_BODIES)('does not look at its body (%#)', async (sent) => {
    const { request, destroy } = await setUp();
    expect((await call(destroy, { ...request, ...sent })).status).toBe(200);
  });

  it("is 404 for somebody else's, which stays", async () => {
    const { world, key, request, destroy } = await setUp();
    expect((await call(destroy, { ...request, query: 'user_id=bob' })).status).toBe(404);
    expect((await world.read(key)).desired).toBe('running');
  });
});
