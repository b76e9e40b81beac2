import { describe, expect, it } from 'vitest';
import { localCatalog } from '#adapters/local/local-catalog.ts';
import { itemResponseSchema } from '#contract/response-bodies.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { Policy } from '#core/workbench/lifecycle/policy.ts';
import { updateRecord } from '#core/workbench/update-record.ts';
import { buildCreateWorkbench as buildCreate } from '#functions/api/create-workbench.ts';
import { buildStopWorkbench as buildStop } from '#functions/api/workbench-commands.ts';
import { buildGetWorkbench } from '#functions/api/workbenches.ts';
import { call, settingsWith, tokenOf, worldWithIds } from '../call-api.ts';

const query = 'user_id=ada';

async function setUp(policy: Partial<Policy> = {}) {
  const { world, ports } = worldWithIds(policy);
  const settings = settingsWith();
  const { item } = (await call(buildCreate(ports, settings), { query })).body;
  const wid: string = item.workbench_id;
  return {
    world,
    ports,
    wid,
    key: { userId: 'ada', workbenchId: wid },
    get: buildGetWorkbench(ports, settings),
  };
}

describe('GET /workbenches/{wid}', () => {
  it('returns the item, and Retry-After while the workbench is in transition', async () => {
    const { world, get, wid, key } = await setUp();
    const starting = await call(get, { wid, query });
    expect(starting).toMatchObject({ status: 200, body: { success: true, item: { status: 'starting' } } });
    expect(starting.headers['retry-after']).toBe('2');
    await world.waitForStatus(key, 'running');
    const running = await call(get, { wid, query });
    expect(running.body.item).toMatchObject({
      status: 'running',
      started_at: expect.stringMatching(/^2030-.*Z$/),
      ready_at: expect.stringMatching(/^2030-.*Z$/),
    });
    expect(running.body.item).not.toHaveProperty('status_detail');
    expect(running.headers).not.toHaveProperty('retry-after');
    expect(itemResponseSchema.parse(running.body)).toEqual(running.body);
  });

  it('has the last activity of a running and of a stopped workbench', async () => {
    const { world, ports, get, wid, key } = await setUp();
    const at = world.clock.now() + 90_000;
    await world.waitForStatus(key, 'running');
    expect((await call(get, { wid, query })).body.item).not.toHaveProperty('last_activity_at');
    await ports.activity.record(wid, at);
    const running = await call(get, { wid, query });
    expect(running.body.item.last_activity_at).toBe(new Date(at).toISOString());
    expect(itemResponseSchema.parse(running.body)).toEqual(running.body);
    await call(buildStop(ports, settingsWith()), { wid, query });
    expect((await call(get, { wid, query })).body.item).not.toHaveProperty('last_activity_at');
    await world.waitForStatus(key, 'stopped');
    expect((await call(get, { wid, query })).body.item.last_activity_at).toBe(new Date(at).toISOString());
  });

  it.each([0, 60])(
    'responds without the last activity when that cannot be read, with an idle limit of %i',
    async (idleStopMinutes) => {
      const { world, ports, wid, key } = await setUp({ idleStopMinutes });
      await world.waitForStatus(key, 'running');
      const fail = () => Promise.reject(new PortError('unavailable', 'no response'));
      const activity = { read: fail, readEvidence: fail };
      const { status, body } = await call(buildGetWorkbench({ ...ports, activity }, settingsWith()), {
        wid,
        query,
      });
      expect([status, body.item.status]).toEqual([200, 'running']);
      expect(body.item).not.toHaveProperty('last_activity_at');
      expect(world.telemetry.counts.get('activity_read_failed')).toBe(1);
    },
  );

  it('reads the record of a workbench in transition once and calls nothing else', async () => {
    const { ports, wid } = await setUp();
    const calls: string[] = [];
    const workbenches = {
      read: (key: { userId: string; workbenchId: string }) => {
        calls.push('read');
        return ports.workbenches.read(key);
      },
      findMoved: async () => undefined,
      findByWorkbenchId: () => Promise.reject(new Error('an index was read')),
    };
    const shares = { read: () => Promise.reject(new Error('the shares were read')) };
    const { clock, telemetry, audit, catalog } = ports;
    const fail = () => Promise.reject(new Error('the activity was read'));
    const activity = { read: fail, readEvidence: fail };
    const read = buildGetWorkbench(
      { workbenches, shares, activity, catalog, clock, telemetry, audit },
      settingsWith(),
    );
    await call(read, { wid, query });
    expect(calls).toEqual(['read']);
  });

  it("returns the same 404 for another user's workbench, an unknown id and an invalid id", async () => {
    const { get, wid } = await setUp();
    const responses = [
      await call(get, { wid, query: 'user_id=bob' }),
      await call(get, { wid: '0'.repeat(26), query }),
      await call(get, { wid: '..%2F..', query }),
      await call(get, { wid: wid.toUpperCase(), query }),
      await call(get, { query }),
    ];
    for (const response of responses) {
      expect(response).toEqual({
        ...responses[0],
        status: 404,
        body: { success: false, error: { code: 'workbench_not_found', message: expect.any(String) } },
      });
    }
  });

  it('does not reveal to the token of another user whether a workbench exists', async () => {
    const { get, wid } = await setUp();
    const responses = [wid, '0'.repeat(26)].map((id) =>
      call(get, { wid: id, query, authorizer: tokenOf('bob') }),
    );
    expect((await Promise.all(responses)).map(({ status }) => status)).toEqual([403, 403]);
  });
});

describe('the cost in an item', () => {
  it('has the price of the share, and what the workbench has cost in this month', async () => {
    const { world, get, wid, key } = await setUp();
    const cost = async () => (await call(get, { wid, query })).body.item.cost;
    const prices = { currency: 'USD', basis: 'prices of the settings, not the bill' };
    // The default size is half of an instance for 0.10 USD an hour.
    const estimate = { per_hour_running: expect.any(Number), per_month_stopped: 0, ...prices };
    expect(await cost()).toEqual({ ...estimate, month_to_date: 0 });
    await world.waitForStatus(key, 'running');
    const { month_to_date: before, per_hour_running: rate } = await cost();
    world.clock.advance(3_600_000);
    expect((await cost()).month_to_date - before).toBeCloseTo(rate, 5);
  });

  it('continues in the month after a stop', async () => {
    const { world, ports, get, wid, key } = await setUp();
    await world.waitForStatus(key, 'running');
    world.clock.advance(3_600_000);
    await call(buildStop(ports, settingsWith()), { wid, query });
    await world.waitForStatus(key, 'stopped');
    const { month_to_date: stopped, per_hour_running: rate } = (await call(get, { wid, query })).body.item
      .cost;
    expect(stopped).toBeGreaterThanOrEqual(rate);
    world.clock.advance(3_600_000);
    expect((await call(get, { wid, query })).body.item.cost.month_to_date).toBe(stopped);
  });

  it('contains the files once they are measured, also where the workbench has cost nothing else', async () => {
    const { world, get, wid, key } = await setUp();
    const now = world.clock.now();
    const before = (await call(get, { wid, query })).body.item.cost;
    expect(before).not.toHaveProperty('files');
    await updateRecord(world.ports, world.policy, key, () => ({
      type: 'files_measured',
      bytes: 20 * 2 ** 30,
      gibMonthPrice: 0.35,
    }));
    const after = (await call(get, { wid, query })).body.item.cost;
    expect(after.files).toEqual({
      bytes: 20 * 2 ** 30,
      measured_at: new Date(now).toISOString(),
      per_month: expect.closeTo(7, 2),
    });
    expect(after.per_month_stopped - before.per_month_stopped).toBeCloseTo(7, 2);
    expect(after.per_hour_running - before.per_hour_running).toBeCloseTo(7 / 730, 5);
  });

  it('is absent where nothing costs money', async () => {
    const { ports, wid } = await setUp();
    const catalog = localCatalog({ instanceTypes: [] });
    const { body } = await call(buildGetWorkbench({ ...ports, catalog }, settingsWith()), { wid, query });
    expect(body.item).not.toHaveProperty('cost');
  });
});
