import { expect, test } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { keyOf } from '#core/workbench/workbench.ts';
import { healthRoute, TableHealth } from '#gate/table-health.ts';
import { ID, stopped } from '#test/builders/workbench.ts';
import { TelemetryRecorder } from '#test/local/telemetry-recorder.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { serveOwnRoute } from './serve-own-route.ts';

type Table = 'responds' | 'fails' | 'hangs';

function openHealth() {
  const timers = new ManualClock();
  const telemetry = new TelemetryRecorder();
  const state: { table: Table; reads: number } = { table: 'responds', reads: 0 };
  const read = async <T>(value: T): Promise<T> => {
    state.reads += 1;
    if (state.table === 'fails') throw new PortError('unavailable', 'the table does not respond');
    return state.table === 'hangs' ? new Promise(() => {}) : value;
  };
  const health = new TableHealth(
    { findByWorkbenchId: () => read(undefined), read: () => read(stopped()) },
    timers,
    telemetry,
  );
  return { health, timers, telemetry, state };
}

test('is healthy when the table responds to the read of the check', async () => {
  const { health, state } = openHealth();
  expect(await health.isHealthy()).toBe(true);
  expect(state.reads).toBe(1);
});

test('is not healthy before the first read', async () => {
  const { health, telemetry, state } = openHealth();
  state.table = 'fails';
  expect(await health.isHealthy()).toBe(false);
  expect(telemetry.lines.map(({ message }) => message)).toEqual(['the table does not respond to the gate']);
});

test('is healthy for 30 seconds after the last read that succeeded', async () => {
  const { health, timers, state } = openHealth();
  await health.workbenches.read(keyOf(stopped()));
  state.table = 'fails';
  timers.advance(29_999);
  expect(await health.isHealthy()).toBe(true);
  timers.advance(1);
  expect(await health.isHealthy()).toBe(false);
  state.table = 'responds';
  expect(await health.isHealthy()).toBe(true);
});

test('does not read while requests read', async () => {
  const { health, timers, state } = openHealth();
  await health.workbenches.findByWorkbenchId(ID);
  timers.advance(4_999);
  expect(await health.isHealthy()).toBe(true);
  expect(state.reads).toBe(1);
  timers.advance(1);
  expect(await health.isHealthy()).toBe(true);
  expect(state.reads).toBe(2);
});

test('waits two seconds for a table that hangs, with one read for all checks', async () => {
  const { health, timers, state } = openHealth();
  state.table = 'hangs';
  const checks = [health.isHealthy(), health.isHealthy()];
  await timers.advanceAsync(2_000);
  expect(await Promise.all(checks)).toEqual([false, false]);
  expect(state.reads).toBe(1);
});

test('does not count a read by the time at which it ends', async () => {
  const { health, timers, state } = openHealth();
  const reading = health.workbenches.read(keyOf(stopped()));
  timers.advance(30_000);
  await reading;
  state.table = 'fails';
  expect(await health.isHealthy()).toBe(false);
});

test('is not healthy from the moment at which it drains', async () => {
  const { health, timers } = openHealth();
  expect(await health.isHealthy()).toBe(true);
  timers.advance(5_000);
  const checked = health.isHealthy();
  health.drain();
  expect([await checked, await health.isHealthy()]).toEqual([false, false]);
});

test('reports it at GET /.wb/health and says nothing else', async () => {
  const { health } = openHealth();
  const route = healthRoute(health);
  expect([route.method, route.path, route.on]).toEqual(['GET', '/.wb/health', 'unchecked']);
  const send = await serveOwnRoute(route, { visitor: { kind: 'none' }, prefix: '' });
  expect(await send({})).toMatchObject({ status: 200, body: 'ok', headers: { 'cache-control': 'no-store' } });
  expect(await send({}, '', 'HEAD')).toMatchObject({ status: 200, body: '' });
  health.drain();
  expect(await send({})).toMatchObject({ status: 503, body: 'unavailable' });
});
