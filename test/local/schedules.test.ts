import { describe, expect, test } from 'vitest';
import { DEPLOYED, type DeployedFunction } from '#contract/deployed-functions.ts';
import type { Sweep } from '#core/reconcile/report.ts';
import { ClockSteps, IntervalSchedule, LocalSweepStarter, startSchedules } from '#local/schedules.ts';
import { describeSweepStarterContract } from '#test/contracts/sweep-starter.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { MemoryWorld, RecordingTelemetry } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';
import { settingsWith } from '../functions/call-api.ts';
import { TelemetryRecorder } from './telemetry-recorder.ts';

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

/** A schedule with an interval of one second whose runs stay open until `end` is called. */
function makeSchedule() {
  const timers = new ManualClock();
  const telemetry = new TelemetryRecorder();
  const open: ((error?: Error) => void)[] = [];
  let runs = 0;
  const schedule = new IntervalSchedule({
    name: 'sweep',
    everyMs: 1000,
    timers,
    telemetry,
    run: () => {
      runs += 1;
      return new Promise<void>((resolve, reject) => {
        open.push((error) => (error === undefined ? resolve() : reject(error)));
      });
    },
  });
  const end = async (error?: Error) => {
    open.shift()?.(error);
    await timers.advanceAsync(0);
  };
  return { timers, telemetry, schedule, end, runs: () => runs };
}

describe('IntervalSchedule', () => {
  test('runs after each interval', async () => {
    const { timers, schedule, runs, end } = makeSchedule();
    schedule.start();
    await timers.advanceAsync(999);
    expect(runs()).toBe(0);
    for (const expected of [1, 2, 3]) {
      await timers.advanceAsync(expected === 1 ? 1 : 1000);
      expect(runs()).toBe(expected);
      await end();
    }
  });

  test('skips a run while the previous one is in progress', async () => {
    const { timers, schedule, runs, end } = makeSchedule();
    schedule.start();
    await timers.advanceAsync(3500);
    expect(runs()).toBe(1);
    await end();
    await timers.advanceAsync(500);
    expect(runs()).toBe(2);
  });

  test('begins a run of its own after the current one, and none after the stop', async () => {
    const { schedule, runs, end, timers } = makeSchedule();
    schedule.runAfterCurrent();
    await timers.advanceAsync(0);
    expect(runs()).toBe(1);
    schedule.runAfterCurrent();
    await timers.advanceAsync(0);
    expect(runs()).toBe(1);
    await end();
    expect(runs()).toBe(2);
    schedule.runAfterCurrent();
    const stopped = schedule.stop();
    await end();
    await stopped;
    expect(runs()).toBe(2);
  });

  test('shares the current run when it is called during a run', async () => {
    const { schedule, runs, end } = makeSchedule();
    const both = Promise.all([schedule.runNow(), schedule.runNow()]);
    expect(runs()).toBe(1);
    await end();
    await both;
  });

  test('logs a failed run and continues', async () => {
    const { timers, telemetry, schedule, runs, end } = makeSchedule();
    schedule.start();
    await timers.advanceAsync(1000);
    await end(new Error('the table does not respond'));
    expect(telemetry.lines).toEqual([
      { level: 'error', message: 'a scheduled run failed', fields: { name: 'sweep' } },
    ]);
    await timers.advanceAsync(1000);
    expect(runs()).toBe(2);
  });

  test('waits for the current run when it is stopped, and begins no other', async () => {
    const { timers, schedule, runs, end } = makeSchedule();
    schedule.start();
    await timers.advanceAsync(1000);
    let stopped = false;
    const stopping = schedule.stop().then(() => {
      stopped = true;
    });
    await timers.advanceAsync(5000);
    expect([stopped, runs(), timers.scheduledCount]).toEqual([false, 1, 0]);
    await end();
    await stopping;
    schedule.start();
    await timers.advanceAsync(5000);
    expect(runs()).toBe(1);
  });
});

function watch() {
  const timers = new ManualClock();
  const telemetry = new TelemetryRecorder();
  let steps = 0;
  const clockSteps = new ClockSteps({
    timers,
    telemetry,
    onStep: async () => {
      steps += 1;
    },
  });
  return { timers, telemetry, clockSteps, steps: () => steps };
}

test.each([-3_600_000, -2000, 2000, 86_400_000])(
  'notices once that the clock was set by %i ms',
  async (ms) => {
    const { timers, telemetry, clockSteps, steps } = watch();
    timers.advance(10_000);
    timers.set(ms);
    await clockSteps.check();
    timers.advance(10_000);
    await clockSteps.check();
    expect(steps()).toBe(1);
    expect(telemetry.lines).toMatchObject([
      { level: 'warn', message: 'the clock was set, or the computer slept', fields: { seconds: ms / 1000 } },
    ]);
  },
);

test('does not take a clock that NTP lets run slower for one that was set', async () => {
  const { timers, clockSteps, steps } = watch();
  for (let times = 0; times < 100; times += 1) {
    timers.advance(10_000);
    timers.set(-100);
    await clockSteps.check();
  }
  expect(steps()).toBe(0);
  expect(clockSteps.isRecent).toBe(false);
});

test('calls a step recent for ten minutes of elapsed time', async () => {
  const { timers, clockSteps } = watch();
  timers.set(86_400_000);
  await clockSteps.check();
  timers.advance(10 * MINUTE - 1);
  expect(clockSteps.isRecent).toBe(true);
  timers.advance(1);
  expect(clockSteps.isRecent).toBe(false);
});

describeSweepStarterContract('LocalSweepStarter', async () => {
  const starter = new LocalSweepStarter();
  const started: Sweep[] = [];
  const of = (sweep: Sweep) => ({ runAfterCurrent: () => void started.push(sweep) });
  starter.use({ tasks: of('tasks'), quotas: of('quotas') });
  return { starter, started: () => started, dispose: async () => {} };
});
