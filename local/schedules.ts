import { deleteExpiredItems, type ExpiryScanPosition } from '#adapters/local/expired-items.ts';
import { systemTimers } from '#adapters/local/timers.ts';
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
 * Begins what comes again and again, with a first look at once: what happened while nobody was there is found.
 * The cleanup of a cluster is not among it: task definitions and registered machines are only on AWS.
 * @returns stops it, and resolves when the runs under way have ended
 */
export function startSchedules(
  ports: LocalPorts,
  settings: Settings,
  { client, tableName }: LocalData,
): () => Promise<void> {
  const { telemetry } = ports;
  const repeated = (name: string, everyMs: number, run: () => Promise<unknown>) =>
    new IntervalSchedule({ name, everyMs, run, telemetry, timers: systemTimers });
  let position: ExpiryScanPosition;
  const due = repeated('sweep-due', MINUTE, buildSweepDue(ports));
  const active = repeated('sweep-active', 10 * MINUTE, buildSweepActive(ports, settings));
  const cloud = repeated('sweep-tasks-and-hosts', 10 * MINUTE, buildSweepTasksAndHosts(ports, settings));
  const volumes = repeated('sweep-volumes', 60 * MINUTE, buildSweepVolumes(ports, settings));
  const expired = repeated('expired-items', 10 * MINUTE, async () => {
    ({ next: position } = await deleteExpiredItems(client, tableName, ports.clock.now(), position));
  });
  const all = [due, active, cloud, volumes, expired];
  for (const schedule of all) {
    void schedule.runNow();
    schedule.start();
  }
  return async () => {
    await Promise.all(all.map((schedule) => schedule.stop()));
  };
}
