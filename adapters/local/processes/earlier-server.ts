import { pause } from '../timers.ts';
import type { RunFiles } from './daemons.ts';
import { filePathsOf, INSTALLATION_VARIABLE, markerOf } from './launch.ts';
import type { ProcessRecord } from './process-record.ts';
import type { ProcessTaskContext } from './process-task.ts';
import { endProcessTree, type Leader } from './process-tree.ts';
import { listRunCgroups, removeRunCgroup } from './run-cgroups.ts';

/** The longest grace period for processes of an earlier server, which no user works in, milliseconds. */
const LEFTOVER_GRACE_MS = 2000;
/** Delay before the process table is read again after an error, milliseconds. */
const PROCESS_TABLE_RETRY_MS = 1000;

/**
 * Ends the processes that an earlier server of this installation left: those in its records, if start time and
 * boot id match, and all processes with the installation's id in their environment. Must be called before this
 * server starts a process. Returns whether none is left; false when the server gave up.
 */
export async function endProcessesOfEarlierServer(
  records: readonly ProcessRecord[],
  context: ProcessTaskContext,
): Promise<boolean> {
  const { table, timers, giveUpSignal, telemetry, launchSettings } = context;
  const bootId = await table.bootId();
  const leaders = records.flatMap(({ process }): Leader[] =>
    process?.bootId === bootId ? [{ pid: process.pid, startTime: process.startTime, watched: false }] : [],
  );
  const marker = [`${INSTALLATION_VARIABLE}=${launchSettings.installation}`];
  const files = records.flatMap(({ process, input }): RunFiles[] =>
    process?.bootId === bootId
      ? [
          {
            folders: filePathsOf(launchSettings, input),
            since: process.startTime,
            marker: markerOf(launchSettings, input),
          },
        ]
      : [],
  );
  const own = await context.cgroups.own;
  const listed = own === undefined ? [] : await listRunCgroups(own, launchSettings.installation);
  // The earlier server may have been in another cgroup.
  const cgroups = [...new Set([...listed, ...records.flatMap(({ cgroup }) => cgroup ?? [])])];
  const tree = { leaders, marker, cgroups, files };
  const graceMs = Math.min(context.graceMs, LEFTOVER_GRACE_MS);
  while (!giveUpSignal.aborted) {
    try {
      const ended = await endProcessTree(tree, { table, timers, graceMs, signal: giveUpSignal });
      if (ended) for (const path of cgroups) await removeRunCgroup(path);
      return ended;
    } catch (error) {
      telemetry?.error('processes could not be listed', {}, error);
      await pause(timers, PROCESS_TABLE_RETRY_MS, giveUpSignal);
    }
  }
  return false;
}
