import { describe, expect, it } from 'vitest';
import { itemResponseSchema } from '#contract/response-bodies.ts';
import { buildListHistory as buildHistory } from '#functions/api/history-and-logs.ts';
import { buildExtendWorkbench } from '#functions/api/workbench-commands.ts';
import { buildGetWorkbench as buildGet } from '#functions/api/workbenches.ts';
import { call } from '../call-api.ts';
import { withWorkbench } from './with-workbench.ts';

const MINUTE = 60_000;

async function setUp(body: Readonly<Record<string, unknown>> = { idle_stop_minutes: 60 }) {
  const found = await withWorkbench(body);
  const { ports, settings } = found;
  const get = buildGet(ports, settings);
  const item = async () => (await call(get, found.request)).body.item;
  return {
    ...found,
    item,
    extend: buildExtendWorkbench(ports, settings),
    history: buildHistory(ports, settings),
  };
}

describe('POST /workbenches/{wid}/extend', () => {
  it('takes the warning back that a workbench is stopped', async () => {
    const { world, key, request, extend, item, history } = await setUp();
    await world.waitForStatus(key, 'running');
    await world.advance(55 * MINUTE);
    expect(await item()).toMatchObject({ stops_because: 'idle', idle_because: 'start' });
    const response = await call(extend, { ...request, body: { minutes: 120 } });
    expect(response).toMatchObject({ status: 200, body: { item: { idle_because: 'extend' } } });
    expect(itemResponseSchema.parse(response.body)).toEqual(response.body);
    const until = new Date(world.clock.now() + 120 * MINUTE).toISOString();
    expect(response.body.item.keepalive_until).toBe(until);
    expect(response.body.item).not.toHaveProperty('stops_at');
    await world.advance(119 * MINUTE);
    expect(await item()).toMatchObject({ status: 'running', stops_because: 'idle' });
    await world.advance(5 * MINUTE);
    expect(await item()).toMatchObject({ status: 'stopped', status_reason: { code: 'idle' } });
    const { items } = (await call(history, request)).body;
    const types = items.map(({ type }: { type: string }) => type);
    for (const type of ['idle_warned', 'extended']) expect(types).toContain(type);
  });

  it('is 409 unless the workbench is running', async () => {
    const { request, extend } = await setUp();
    const response = await call(extend, { ...request, body: { minutes: 60 } });
    expect(response).toMatchObject({ status: 409, body: { error: { code: 'not_running' } } });
  });

  it.each([{}, { minutes: 0 }, { minutes: 721 }, { minutes: 1.5 }, { minutes: '60' }, { hours: 1 }])(
    'is 400 with the body %j',
    async (body) => {
      const { world, key, request, extend } = await setUp();
      await world.waitForStatus(key, 'running');
      expect(await call(extend, { ...request, body })).toMatchObject({
        status: 400,
        body: { error: { code: 'invalid_request' } },
      });
    },
  );
});

describe('the item of a running workbench', () => {
  it('has its limits', async () => {
    const { world, key, item } = await setUp({
      ...{ idle_stop_minutes: 240, max_run_hours: 2, stop_at: '2030-01-01T18:00:00+02:00' },
    });
    await world.waitForStatus(key, 'running');
    const { ready_at, ...rest } = await item();
    const stops_at = new Date(Date.parse(ready_at) + 120 * MINUTE).toISOString();
    expect(rest).toMatchObject({
      ...{ idle_stop_minutes: 240, max_run_hours: 2, stop_at: '2030-01-01T16:00:00.000Z' },
      ...{ idle_since: ready_at, idle_because: 'start', stops_at, stops_because: 'max_life' },
    });
  });

  it('has the last use in a browser, as far as the gate has seen it', async () => {
    const { world, ports, key, item } = await setUp();
    await world.waitForStatus(key, 'running');
    await world.advance(10 * MINUTE);
    const at = world.clock.now();
    await ports.activity.record(key.workbenchId, at);
    const idle_since = new Date(at).toISOString();
    expect(await item()).toMatchObject({ idle_since, idle_because: 'browser', last_activity_at: idle_since });
    expect(await item()).not.toHaveProperty('stops_at');
  });

  it('has the limit null if it is never stopped for idleness', async () => {
    const { world, key, item } = await setUp({});
    expect(await item()).not.toHaveProperty('idle_stop_minutes');
    await world.waitForStatus(key, 'running');
    expect(await item()).toMatchObject({ idle_stop_minutes: null });
  });
});
