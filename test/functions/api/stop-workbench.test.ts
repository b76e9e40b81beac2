import { describe, expect, it } from 'vitest';
import {
  buildDeleteWorkbench as buildDelete,
  buildStopWorkbench,
} from '#functions/api/workbench-commands.ts';
import { call, tokenOf } from '../call-api.ts';
import { withWorkbench } from './with-workbench.ts';

async function setUp() {
  const found = await withWorkbench();
  const { ports, settings } = found;
  return { ...found, stop: buildStopWorkbench(ports, settings), requestDelete: buildDelete(ports, settings) };
}

describe('POST /workbenches/{wid}/stop', () => {
  it('stops a running workbench', async () => {
    const { world, key, request, stop } = await setUp();
    await world.waitForStatus(key, 'running');
    expect(await call(stop, request)).toMatchObject({ status: 200, body: { success: true } });
    await world.waitForStatus(key, 'stopped');
  });

  it('does not change a stopped workbench', async () => {
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

  it('is 200 while the workbench is being deleted', async () => {
    const { world, key, request, stop, requestDelete } = await setUp();
    await world.waitForStatus(key, 'running');
    await call(requestDelete, request);
    expect((await call(stop, request)).status).toBe(200);
    expect((await world.read(key)).status).toBe('deleting');
  });

  describe('with force', () => {
    const forced = (query: string) => `${query}&force=true`;

    it('forces the stop on a shared instance for an admin', async () => {
      const { world, key, request, stop } = await setUp();
      await world.waitForStatus(key, 'running');
      expect((await call(stop, { ...request, query: forced(request.query) })).status).toBe(200);
      expect(await world.read(key)).toMatchObject({ status: 'stopping', forced: true });
      await world.waitForStatus(key, 'stopped');
    });

    it('is refused to the owner on a shared instance, and changes nothing', async () => {
      const { world, key, request, stop } = await setUp();
      const running = await world.waitForStatus(key, 'running');
      const authorizer = tokenOf(key.userId);
      const response = await call(stop, { ...request, query: forced(request.query), authorizer });
      expect(response).toMatchObject({ status: 403, body: { error: { reason: 'admin_required' } } });
      expect(await world.read(key)).toEqual(running);
    });

    it('is 400 for other values than true and false', async () => {
      const { request, stop } = await setUp();
      const response = await call(stop, { ...request, query: `${request.query}&force=maybe` });
      expect(response).toMatchObject({
        status: 400,
        body: { error: { fields: { force: '`true` or `false`' } } },
      });
    });
  });
});
