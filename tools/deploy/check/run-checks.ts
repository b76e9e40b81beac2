import { ToolError } from '../../command-line.ts';
import { type DeploymentCalls, NotAvailable } from './calls.ts';

export type CheckResult =
  /** `figure` is what was measured or found. */
  | { readonly result: 'passed'; readonly figure: string }
  | { readonly result: 'failed'; readonly figure: string }
  | { readonly result: 'skipped'; readonly figure: string };

export interface Check<Context> {
  /** Name in the table and in docs/operations.md. */
  readonly name: string;
  /** What to do if it fails. */
  readonly advice: string;
  run(calls: DeploymentCalls, context: Context): Promise<CheckResult>;
}

export type FinishedCheck = CheckResult & { readonly name: string; readonly advice: string };

export const passed = (figure: string): CheckResult => ({ result: 'passed', figure });
export const failed = (figure: string): CheckResult => ({ result: 'failed', figure });
export const skipped = (figure: string): CheckResult => ({ result: 'skipped', figure });

/** Runs the checks one after another. An error fails its check and does not end the others. */
export async function runChecks<Context>(
  checks: readonly Check<Context>[],
  calls: DeploymentCalls,
  context: Context,
  onFinished: (check: FinishedCheck) => void = () => {},
): Promise<readonly FinishedCheck[]> {
  const finished: FinishedCheck[] = [];
  for (const { name, advice, run } of checks) {
    const check = { name, advice, ...(await resultOf(() => run(calls, context))) };
    finished.push(check);
    onFinished(check);
  }
  return finished;
}

async function resultOf(run: () => Promise<CheckResult>): Promise<CheckResult> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof NotAvailable) return skipped(error.message);
    // An error of a command or of the network. Any other error is a bug of this tool.
    if (error instanceof ToolError) return failed(error.message);
    throw error;
  }
}

/** Renders a line for each check, and the advice for those that failed. */
export function formatChecks(checks: readonly FinishedCheck[]): string {
  const width = Math.max(0, ...checks.map(({ name }) => name.length));
  const lines = checks.map(
    ({ name, result, figure }) => `${name.padEnd(width)}  ${result.padEnd(7)}  ${figure}`,
  );
  const failures = checks.filter(({ result }) => result === 'failed');
  const advice = failures.flatMap(({ name, advice }) => ['', `${name}: ${advice}`]);
  return [...lines, ...advice].join('\n');
}

/** Exit code of the command. */
export function exitCodeOf(checks: readonly FinishedCheck[]): number {
  return checks.some(({ result }) => result === 'failed') ? 1 : 0;
}
