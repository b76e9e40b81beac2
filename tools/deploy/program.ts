import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { errorCode } from '#adapters/system-error.ts';
import { ToolError } from '../command-line.ts';

/** The result of a program that has exited. */
export interface ProgramResult {
  /** Exit code. Undefined if a signal ended the program. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  /** Additional environment variables. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What to do if the program is not on PATH. Part of the error message. */
  readonly whenMissing: string;
  /** The program is killed after this time. @default no timeout */
  readonly timeoutMs?: number;
}

/** Working directory of all programs: `cdk` reads its cdk.json there. */
const ROOT = join(import.meta.dirname, '../..');

/** Output beyond this is discarded. */
const OUTPUT_CHARS_MAX = 1_000_000;

/**
 * Runs a program without input and returns its output.
 * @throws ToolError If the program does not exist or exceeds the timeout.
 */
export async function capture(
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      if (output[name].length < OUTPUT_CHARS_MAX) output[name] += text;
    });
  }
  let timedOut = false;
  const timer =
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          child.kill('SIGKILL');
        }, options.timeoutMs);
  try {
    const code = await waitForExit(child, 'close', program, options);
    if (timedOut)
      throw new ToolError(`${program} did not finish within ${(options.timeoutMs ?? 0) / 1000} s.`);
    return { code, ...output };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs a program that uses this terminal. The program itself handles Ctrl-C.
 * @returns Its exit code, or undefined if a signal ended it.
 * @throws ToolError If the program does not exist.
 */
export async function runInteractively(
  program: string,
  args: readonly string[],
  options: Omit<ProgramOptions, 'timeoutMs'>,
): Promise<number | undefined> {
  const ignore = () => {};
  process.on('SIGINT', ignore);
  try {
    const child = spawn(program, args, { env: { ...process.env, ...options.environment }, stdio: 'inherit' });
    return await waitForExit(child, 'exit', program, options);
  } finally {
    process.off('SIGINT', ignore);
  }
}

async function waitForExit(
  child: ReturnType<typeof spawn>,
  event: 'close' | 'exit',
  program: string,
  { whenMissing }: ProgramOptions,
): Promise<number | undefined> {
  const end = Promise.withResolvers<number | undefined>();
  child.once('error', end.reject).once(event, (code: number | null) => end.resolve(code ?? undefined));
  try {
    return await end.promise;
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new ToolError(`\`${program}\` is not on PATH. ${whenMissing}`);
  }
}

/** Formats a command for a shell. */
export function formatCommand(program: string, args: readonly string[]): string {
  const quote = (text: string) =>
    /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
  return [program, ...args].map(quote).join(' ');
}
