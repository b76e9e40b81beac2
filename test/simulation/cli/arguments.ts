import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** What was typed cannot be meant: said in one line, without a stack. */
export class UsageError extends Error {}

/**
 * The options of this process's command line, as text.
 * @throws UsageError for one that there is not, or without its value
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
 * A whole number from `min` to `max`.
 * @throws UsageError for anything else
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
 * Where a schedule is among those of its seed: its number, and which of the smaller ones was taken at each step.
 * @throws UsageError for what no failure has printed
 */
export function parseSchedulePath(text: string): string {
  if (/^\d{1,7}(:\d{1,5})*$/.test(text)) return text;
  throw new UsageError(
    `--replay: expected numbers with colons between, as a failure prints them, not ${text}`,
  );
}

/** The numbers that every run has, checked before anything begins. */
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

/** Runs a command; ends with 2 and one line when what was typed cannot be meant. */
export async function runCommand(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
