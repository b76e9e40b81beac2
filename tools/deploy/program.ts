import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { errorCode } from '#adapters/system-error.ts';
import { ToolError } from '../command-line.ts';

/** What a program that has ended leaves. */
export interface ProgramResult {
  /** Its exit code; undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  /** Variables beside this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What to do when there is no such program on PATH. */
  readonly whenMissing: string;
  /** After this it is ended, milliseconds. @default never */
  readonly timeoutMs?: number;
}

/** Where every program is run, wherever this was started: `cdk` looks for its cdk.json there. */
const ROOT = join(import.meta.dirname, '../..');

/** The most that is kept of what a program says, characters. */
const OUTPUT_CHARS_MAX = 1_000_000;

/**
 * Runs a program and keeps what it says; it is given no input.
 * @throws Problem when there is no such program, or it takes too long
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
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      if (said[name].length < OUTPUT_CHARS_MAX) said[name] += text;
    });
  }
  let late = false;
  const timer =
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          late = true;
          child.kill('SIGKILL');
        }, options.timeoutMs);
  try {
    const code = await waitForExit(child, 'close', program, options);
    if (late) throw new ToolError(`${program} did not answer within ${(options.timeoutMs ?? 0) / 1000} s.`);
    return { code, ...said };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs a program on this terminal: it may ask, and Ctrl-C is its own to answer.
 * @returns its exit code; undefined when a signal ended it
 * @throws Problem when there is no such program
 */
export async function runInteractively(
  program: string,
  args: readonly string[],
  options: Omit<ProgramOptions, 'timeoutMs'>,
): Promise<number | undefined> {
  const wait = () => {};
  process.on('SIGINT', wait);
  try {
    const child = spawn(program, args, { env: { ...process.env, ...options.environment }, stdio: 'inherit' });
    return await waitForExit(child, 'exit', program, options);
  } finally {
    process.off('SIGINT', wait);
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
    throw new ToolError(`There is no \`${program}\` on PATH. ${whenMissing}`);
  }
}

/** As one would type it. */
export function formatCommand(program: string, args: readonly string[]): string {
  const word = (text: string) =>
    /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
  return [program, ...args].map(word).join(' ');
}
