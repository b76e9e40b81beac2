import { describe, expect, it } from 'vitest';
import { build as buildDelete } from '#functions/api/delete-workbench.ts';
import { build } from '#functions/api/stop-workbench.ts';
import { call, tokenOf } from '../call-api.ts';
import { IGNORED_BODIES, withWorkbench } from './with-workbench.ts';

async function setUp() {
  const found = await withWorkbench();
  const { ports, settings } = found;
  return { ...found, stop: build(ports, settings), destroy: buildDelete(ports, settings) };
}

describe('POST /workbenches/{wid}/stop', () => {
  it('stops one that runs', async () => {
    const { world, key, request, stop } = await setUp();
    await world.waitForStatus(key, 'running');
    expect(await call(stop, request)).toMatchObject({ status: 200, body: { success: true } });
    await world.waitForStatus(key, 'stopped');
  });

  it('changes nothing of one that is stopped', async () => {
    const { world, key, request, stop } = await setUp();
    await call(stop, request);
    const before = await world.waitForStatus(key, 'stopped');
    expect((await call(stop, request)).body).toEqual({ success: true });
    expect(await world.read(key)).toEqual(before);
  });

  it('cancels a start', async () => {
    const { world, key, request, stop } = await setUp();
    expect((await call(stop, request)).status).toBe(200);
    await world.waitForStatus(key, 'stopped');
    expect((await world.tasks.list()).tasks).toEqual([]);
  });

  it('is 200 while it is being destroyed', async () => {
    const { world, key, request, stop, destroy } = await setUp();
    await world.waitForStatus(key, 'running');
    await call(destroy, request);
    expect((await call(stop, request)).status).toBe(200);
    expect((await world.read(key)).status).toBe('deleting');
  });

  it.each(IGNORED_BODIES)('does not look at its body (%#)', async (sent) => {
    const { request, stop } = await setUp();
    expect((await call(stop, { ...request, ...sent })).status).toBe(200);
  });

  describe('with force', () => {
    const forced = (query: string) => `${query}&force=true`;

    it('shortens the waits of one on a shared machine, for an admin', async () => {
      const { world, key, request, stop } = await setUp();
      await world.waitForStatus(key, 'running');
      expect((await call(stop, { ...request, query: forced(request.query) })).status).toBe(200);
      expect(await world.read(key)).toMatchObject({ status: 'stopping', forced: true });
      await world.waitForStatus(key, 'stopped');
    });

    it('on a shared machine is refused to its user, and changes nothing', async () => {
      const { world, key, request, stop } = await setUp();
      const running = await world.waitForStatus(key, 'running');
      const authorizer = tokenOf(key.userId);
      const answer = await call(stop, { ...request, query: forced(request.query), authorizer });
      expect(answer).toMatchObject({ status: 403, body: { error: { reason: 'admin_required' } } });
      expect(await world.read(key)).toEqual(running);
    });

    it('takes nothing but true and false', async () => {
      const { request, stop } = await setUp();
      const answer = await call(stop, { ...request, query: `${request.query}&force=maybe` });
      expect(answer).toMatchObject({
        status: 400,
        body: { error: { fields: { force: '`true` or `false`' } } },
      });
    });
  });

  it("is 404 for somebody else's", async () => {
    const { request, stop } = await setUp();
    expect((await call(stop, { ...request, query: 'user_id=bob' })).status).toBe(404);
  });
});
