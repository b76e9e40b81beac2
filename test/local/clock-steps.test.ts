import { expect, test } from 'vitest';
import { ClockSteps } from '#local/schedules.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { TelemetryRecorder } from './telemetry-recorder.ts';

const MINUTE = 60_000;

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
