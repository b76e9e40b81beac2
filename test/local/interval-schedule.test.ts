import { describe, expect, test } from 'vitest';
import { IntervalSchedule } from '#local/interval-schedule.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { TelemetryRecorder } from './telemetry-recorder.ts';

/** A schedule of every second whose runs stay open until they are let go. */
function makeSchedule() {
  const timers = new ManualClock();
  const telemetry = new TelemetryRecorder();
  const open: ((error?: Error) => void)[] = [];
  let runs = 0;
  const repeated = new IntervalSchedule({
    name: 'look',
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
  return { timers, telemetry, repeated, end, runs: () => runs };
}

describe('Repeated', () => {
  test('runs after each interval', async () => {
    const { timers, repeated, runs, end } = makeSchedule();
    repeated.start();
    await timers.advanceAsync(999);
    expect(runs()).toBe(0);
    for (const expected of [1, 2, 3]) {
      await timers.advanceAsync(expected === 1 ? 1 : 1000);
      expect(runs()).toBe(expected);
      await end();
    }
  });

  test('skips its turn while a run is under way', async () => {
    const { timers, repeated, runs, end } = makeSchedule();
    repeated.start();
    await timers.advanceAsync(3500);
    expect(runs()).toBe(1);
    await end();
    await timers.advanceAsync(500);
    expect(runs()).toBe(2);
  });

  test('joins the run under way when it is to run at once', async () => {
    const { repeated, runs, end } = makeSchedule();
    const both = Promise.all([repeated.runNow(), repeated.runNow()]);
    expect(runs()).toBe(1);
    await end();
    await both;
  });

  test('logs a run that fails, and runs again', async () => {
    const { timers, telemetry, repeated, runs, end } = makeSchedule();
    repeated.start();
    await timers.advanceAsync(1000);
    await end(new Error('the table is away'));
    expect(telemetry.lines).toEqual([
      { level: 'error', message: 'a scheduled run failed', fields: { name: 'look' } },
    ]);
    await timers.advanceAsync(1000);
    expect(runs()).toBe(2);
  });

  test('when stopped waits for the run under way and begins no other', async () => {
    const { timers, repeated, runs, end } = makeSchedule();
    repeated.start();
    await timers.advanceAsync(1000);
    let stopped = false;
    const stopping = repeated.stop().then(() => {
      stopped = true;
    });
    await timers.advanceAsync(5000);
    expect([stopped, runs(), timers.scheduledCount]).toEqual([false, 1, 0]);
    await end();
    await stopping;
    repeated.start();
    await timers.advanceAsync(5000);
    expect(runs()).toBe(1);
  });
});
