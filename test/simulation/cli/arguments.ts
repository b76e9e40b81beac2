import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { DEFAULT_HAZARDS, type Hazards, withoutAwsHazards } from '../world/hazards.ts';

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

/** The options that choose the hazards of the simulated world. */
export const HAZARD_OPTIONS = {
  hazards: { type: 'string' },
  hazard: { type: 'string' },
} as const satisfies ParseArgsOptionsConfig;

export interface HazardArguments {
  readonly hazards?: string | undefined;
  readonly hazard?: string | undefined;
}

/**
 * Parses `--hazards base` and `--hazard name=p[,name=p]`. The second takes precedence.
 * @throws UsageError for an unknown name or a probability that is not from 0 to 1
 */
export function parseHazards({ hazards, hazard }: HazardArguments): Partial<Hazards> {
  if (hazards !== undefined && hazards !== 'base') {
    throw new UsageError(`--hazards: expected base, not ${hazards === '' ? 'nothing' : hazards}`);
  }
  const single = (hazard === undefined ? [] : hazard.split(',')).map((item) => {
    const [name = '', text = ''] = item.split('=');
    if (!(name in DEFAULT_HAZARDS)) {
      const names = Object.keys(DEFAULT_HAZARDS).join(', ');
      throw new UsageError(`--hazard: no hazard is named ${name === '' ? 'nothing' : name}. Names: ${names}`);
    }
    if (!/^(0|1|0?\.\d+)$/.test(text)) {
      throw new UsageError(`--hazard: expected ${name}=p with p from 0 to 1, not ${item}`);
    }
    return [name, Number(text)];
  });
  return { ...(hazards === 'base' ? withoutAwsHazards() : {}), ...Object.fromEntries(single) };
}

/** The hazard options as a command that replays a schedule has them. */
export function formatHazards({ hazards, hazard }: HazardArguments): string {
  const all = hazards === undefined ? '' : ` --hazards ${hazards}`;
  return hazard === undefined ? all : `${all} --hazard ${hazard}`;
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
