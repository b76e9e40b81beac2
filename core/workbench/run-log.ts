import type { LoggedRun, LogPage, LogPageRequest, RunLogReader } from '../ports/run-log-reader.ts';
import { runOf, type Workbench } from './workbench.ts';

/** How long output may take until it can be read, milliseconds. CloudWatch usually takes less than 5 s. */
export const LOG_DELAY_MS = 15_000;

export interface RunLogPage extends LogPage {
  /** The run has ended, and this page has its last output. */
  readonly complete: boolean;
}

/** The run whose output a user wants to see: the current one, or the last one while no task runs. */
export function loggedRunOf(workbench: Workbench): LoggedRun | undefined {
  const { workbenchId, lastTaskId } = workbench;
  const run = runOf(workbench);
  if (run?.phase === 'accepted') return { workbenchId, taskId: run.taskId, runId: run.runId };
  return lastTaskId === undefined ? undefined : { workbenchId, taskId: lastTaskId };
}

/** Returns a page of the output of a run. @param now milliseconds since 1970 */
export async function readRunLog(
  { logs }: { readonly logs: RunLogReader },
  workbench: Workbench,
  run: LoggedRun,
  page: LogPageRequest,
  now: number,
): Promise<RunLogPage> {
  const { lines, next } = await logs.readLog(run, page);
  const hasEnded = run.runId === undefined && now - (workbench.stoppedAt ?? 0) > LOG_DELAY_MS;
  return { lines, next, complete: hasEnded && lines.length === 0 };
}
