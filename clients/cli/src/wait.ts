import { describeStatus, type WaitTarget, type Workbench, type WorkbenchClient } from 'workbench-client';
import { CommandError, EXIT_CODES } from './exit-codes.ts';
import { type Output, printable } from './output.ts';

const GOALS: Readonly<Record<WaitTarget, string>> = {
  running: 'start',
  stopped: 'stop',
  deleted: 'deletion',
};

/**
 * Waits for a status and shows the step and the time. Ctrl-C ends the wait, not the workbench.
 * @throws the errors of `waitUntil`; CommandError after Ctrl-C
 */
export async function waitWithProgress(
  client: WorkbenchClient,
  workbench: Workbench,
  target: WaitTarget,
  { output, timeoutMs }: { readonly output: Output; readonly timeoutMs: number },
): Promise<Workbench | undefined> {
  const { workbench_id: id, workbench_name: name } = workbench;
  const interruption = new AbortController();
  const interrupt = () => interruption.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt);
  const usualTime = target === 'running' ? findUsualTime(client, workbench) : Promise.resolve(undefined);
  let usual = '';
  void usualTime.then((seconds) => {
    if (seconds !== undefined) usual = `, usually ${Math.ceil(seconds)} s`;
  });
  try {
    return await client.waitUntil(id, target, {
      signal: interruption.signal,
      timeoutMs,
      onProgress({ workbench: read, elapsedMs, problem }) {
        const step = read === undefined ? stepWithout(target, problem) : printable(describeStatus(read));
        const trouble = problem === undefined ? '' : ` (${printable(problem.message)} Trying again.)`;
        output.progress(
          `${printable(name)}: ${step}, ${Math.round(elapsedMs / 1000)} s${read?.status === 'running' ? '' : usual}${trouble}`,
        );
      },
    });
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    throw new CommandError(
      EXIT_CODES.interrupted,
      `Stopped waiting. The ${GOALS[target]} of ${printable(name)} goes on: wb show ${id}`,
    );
  } finally {
    process.removeListener('SIGINT', interrupt);
    output.endProgress();
  }
}

/** A workbench that is gone has no status. */
function stepWithout(target: WaitTarget, problem: Error | undefined): string {
  return target === 'deleted' && problem === undefined ? 'deleted' : 'no response yet';
}

/** Returns the median of how long such starts take, seconds; undefined if it is not known, or cannot be read. */
async function findUsualTime(client: WorkbenchClient, workbench: Workbench): Promise<number | undefined> {
  const { allocated_instance_type: type, created_at: created, started_at: started } = workbench;
  const kind = started === undefined || started === created ? 'first' : 'later';
  try {
    const times = await client.startTimes();
    return times.find((each) => each.kind === kind && each.instance_type === type)?.p50_seconds;
  } catch {
    // An older server has no such route. The wait must not fail for it.
    return undefined;
  }
}
