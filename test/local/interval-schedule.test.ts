import { describe, expect, test } from 'vitest';
import { IntervalSchedule } from '#local/schedules.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { TelemetryRecorder } from './telemetry-recorder.ts';

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
