import { describe, expect, it } from 'vitest';
import { runTokenOf } from '#adapters/run-token.ts';
import { itemResponseSchema } from '#contract/response-bodies.ts';
import type { Policy } from '#core/workbench/lifecycle/policy.ts';
import { buildReportActivity } from '#functions/api/report-activity.ts';
import { buildGetWorkbench as buildGet } from '#functions/api/workbenches.ts';
import { toRunContext } from '#functions/authorizer/run-context.ts';
import { call } from '../call-api.ts';
import { withWorkbench } from './with-workbench.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

async function setUp(policy: Partial<Policy> = {}) {
  const found = await withWorkbench({}, {}, policy);
  const { ports, settings, world, key, request } = found;
  const handler = buildReportActivity(ports, settings);
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
    expect(await report({ last_activity: used })).toMatchObject({ status: 204, body: '' });
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

  it('shows why a program keeps the workbench, as long as it does', async () => {
    const { world, key, report, at, ports, settings, request } = await setUp({ idleStopMinutes: 60 });
    await world.waitForStatus(key, 'running');
    const item = async () => {
      const { body } = await call(buildGet(ports, settings), request);
      expect(itemResponseSchema.parse(body)).toEqual(body);
      return body.item;
    };
    expect(await item()).not.toHaveProperty('keepalive_until');
    const keepalive_until = at(10 * MINUTE);
    expect((await report({ keepalive_until, reason: 'training, epoch 3 of 10' })).status).toBe(204);
    expect(await item()).toMatchObject({ keepalive_until, keepalive_reason: 'training, epoch 3 of 10' });
    await world.advance(2 * MINUTE);
    await report({ keepalive_until: at(10 * MINUTE) });
    expect(await item()).not.toHaveProperty('keepalive_reason');
    await report({ keepalive_until: at(12 * MINUTE), reason: 'last epoch' });
    expect(await item()).toMatchObject({ keepalive_reason: 'last epoch' });
    world.clock.advance(13 * MINUTE);
    for (const field of ['keepalive_until', 'keepalive_reason'])
      expect(await item()).not.toHaveProperty(field);
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
    { last_activity: '2030-01-01T10:00:00Z', reason: 'a reason needs a keepalive' },
    { keepalive_until: '2030-01-01T10:00:00Z', reason: '' },
    { keepalive_until: '2030-01-01T10:00:00Z', reason: 'a'.repeat(121) },
    { keepalive_until: '2030-01-01T10:00:00Z', reason: 'two\nlines' },
    { keepalive_until: '2030-01-01T10:00:00Z', reason: '\u001b[31mred' },
    { servers: {} },
  ])('is 400 with the body %j', async (body) => {
    const { world, key, report } = await setUp();
    await world.waitForStatus(key, 'running');
    expect(await report(body)).toMatchObject({ status: 400, body: { error: { code: 'invalid_request' } } });
  });
});

describe('POST /workbenches/{wid}/activity with the token of a run', () => {
  async function setUpRun() {
    const found = await setUp();
    const { world, key } = found;
    const running = await world.waitForStatus(key, 'running');
    const { workbenchId } = key;
    const runId = 'run' in running ? (running.run?.runId ?? '') : '';
    const body = { last_activity: found.at(0), kinds: ['busy'] };
    const reportAs = (run: { readonly workbenchId: string; readonly runId: string }, wid = workbenchId) =>
      call(buildReportActivity(found.ports, found.settings), { wid, body, authorizer: toRunContext(run) });
    return { ...found, workbenchId, runId, body, reportAs };
  }

  it('stores the report without a user_id', async () => {
    const { reportAs, workbenchId, runId, evidence, world } = await setUpRun();
    expect(await reportAs({ workbenchId, runId })).toMatchObject({ status: 204, body: '' });
    expect(await evidence()).toEqual({ busy: world.clock.now() });
  });

  it.each([
    ['an earlier run', 'other_run', { runId: 'an-old-run' }],
    ['another workbench', 'other_workbench', { workbenchId: '00000000000000000000000000' }],
  ])('is 403 for that of %s, and stores nothing', async (_, reason, change) => {
    const { reportAs, workbenchId, runId, evidence } = await setUpRun();
    expect(await reportAs({ workbenchId, runId, ...change })).toMatchObject({
      status: 403,
      body: { error: { code: 'forbidden', reason } },
    });
    expect(await evidence()).toEqual({});
  });

  it('is 400 with an invalid body, and 409 before the run is ready', async () => {
    const { ports, settings, workbenchId, runId } = await setUpRun();
    const authorizer = toRunContext({ workbenchId, runId });
    const sent = { wid: workbenchId, authorizer, body: { last_activity: 'now' } };
    expect(await call(buildReportActivity(ports, settings), sent)).toMatchObject({ status: 400 });
    const { world, key, ports: others, settings: same } = await setUp();
    await world.waitForStatus(key, 'pending');
    const starting = await world.read(key);
    const run = { workbenchId: key.workbenchId, runId: 'run' in starting ? (starting.run?.runId ?? '') : '' };
    const early = {
      wid: key.workbenchId,
      authorizer: toRunContext(run),
      body: { keepalive_until: '2030-01-01T10:00:00Z' },
    };
    expect(await call(buildReportActivity(others, same), early)).toMatchObject({
      status: 409,
      body: { error: { code: 'not_running' } },
    });
  });

  it('is 403 at every other route', async () => {
    const { ports, settings, workbenchId, runId, request } = await setUpRun();
    const authorizer = toRunContext({ workbenchId, runId });
    expect(await call(buildGet(ports, settings), { ...request, authorizer })).toMatchObject({
      status: 403,
      body: { error: { reason: 'not_authorized' } },
    });
  });

  it('is verified by the function where the API is open, which refuses a tampered one', async () => {
    const { ports, settings, workbenchId, runId, body, evidence, world } = await setUpRun();
    const handler = buildReportActivity(
      { ...ports, runKeys: ['key'] },
      { ...settings, RESTAPI_AUTH: 'none' },
    );
    const send = (token: string) =>
      call(handler, {
        wid: workbenchId,
        body,
        authorizer: undefined,
        headers: { authorization: `Bearer ${token}` },
      });
    const token = runTokenOf('key', { workbenchId, runId });
    const tampered = runTokenOf('another key', { workbenchId, runId });
    expect(await send(tampered)).toMatchObject({
      status: 403,
      body: { error: { reason: 'invalid_run_token' } },
    });
    expect(await evidence()).toEqual({});
    expect(await send(token)).toMatchObject({ status: 204 });
    expect(await evidence()).toEqual({ busy: world.clock.now() });
  });
});
