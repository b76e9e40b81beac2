import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { WorkbenchItem } from '#contract/response-bodies.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';

/** Runs the commands that `npm start` prints, as a new user does. */

const run = promisify(execFile);

type PrintedCommand = 'create' | 'poll' | 'stop' | 'start' | 'delete';

export interface CurlResponse {
  readonly success?: boolean;
  readonly item: WorkbenchItem;
  readonly error?: { readonly code: string };
}

/** Returns a printed command with its continuation lines. */
export function findPrintedCommand(output: string, line: PrintedCommand): string {
  const joined = output.replaceAll(/\\\n\s*/g, '');
  const found = new RegExp(`^  ${line} +(curl .*)$`, 'm').exec(joined)?.[1];
  if (found === undefined) throw new Error(`no command to ${line} is printed in:\n${output}`);
  return found;
}

/** Runs a printed command. `$WID` is the workbench id. */
export async function runPrintedCommand(
  server: { readonly output: string },
  line: PrintedCommand,
  workbenchId = '',
): Promise<CurlResponse> {
  return await runShell(findPrintedCommand(server.output, line), { WID: workbenchId });
}

/** Runs a shell command that prints JSON. */
export async function runShell(line: string, variables: Readonly<Record<string, string>> = {}) {
  const { stdout } = await run('sh', ['-c', line], { env: { ...process.env, ...variables } });
  return JSON.parse(stdout) as CurlResponse;
}

/** Runs the poll command until the workbench has this status. */
export async function pollUntil(
  server: { readonly output: string },
  workbenchId: string,
  status: string,
): Promise<WorkbenchItem> {
  return await eventually(waitRealStep, `the status becomes ${status}`, async () => {
    const { item } = await runPrintedCommand(server, 'poll', workbenchId);
    // A stopped workbench does not start again without a request.
    if (item.status === 'stopped' && status !== 'stopped') {
      throw new Error(`it is stopped: ${JSON.stringify(item.status_reason)}`);
    }
    return item.status === status && item;
  });
}

/** Runs the poll command until the workbench does not exist. */
export async function pollUntilGone(server: { readonly output: string }, workbenchId: string): Promise<void> {
  await eventually(waitRealStep, 'the workbench is deleted', async () => {
    const { item, error } = await runPrintedCommand(server, 'poll', workbenchId);
    if (error === undefined && item.status !== 'deleting') throw new Error(`it is ${item.status}`);
    return error?.code === 'workbench_not_found';
  });
}
