import { describe, expect, it } from 'vitest';
import { build } from '#functions/api/report-activity.ts';
import { call } from '../call-api.ts';
import { withWorkbench } from './with-workbench.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

async function setUp() {
  const found = await withWorkbench();
  const { ports, settings, world, key, request } = found;
  const handler = build(ports, settings);
  const report = (body: object) => call(handler, { ...request, body });
  const evidence = async () => {
    const workbench = await world.read(key);
    const runId = 'run' in workbench ? (workbench.run?.runId ?? '') : '';
    return ports.activity.readEvidence(key.workbenchId, runId);
  };
  return { ...found, report, evidence, at: (ms: number) => new Date(world.clock.now() + ms).toISOString() };
}

describe('POST /workbenches/{wid}/activity', () => {
  it('stores when the workbench was used, by default by its IDE', async () => {
    const { world, key, report, evidence, at } = await setUp();
    await world.waitForStatus(key, 'running');
    const used = at(-MINUTE);
    expect(await report({ last_activity: used })).toMatchObject({ status: 200, body: { success: true } });
    expect(await evidence()).toEqual({ ide: Date.parse(used) });
    await world.advance(2 * MINUTE);
    const busy = at(0);
    await report({ last_activity: busy, kinds: ['busy'] });
    expect(await evidence()).toEqual({ ide: Date.parse(used), busy: Date.parse(busy) });
  });

  it('stores an earlier time not at all, a later one than now as now, and the longest keepalive', async () => {
    const { world, key, report, evidence, at } = await setUp();
    await world.waitForStatus(key, 'running');
    const now = world.clock.now();
    await report({ last_activity: at(HOUR), keepalive_until: at(24 * HOUR) });
    expect(await evidence()).toEqual({ ide: now, keepaliveUntil: now + 12 * HOUR });
    await world.advance(2 * MINUTE);
    await report({ last_activity: at(-HOUR) });
    expect(await evidence()).toMatchObject({ ide: now });
  });

  it('changes no revision, and of further reports within a minute stores only a longer keepalive', async () => {
    const { world, key, report, evidence, at } = await setUp();
    const { revision } = await world.waitForStatus(key, 'running');
    const first = at(0);
    await report({ last_activity: first });
    await world.advance(30_000);
    await report({ last_activity: at(0) });
    expect(await evidence()).toEqual({ ide: Date.parse(first) });
    const until = at(HOUR);
    await report({ keepalive_until: until });
    expect(await evidence()).toMatchObject({ keepaliveUntil: Date.parse(until) });
    expect((await world.read(key)).revision).toBe(revision);
  });

  it('is 409 unless the workbench is running', async () => {
    const { report } = await setUp();
    expect(await report({ last_activity: '2030-01-01T10:00:00Z' })).toMatchObject({
      status: 409,
      body: { error: { code: 'not_running' } },
    });
  });

  it.each([
    {},
    { kinds: ['ide'] },
    { last_activity: 'now' },
    { last_activity: '2030-01-01T10:00:00' },
    { last_activity: '2030-01-01T10:00:00Z', kinds: [] },
    { last_activity: '2030-01-01T10:00:00Z', kinds: ['browser'] },
    { last_activity: '2030-01-01T10:00:00Z', kinds: ['ide', 'ide'] },
    { keepalive_until: 5 },
    { servers: {} },
  ])('is 400 with the body %j', async (body) => {
    const { world, key, report } = await setUp();
    await world.waitForStatus(key, 'running');
    expect(await report(body)).toMatchObject({ status: 400, body: { error: { code: 'invalid_request' } } });
  });
});
