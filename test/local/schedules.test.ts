import { expect, test } from 'vitest';
import { DEPLOYED, type DeployedFunction } from '#contract/deployed-functions.ts';
import { startSchedules } from '#local/schedules.ts';
import { MemoryWorld, RecordingTelemetry } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';
import { settingsWith } from '../functions/call-api.ts';

const MINUTE = 60_000;

/** Schedules with a manual clock, and the number of runs of each. */
function startAll() {
  const world = new MemoryWorld();
  const telemetry = new RecordingTelemetry();
  let dueSweeps = 0;
  let farAheadQueries = 0;
  let deletions = 0;
  const workbenches = overrideMethods(world.ports.workbenches, {
    listDue: async () => {
      dueSweeps += 1;
      return [];
    },
    listDueAfter: async () => {
      farAheadQueries += 1;
      return [];
    },
  });
  const ports = { ...world.ports, workbenches, telemetry };
  const data = {
    async deleteExpired(now: number) {
      expect(now).toBe(world.clock.now());
      deletions += 1;
    },
  };
  const stop = startSchedules(ports, settingsWith(), data, world.clock);
  const completed = (sweep: string) => telemetry.countsBy.get(`sweep_completed.${sweep}`) ?? 0;
  const runs = () => ({
    'sweep-due': dueSweeps,
    'sweep-active': completed('active'),
    'sweep-tasks-and-hosts': Math.min(completed('tasks'), completed('hosts')),
    'sweep-volumes': completed('volumes'),
    'sweep-quotas': completed('quotas'),
    'expired-items': deletions,
  });
  return { clock: world.clock, telemetry, runs, farAheadQueries: () => farAheadQueries, stop };
}

test('runs every schedule at once, and then at its interval', async () => {
  const { clock, telemetry, runs, stop } = startAll();
  await clock.advanceAsync(0);
  expect(runs()).toEqual({
    'sweep-due': 1,
    'sweep-active': 1,
    'sweep-tasks-and-hosts': 1,
    'sweep-volumes': 1,
    'sweep-quotas': 1,
    'expired-items': 1,
  });
  await clock.advanceAsync(120 * MINUTE);
  expect(runs()).toEqual({
    'sweep-due': 1 + 120,
    'sweep-active': 1 + 12,
    'sweep-tasks-and-hosts': 1 + 12,
    'sweep-volumes': 1 + 2,
    'sweep-quotas': 1 + 2,
    // DynamoDB deletes expired items itself.
    'expired-items': 1 + 12,
  });
  expect(telemetry.lines.filter(({ level }) => level === 'error')).toEqual([]);
  await stop();
  const last = runs();
  await clock.advanceAsync(120 * MINUTE);
  expect(runs()).toEqual(last);
});

test('queries records that were due before the clock was set back in every sweep, the first included', async () => {
  const { clock, farAheadQueries, stop } = startAll();
  await clock.advanceAsync(0);
  expect(farAheadQueries()).toBe(1);
  await clock.advanceAsync(5 * MINUTE);
  expect(farAheadQueries()).toBe(6);
  await stop();
});

test('deletes no expired items within ten minutes after the clock was set', async () => {
  const { clock, runs, stop } = startAll();
  await clock.advanceAsync(9 * MINUTE);
  expect(runs()['expired-items']).toBe(1);
  clock.set(24 * 60 * MINUTE);
  await clock.advanceAsync(9 * MINUTE);
  expect(runs()['expired-items']).toBe(1);
  await clock.advanceAsync(2 * MINUTE);
  expect(runs()['expired-items']).toBe(2);
  await stop();
});

test('checks for a step right before it deletes expired items', async () => {
  const { clock, runs, stop } = startAll();
  await clock.advanceAsync(10 * MINUTE - 1);
  clock.set(24 * 60 * MINUTE);
  await clock.advanceAsync(1);
  expect(runs()['expired-items']).toBe(1);
  await stop();
});

test.each([-60 * MINUTE, 60 * MINUTE])(
  'continues a workbench at once after the clock was set by %i ms',
  async (step) => {
    const world = new MemoryWorld();
    const key = await world.waitForStatus(await world.create(), 'pending');
    while (world.queue.takeDue()) {}
    const stop = startSchedules(world.ports, settingsWith(), { deleteExpired: async () => {} }, world.clock);
    await world.clock.advanceAsync(1);
    while (world.queue.takeDue()) {}
    world.clock.set(step);
    await world.clock.advanceAsync(10_000);
    expect(world.queue.takeDue()).toMatchObject({ workbenchId: key.workbenchId });
    await stop();
  },
);

test('runs the sweeps of a deployment at the same intervals, except the one of the cluster and the export of the audit', async () => {
  const { clock, runs, stop } = startAll();
  await clock.advanceAsync(120 * MINUTE);
  const { 'expired-items': _localOnly, ...sweeps } = runs();
  const expected = (Object.entries(DEPLOYED) as [string, DeployedFunction][]).flatMap(
    ([name, { startedBy }]) =>
      startedBy.by === 'schedule' && !['sweep-cluster', 'export-audit'].includes(name)
        ? [[name, 1 + 120 / startedBy.everyMinutes] as const]
        : [],
  );
  expect(sweeps).toEqual(Object.fromEntries(expected));
  await stop();
});
