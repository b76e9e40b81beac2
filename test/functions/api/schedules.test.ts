import { describe, expect, it } from 'vitest';
import { itemResponseSchema } from '#contract/response-bodies.ts';
import { buildCreateWorkbench as buildCreate } from '#functions/api/create-workbench.ts';
import { buildListHistory as buildHistory } from '#functions/api/history-and-logs.ts';
import {
  buildExtendWorkbench as buildExtend,
  buildStopWorkbench as buildStop,
  buildUpdateWorkbench as buildUpdate,
} from '#functions/api/workbench-commands.ts';
import { buildGetWorkbench as buildGet } from '#functions/api/workbenches.ts';
import { call } from '../call-api.ts';
import { withWorkbench } from './with-workbench.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** An expression for this minute of every day in UTC. */
const dailyAt = (at: number) => `${new Date(at).getUTCMinutes()} ${new Date(at).getUTCHours()} * * *`;

async function setUp(
  body: Readonly<Record<string, unknown>> = {},
  env: Readonly<Record<string, string>> = {},
) {
  const found = await withWorkbench(body, env);
  const { ports, settings, request } = found;
  const get = buildGet(ports, settings);
  const history = buildHistory(ports, settings);
  return {
    ...found,
    update: buildUpdate(ports, settings),
    stop: buildStop(ports, settings),
    extend: buildExtend(ports, settings),
    create: buildCreate(ports, settings),
    item: async () => (await call(get, request)).body.item,
    types: async () =>
      (await call(history, request)).body.items.map(({ type }: { type: string }) => type) as string[],
  };
}

/** The first whole minute at least so much later. */
const minuteAfter = (now: number, ms: number) => Math.ceil((now + ms) / MINUTE) * MINUTE;

describe('a workbench with a schedule', () => {
  it('starts and stops by itself, with a warning before the stop', async () => {
    const { world, key, request, update, stop, item, types } = await setUp();
    await world.waitForStatus(key, 'running');
    await call(stop, request);
    await world.waitForStatus(key, 'stopped');
    const startAt = minuteAfter(world.clock.now(), HOUR);
    const stopAt = startAt + 3 * HOUR;
    const schedule = { start: dailyAt(startAt), stop: dailyAt(stopAt), time_zone: 'UTC' };
    const updated = await call(update, { ...request, body: { schedule } });
    const next_start_at = new Date(startAt).toISOString();
    expect(updated).toMatchObject({ status: 200, body: { item: { schedule, next_start_at } } });
    expect(itemResponseSchema.parse(updated.body)).toEqual(updated.body);

    await world.advance(startAt - world.clock.now() - MINUTE);
    expect(await item()).toMatchObject({ status: 'stopped' });
    await world.advance(5 * MINUTE);
    const stops_at = new Date(stopAt).toISOString();
    const running = await item();
    expect(running).toMatchObject({ status: 'running', schedule, stops_at, stops_because: 'schedule' });
    expect(running).not.toHaveProperty('next_start_at');
    await world.advance(stopAt - world.clock.now() - 5 * MINUTE);
    expect(await types()).toContain('schedule_warned');
    await world.advance(7 * MINUTE);
    expect(await item()).toMatchObject({
      status: 'stopped',
      status_reason: { code: 'schedule' },
      next_start_at: new Date(startAt + 24 * HOUR).toISOString(),
    });
    expect(await types()).toContain('schedule_started');
  });

  it('is kept from its stop by an extension', async () => {
    const { world, key, request, update, extend, item } = await setUp();
    await world.waitForStatus(key, 'running');
    const stopAt = minuteAfter(world.clock.now(), HOUR);
    await call(update, { ...request, body: { schedule: { stop: dailyAt(stopAt), time_zone: 'UTC' } } });
    await world.advance(stopAt - world.clock.now() - 5 * MINUTE);
    const extended = await call(extend, { ...request, body: { minutes: 120 } });
    const stops_at = new Date(world.clock.now() + 120 * MINUTE).toISOString();
    expect(extended.body.item).toMatchObject({ stops_at, stops_because: 'schedule' });
    await world.advance(119 * MINUTE);
    expect(await item()).toMatchObject({ status: 'running' });
    await world.advance(3 * MINUTE);
    expect(await item()).toMatchObject({ status: 'stopped', status_reason: { code: 'schedule' } });
  });

  it('stays stopped if a quota refuses its start, and says so', async () => {
    const { world, ports, key, request, update, stop, create, item, types } = await setUp();
    await ports.quotas.writeLimits({ kind: 'installation' }, { running: 1 });
    await world.waitForStatus(key, 'running');
    await call(stop, request);
    await world.waitForStatus(key, 'stopped');
    const startAt = minuteAfter(world.clock.now(), HOUR);
    await call(update, { ...request, body: { schedule: { start: dailyAt(startAt), time_zone: 'UTC' } } });
    expect((await call(create, { query: 'user_id=ada', body: {} })).status).toBe(201);
    await world.advance(startAt - world.clock.now() + 5 * MINUTE);
    expect(await item()).toMatchObject({
      ...{ status: 'stopped', status_detail: 'schedule_refused' },
      next_start_at: new Date(startAt + 24 * HOUR).toISOString(),
    });
    expect((await types()).filter((type) => type === 'schedule_refused')).toHaveLength(1);
  });

  it('can be created with it, and loses it by null', async () => {
    const schedule = { start: '0 8 * * 1-5', stop: '0 18 * * 1-5', time_zone: 'Europe/Berlin' };
    const { request, update, item } = await setUp({ schedule });
    expect(await item()).toMatchObject({ status: 'starting', schedule });
    const removed = await call(update, { ...request, body: { schedule: null } });
    expect(removed.status).toBe(200);
    expect(removed.body.item).not.toHaveProperty('schedule');
  });

  it.each([
    [{ time_zone: 'UTC' }, 'schedule'],
    [{ start: '0 8 * * *' }, 'schedule.time_zone'],
    [{ start: '* * * * *', time_zone: 'UTC' }, 'schedule.start'],
    [{ stop: '0 8 30 2 *', time_zone: 'UTC' }, 'schedule.stop'],
    [{ stop: '0 8 * * *', time_zone: 'Berlin' }, 'schedule.time_zone'],
    [{ stop: '0 8 * * *', time_zone: 'UTC', zone: 'UTC' }, 'schedule.zone'],
    ['0 8 * * *', 'schedule'],
  ])('is 400 for the schedule %j', async (schedule, field) => {
    const { request, update } = await setUp();
    const { status, body } = await call(update, { ...request, body: { schedule } });
    expect({ status, fields: Object.keys(body.error.fields ?? {}) }).toEqual({
      status: 400,
      fields: [field],
    });
  });
});
