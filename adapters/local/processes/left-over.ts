import { pause } from '../timers.ts';
import { INSTALLATION_VARIABLE } from './environment.ts';
import { endFamily, type Leader } from './process-tree.ts';
import type { ProcessTaskContext } from './process-task.ts';
import type { TaskRecord } from './process-record.ts';

/** Nobody works in what an earlier server left: its grace is no longer than this, milliseconds. */
const LEFT_OVER_GRACE_MS = 2000;
/** When the process table could not be read it is tried again after this, milliseconds. */
const LOOK_AGAIN_MS = 1000;

/**
 * Ends what an earlier server of this installation left running: the processes that its records name, if
 * start time and boot show that they are still the same, and whatever carries the installation's mark. Only
 * before this server has started any. Answers whether all is gone; false when it was given up.
 */
export async function endLeftOver(
  records: readonly TaskRecord[],
  installation: string,
  context: ProcessTaskContext,
): Promise<boolean> {
  const { table, timers, givenUp, telemetry } = context;
  const bootId = await table.bootId();
  const leaders = records.flatMap(({ process }): Leader[] =>
    process?.bootId === bootId ? [{ pid: process.pid, startTime: process.startTime, watched: false }] : [],
  );
  const family = { leaders, marker: [`${INSTALLATION_VARIABLE}=${installation}`] };
  const graceMs = Math.min(context.graceMs, LEFT_OVER_GRACE_MS);
  while (!givenUp.aborted) {
    try {
      return await endFamily(family, { table, timers, graceMs, signal: givenUp });
    } catch (error) {
      telemetry?.error('processes could not be looked at', {}, error);
      await pause(timers, LOOK_AGAIN_MS, givenUp);
    }
  }
  return false;
}
