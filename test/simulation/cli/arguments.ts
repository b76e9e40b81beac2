import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** The command line is invalid. `runCommand` prints the message without a stack trace. */
export class UsageError extends Error {}

/**
 * Parses the command line of this process. Values are strings or flags.
 * @throws UsageError for an unknown option, or one without its value
 */
export function parseOptions<T extends ParseArgsOptionsConfig>(
  config: T,
  args: readonly string[] = process.argv.slice(2),
) {
  try {
    return parseArgs({ args: [...args], options: config }).values;
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/**
 * Parses a whole number from `min` to `max`.
 * @throws UsageError for any other text
 */
export function parseInteger(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    const given = text === '' ? 'nothing' : text;
    throw new UsageError(`--${name}: expected a whole number from ${min} to ${max}, not ${given}`);
  }
  return value;
}

/**
 * Parses the path of a schedule as fast-check prints it: the number of the schedule in its batch, then the choice at each
 * shrinking step.
 * @throws UsageError for any other text
 */
export function parseSchedulePath(text: string): string {
  if (/^\d{1,7}(:\d{1,5})*$/.test(text)) return text;
  throw new UsageError(
    `--replay: expected a path as a failure prints it, for example 12:0:3, not ${text === '' ? 'nothing' : text}`,
  );
}

/**
 * Parses the numbers that every run has.
 * @throws UsageError if one is out of bounds
 */
export function parseRunNumbers(given: {
  readonly schedules: string;
  readonly seed: string;
  readonly workers: string;
}): { readonly schedules: number; readonly seed: number; readonly workers: number } {
  return {
    schedules: parseInteger('schedules', given.schedules, 1, 10_000_000),
    seed: parseInteger('seed', given.seed, 0, 2 ** 32 - 1),
    workers: parseInteger('workers', given.workers, 1, 64),
  };
}

/** Runs a command. After a UsageError, prints its message and sets the exit code 2. */
export async function runCommand(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
