import { describe, expect, it } from 'vitest';
import { buildCreateWorkbench } from '#functions/api/create-workbench.ts';
import { call, settingsWith, worldWithIds } from '../call-api.ts';

const query = 'user_id=xyz';
const TEMPLATES = [
  {
    name: 'training',
    title: 'Training',
    size: 'large',
    idle_stop_minutes: 240,
    labels: { kind: 'training' },
  },
  { name: 'exact', title: 'Exact', size: 'large', requested_memory: 3000, on_interruption: 'restart' },
  { name: 'long', title: 'Long', idle_stop_minutes: null, max_run_hours: 5 },
];

function setUp(env: Readonly<Record<string, string>> = {}) {
  const { world, ports } = worldWithIds();
  const given = { WB_TEMPLATES: JSON.stringify(TEMPLATES), WB_IDLE_STOP_NEVER: 'true', ...env };
  const create = buildCreateWorkbench(ports, settingsWith(given));
  return { world, ports, create, send: (body: object) => call(create, { query, body }) };
}

describe('POST /workbenches', () => {
  it.each<[object, object]>([
    [
      { template: 'training' },
      { requested_cpu: 4096, requested_memory: 8192, idle_stop_minutes: 240, labels: { kind: 'training' } },
    ],
    [
      { template: 'training', requested_cpu: 512, idle_stop_minutes: 15, labels: {} },
      { requested_cpu: 512, requested_memory: 8192, idle_stop_minutes: 15 },
    ],
    [
      { template: 'training', size: 'medium' },
      { requested_cpu: 2048, requested_memory: 4096 },
    ],
    [
      { template: 'exact' },
      { requested_cpu: 4096, requested_memory: 3000, requested_gpu: 0, on_interruption: 'restart' },
    ],
    [
      { template: 'exact', size: 'small' },
      { requested_cpu: 1024, requested_memory: 2048 },
    ],
    [{ template: 'exact', on_interruption: 'stop' }, { on_interruption: 'stop' }],
    [{ template: 'long' }, { requested_cpu: 1024, idle_stop_minutes: null, max_run_hours: 5 }],
    [{ size: 'medium' }, { requested_cpu: 2048, requested_memory: 4096 }],
    [
      { size: 'medium', requested_memory: 512 },
      { requested_cpu: 2048, requested_memory: 512 },
    ],
  ])('fills %j in', async (body, item) => {
    const { send } = setUp();
    const response = await send(body);
    expect(response).toMatchObject({ status: 201, body: { item } });
  });

  it('stores nothing of the template but the values', async () => {
    const { send, world } = setUp();
    const { body } = await send({ template: 'training', labels: {} });
    expect(body.item).not.toHaveProperty('labels');
    expect(JSON.stringify(world.stores.workbenches.listAll())).not.toMatch(/raining|large|template/);
  });

  it('refuses an unknown name, and lists those that exist', async () => {
    const { send, world } = setUp();
    const { status, body } = await send({ template: 'toString', size: 'tiny' });
    expect(status).toBe(400);
    expect(body.error.fields).toEqual({
      template: 'one of training, exact, long',
      size: 'one of small, medium, large',
    });
    expect(world.stores.workbenches.listAll()).toEqual([]);
    const none = await setUp({ WB_TEMPLATES: '[]' }).send({ template: 'training' });
    expect(none.body.error.fields).toEqual({ template: 'absent: the installation has none' });
  });

  it('compares the values of a template with the quota, also in a dry run', async () => {
    const { create, send } = setUp({ WB_USER_CPU_MAX: '4096' });
    const dry = await call(create, { query: `${query}&dry_run=true`, body: { template: 'training' } });
    expect(dry.body.item).toMatchObject({
      quota: { requested: { cpu: 4096 }, left: { cpu: 0 } },
      estimate: { per_hour_running: expect.any(Number) },
    });
    expect((await send({ template: 'training' })).status).toBe(201);
    expect((await send({ size: 'small' })).status).toBe(403);
  });

  it('returns the first workbench to a retry, also after the template has changed', async () => {
    const { ports, create } = setUp();
    const request = { query, body: { template: 'training' }, headers: { 'idempotency-key': 'k' } };
    const first = await call(create, request);
    const changed = [{ name: 'training', title: 'Training', size: 'small' }];
    const later = buildCreateWorkbench(ports, settingsWith({ WB_TEMPLATES: JSON.stringify(changed) }));
    const retry = await call(later, request);
    expect(retry).toMatchObject({ status: 200, body: { item: { requested_cpu: 4096 } } });
    expect(retry.body.item.workbench_id).toBe(first.body.item.workbench_id);
  });
});
