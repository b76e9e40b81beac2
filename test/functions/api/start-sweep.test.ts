import { expect, it } from 'vitest';
import { sweepResponseSchema } from '#contract/sweep-bodies.ts';
import { buildStartSweep } from '#functions/api/sweeps.ts';
import { call, settingsWith, tokenOf, worldWithIds } from '../call-api.ts';

const route = 'POST /sweeps';
const ADMIN = tokenOf('ada', { scopes: 'workbench:admin' });

function setUp() {
  const { world, ports } = worldWithIds();
  return { world, ports, handler: buildStartSweep(ports, settingsWith()) };
}

it('starts the sweep for an administrator, and records who started which', async () => {
  const { world, handler } = setUp();
  const response = await call(handler, { route, authorizer: ADMIN, body: { sweep: 'volumes' } });
  expect(response.status).toBe(202);
  expect(sweepResponseSchema.parse(response.body)).toEqual(response.body);
  expect(response.body.item).toEqual({ sweep: 'volumes', requested_at: '2030-01-01T00:00:00.000Z' });
  expect(world.sweeps.started).toEqual(['volumes']);
  const { events } = await world.stores.audit.list({ from: 0, to: Number.MAX_SAFE_INTEGER, limit: 9 });
  expect(events).toMatchObject([
    {
      action: 'start_sweep',
      outcome: 'allowed',
      actor: { id: 'ada' },
      subject: { kind: 'sweep', id: 'volumes' },
    },
  ]);
});

it('says with 429 when another sweep runs', async () => {
  const { handler } = setUp();
  await call(handler, { route, authorizer: ADMIN, body: { sweep: 'volumes' } });
  const response = await call(handler, { route, authorizer: ADMIN, body: { sweep: 'tasks' } });
  expect(response).toMatchObject({ status: 429, body: { error: { reason: 'sweep_running' } } });
  expect(response.headers).toMatchObject({ 'retry-after': '10' });
});

it('refuses users without the admin scope, and bodies without a sweep that exists', async () => {
  const { world, handler } = setUp();
  const forUser = await call(handler, { route, authorizer: tokenOf('ada'), body: { sweep: 'tasks' } });
  expect(forUser.status).toBe(403);
  for (const body of [{}, { sweep: 'due' }, { sweep: 'tasks', shard: 1 }, { sweep: 'unknown' }])
    expect((await call(handler, { route, authorizer: ADMIN, body })).status).toBe(400);
  expect(world.sweeps.started).toEqual([]);
});

it('is 503 if the sweep cannot begin', async () => {
  const { world, handler } = setUp();
  world.sweeps.fails = true;
  const response = await call(handler, { route, authorizer: ADMIN, body: { sweep: 'tasks' } });
  expect(response).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
});
