import { describe, expect, it } from 'vitest';
import { itemResponseSchema } from '#contract/response-bodies.ts';
import {
  buildDeleteWorkbench as buildDelete,
  buildStopWorkbench as buildStop,
  buildUpdateWorkbench,
} from '#functions/api/workbench-commands.ts';
import { call } from '../call-api.ts';
import { withWorkbench } from './with-workbench.ts';

async function setUp() {
  const found = await withWorkbench();
  const { ports, settings } = found;
  return {
    ...found,
    update: buildUpdateWorkbench(ports, settings),
    stop: buildStop(ports, settings),
    requestDelete: buildDelete(ports, settings),
  };
}

describe('PATCH /workbenches/{wid}', () => {
  it('renames a workbench in any status', async () => {
    const { world, key, request, update } = await setUp();
    await world.waitForStatus(key, 'running');
    const response = await call(update, { ...request, body: { workbench_name: 'Two' } });
    expect(response).toMatchObject({ status: 200, body: { success: true, item: { workbench_name: 'Two' } } });
    expect(itemResponseSchema.parse(response.body)).toEqual(response.body);
  });

  it('replaces all labels in any status, keeps them in other updates, and removes them with an empty object', async () => {
    const { world, key, request, update } = await setUp();
    await world.waitForStatus(key, 'running');
    const labelsAfter = async (body: object) => (await call(update, { ...request, body })).body.item.labels;
    expect(await labelsAfter({ labels: { team: 'a', stage: 'x' } })).toEqual({ team: 'a', stage: 'x' });
    expect(await labelsAfter({ labels: { team: 'b' } })).toEqual({ team: 'b' });
    expect(await labelsAfter({ workbench_name: 'Two' })).toEqual({ team: 'b' });
    expect(await labelsAfter({ labels: {} })).toBeUndefined();
    expect(await world.read(key)).not.toHaveProperty('labels');
  });

  it('resizes a stopped workbench', async () => {
    const { world, key, request, update, stop } = await setUp();
    await call(stop, request);
    await world.waitForStatus(key, 'stopped');
    const body = { requested_cpu: 2048, requested_memory: 4096, requested_gpu: 0 };
    expect((await call(update, { ...request, body })).body.item).toMatchObject(body);
    const larger = await call(update, { ...request, body: { requested_memory: 100_000 } });
    expect(larger).toMatchObject({ status: 422, body: { error: { code: 'cannot_fit' } } });
  });

  it('changes what follows an interruption while the workbench runs', async () => {
    const { world, key, request, update } = await setUp();
    await world.waitForStatus(key, 'running');
    for (const on_interruption of ['restart', 'stop']) {
      const response = await call(update, { ...request, body: { on_interruption } });
      expect(response).toMatchObject({ status: 200, body: { item: { on_interruption } } });
    }
    expect(await call(update, { ...request, body: { on_interruption: 'unknown' } })).toMatchObject({
      status: 400,
    });
  });

  it('changes the limits of a running workbench', async () => {
    const { world, key, request, update } = await setUp();
    await world.waitForStatus(key, 'running');
    const set = { idle_stop_minutes: 15, max_run_hours: 8, stop_at: '2099-01-01T18:00:00.000Z' };
    const { item } = (await call(update, { ...request, body: set })).body;
    expect(item).toMatchObject({ ...set, stops_because: 'max_life' });
    const removed = { max_run_hours: null, stop_at: null };
    const after = (await call(update, { ...request, body: removed })).body.item;
    expect(after).toMatchObject({ idle_stop_minutes: 15 });
    for (const field of ['max_run_hours', 'stop_at', 'stops_at']) expect(after).not.toHaveProperty(field);
  });

  it.each([
    { idle_stop_minutes: 14 },
    { idle_stop_minutes: 1441 },
    { idle_stop_minutes: null },
    { max_run_hours: 0 },
    { max_run_hours: 8761 },
    { stop_at: '18:00' },
    { stop_at: '2030-01-01T18:00:00' },
  ])('is 400 for the limit %j', async (body) => {
    const { request, update } = await setUp();
    expect((await call(update, { ...request, body })).status).toBe(400);
  });

  it('lets users switch the idle stop off if the operator allows it', async () => {
    const { ports, settings, request } = await setUp();
    const update = buildUpdateWorkbench(ports, { ...settings, WB_IDLE_STOP_NEVER: 'true' });
    const response = await call(update, { ...request, body: { idle_stop_minutes: null } });
    expect(response).toMatchObject({ status: 200, body: { item: { idle_stop_minutes: null } } });
  });

  it('changes nothing if a part of the request needs a stopped workbench', async () => {
    const { world, key, request, update } = await setUp();
    const { name } = await world.waitForStatus(key, 'running');
    const response = await call(update, { ...request, body: { workbench_name: 'Two', requested_cpu: 2048 } });
    expect(response).toMatchObject({ status: 409, body: { error: { code: 'not_stopped' } } });
    expect((await world.read(key)).name).toBe(name);
  });

  it('is 409 while the workbench is being deleted', async () => {
    const { world, key, request, update, requestDelete } = await setUp();
    await world.waitForStatus(key, 'running');
    await call(requestDelete, request);
    const response = await call(update, { ...request, body: { workbench_name: 'Two' } });
    expect(response).toMatchObject({ status: 409, body: { error: { code: 'deleting' } } });
  });

  it('changes nothing if the values are equal', async () => {
    const { world, key, request, update } = await setUp();
    const before = await world.read(key);
    for (const sent of [{}, { body: {} }, { body: { workbench_name: before.name } }]) {
      expect((await call(update, { ...request, ...sent })).status).toBe(200);
    }
    expect(await world.read(key)).toEqual(before);
  });

  it('refuses fields that cannot be changed, and bodies that are not JSON', async () => {
    const { request, update } = await setUp();
    const response = await call(update, {
      ...request,
      body: { allocated_instance_type: 'm7i.large', status: 'x' },
    });
    expect(Object.keys(response.body.error.fields).sort()).toEqual(['allocated_instance_type', 'status']);
    expect((await call(update, { ...request, body: 'name=x' })).status).toBe(415);
    const json = { 'content-type': 'application/json' };
    expect((await call(update, { ...request, body: '[]', headers: json })).status).toBe(400);
    expect((await call(update, { ...request, body: `"${'x'.repeat(70_000)}"`, headers: json })).status).toBe(
      413,
    );
  });

  it("is 404 for another user's workbench", async () => {
    const { request, update } = await setUp();
    const response = await call(update, {
      ...request,
      query: 'user_id=bob',
      body: { workbench_name: 'Two' },
    });
    expect(response.status).toBe(404);
  });
});
