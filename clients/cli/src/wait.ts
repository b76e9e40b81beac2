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
  { workbench_id: id, workbench_name: name }: Workbench,
  target: WaitTarget,
  { output, timeoutMs }: { readonly output: Output; readonly timeoutMs: number },
): Promise<Workbench | undefined> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt);
  const wait = client.waitUntil.bind(client) as (
    id: string,
    target: WaitTarget,
    options: Parameters<WorkbenchClient['waitUntil']>[2],
  ) => Promise<Workbench | undefined>;
  try {
    return await wait(id, target, {
      signal: interruption.signal,
      timeoutMs,
      onProgress({ workbench, elapsedMs, problem }) {
        const step = workbench === undefined ? 'no response yet' : printable(describeStatus(workbench));
        const trouble = problem === undefined ? '' : ` (${printable(problem.message)} Trying again.)`;
        output.progress(`${printable(name)}: ${step}, ${Math.round(elapsedMs / 1000)} s${trouble}`);
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
