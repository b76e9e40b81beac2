import { systemTimers, type Timers } from '#adapters/local/timers.ts';
import type { Settings } from '#contract/settings/function-settings.ts';
import { build as buildSweepActive } from '#functions/schedules/sweep-active.ts';
import { build as buildSweepDue } from '#functions/schedules/sweep-due.ts';
import { build as buildSweepTasksAndHosts } from '#functions/schedules/sweep-tasks-and-hosts.ts';
import { build as buildSweepVolumes } from '#functions/schedules/sweep-volumes.ts';
import type { LocalData } from './data.ts';
import type { LocalPorts } from './handlers.ts';
import { IntervalSchedule } from './interval-schedule.ts';

const MINUTE = 60_000;

/**
 * Starts the schedules. Each runs once at once, to find changes since the last server. There is no sweep of the
 * cluster, because task definitions and container instances exist on AWS only.
 * @returns a function that stops the schedules and resolves when the current runs have ended
 */
export function startSchedules(
  ports: LocalPorts,
  settings: Settings,
  data: Pick<LocalData, 'deleteExpired'>,
  timers: Timers = systemTimers,
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
  const expired = schedule('expired-items', 10 * MINUTE, () => data.deleteExpired(ports.clock.now()));
  const schedules = [due, active, tasksAndHosts, volumes, expired];
  for (const each of schedules) {
    void each.runNow();
    each.start();
  }
  return async () => {
    await Promise.all(schedules.map((each) => each.stop()));
  };
}
