import { systemTimers, type Timers } from '#adapters/local/timers.ts';
import type { Settings } from '#contract/settings/function-settings.ts';
import { enqueueUnsettled } from '#core/reconcile/sweep-due.ts';
import { build as buildSweepVolumes } from '#functions/schedules/sweep-volumes.ts';
import {
  buildSweepActive,
  buildSweepDue,
  buildSweepQuotas,
  buildSweepTasksAndHosts,
} from '#functions/schedules/sweeps.ts';
import { ClockSteps } from './clock-steps.ts';
import type { LocalPorts } from './handlers.ts';
import { IntervalSchedule } from './interval-schedule.ts';
import type { LocalData } from './local-data.ts';
import type { LocalSweepStarter } from './local-sweep-starter.ts';

const MINUTE = 60_000;
const CLOCK_CHECK_INTERVAL_MS = 10_000;
/** The most workbenches that are enqueued at once after the clock was set. */
const ENQUEUED_MAX = 1000;

/**
 * Starts the schedules. Each runs once at once, to find changes since the last server. There is no sweep of the
 * cluster, because task definitions and container instances exist on AWS only.
 * @param starter receives the schedules, so that operators can start sweeps
 * @returns a function that stops the schedules and resolves when the current runs have ended
 */
export function startSchedules(
  ports: LocalPorts,
  settings: Settings,
  data: Pick<LocalData, 'deleteExpired'>,
  timers: Timers = systemTimers,
  starter?: LocalSweepStarter,
): () => Promise<void> {
  const { telemetry } = ports;
  const schedule = (name: string, everyMs: number, run: () => Promise<unknown>) =>
    new IntervalSchedule({ name, everyMs, run, telemetry, timers });
  const due = schedule('sweep-due', MINUTE, buildSweepDue(ports, 1));
  const active = schedule('sweep-active', 10 * MINUTE, buildSweepActive(ports, settings));
  const tasksAndHosts = schedule(
    'sweep-tasks-and-hosts',
    10 * MINUTE,
    buildSweepTasksAndHosts(ports, settings),
  );
  const volumes = schedule('sweep-volumes', 60 * MINUTE, buildSweepVolumes(ports, settings));
  const quotas = schedule('sweep-quotas', 60 * MINUTE, buildSweepQuotas(ports));
  starter?.use({ active, tasks: tasksAndHosts, hosts: tasksAndHosts, volumes, quotas });
  const clockSteps = new ClockSteps({
    timers,
    telemetry,
    onStep: () => enqueueUnsettled(ports, { limit: ENQUEUED_MAX }),
  });
  const clock = schedule('clock-steps', CLOCK_CHECK_INTERVAL_MS, () => clockSteps.check());
  const expired = schedule('expired-items', 10 * MINUTE, async () => {
    await clockSteps.check();
    if (!clockSteps.isRecent) await data.deleteExpired(ports.clock.now());
  });
  const schedules = [due, active, tasksAndHosts, volumes, quotas, clock, expired];
  for (const each of schedules) {
    void each.runNow();
    each.start();
  }
  return async () => {
    await Promise.all(schedules.map((each) => each.stop()));
  };
}
