import { parseOptions, UsageError } from '../command-line.ts';

interface Assumption {
  readonly default: number;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly what: string;
}

/** What no template and no price list tells. Each can be given as `--<name> <number>`. */
export const ASSUMPTIONS = {
  'workbench-cpu': {
    default: 1024,
    unit: '1/1,024 vCPU',
    min: 1,
    max: 1_048_576,
    what: 'What a workbench requests, of CPU.',
  },
  'workbench-memory': { default: 2048, unit: 'MiB', min: 1, max: 33_554_432, what: 'And of memory.' },
  'workbench-gb': {
    default: 5,
    unit: 'GB',
    min: 0,
    max: 10_000,
    what: 'The files of a workbench.',
  },
  utilisation: {
    default: 0.7,
    unit: 'share',
    min: 0.01,
    max: 1,
    what: 'How much of the machines that run is taken by workbenches; bench/results/placement.md has figures of simulated days.',
  },
  'poll-seconds': {
    default: 3,
    unit: 's',
    min: 1,
    max: 3600,
    what: 'A frontend polls each so often with one token.',
  },
  'poll-ms': {
    default: 15,
    unit: 'ms',
    min: 1,
    max: 29_000,
    what: 'A poll takes its function so long. Not measured on Lambda: its log tells, as `Billed Duration`.',
  },
  'authorizer-ms': {
    default: 15,
    unit: 'ms',
    min: 1,
    max: 9000,
    what: 'The authorizer takes so long. Not measured on Lambda.',
  },
  'cold-share': {
    default: 0.01,
    unit: 'share',
    min: 0,
    max: 1,
    what: 'Of the polls that find no process ready.',
  },
  'cold-ms': {
    default: 400,
    unit: 'ms',
    min: 0,
    max: 10_000,
    what: 'A process takes so long to be ready, which is paid for. Not measured on Lambda.',
  },
  'poll-bytes': {
    default: 1500,
    unit: 'bytes',
    min: 1,
    max: 1_000_000,
    what: 'The answer to a poll, with its headers.',
  },
  'access-log-bytes': {
    default: 600,
    unit: 'bytes',
    min: 0,
    max: 10_000,
    what: 'A request in the access log.',
  },
  'function-log-bytes': {
    default: 500,
    unit: 'bytes',
    min: 0,
    max: 100_000,
    what: 'An invocation in the log of its function, with the lines that Lambda writes.',
  },
  'schedule-ms': {
    default: 500,
    unit: 'ms',
    min: 1,
    max: 900_000,
    what: 'A scheduled pass takes so long when there is nothing to do, starting included.',
  },
  'schedule-reads': {
    default: 20,
    unit: 'read units',
    min: 0,
    max: 100_000,
    what: 'A scheduled pass reads so much when there is nothing to do.',
  },
  'schedule-writes': {
    default: 2,
    unit: 'write units',
    min: 0,
    max: 100_000,
    what: 'And writes so much: its report.',
  },
  'queue-pollers': {
    default: 5,
    unit: 'pollers',
    min: 1,
    max: 1000,
    what: 'With so many Lambda waits at an empty queue, each asking every 20 s.',
  },
  'rejected-traffic-gb': {
    default: 0.1,
    unit: 'GB/month',
    min: 0,
    max: 10_000,
    what: 'The log of refused traffic: what knocks at a public address.',
  },
  'image-gb': { default: 1, unit: 'GB', min: 0, max: 100, what: 'An image in the repository, compressed.' },
  'images-kept': { default: 5, unit: 'images', min: 0, max: 1000, what: 'So many of them are kept.' },
  'other-dashboards': {
    default: 0,
    unit: 'dashboards',
    min: 0,
    max: 500,
    what: 'Dashboards of others in the account: three are free.',
  },
} as const satisfies Readonly<Record<string, Assumption>>;

export type AssumptionName = keyof typeof ASSUMPTIONS;
export type AssumedValues = Readonly<Record<AssumptionName, number>>;

export const ASSUMPTION_NAMES = Object.keys(ASSUMPTIONS) as AssumptionName[];

/** How many others are free in an account. */
export const FREE_DASHBOARDS_MAX = 3;

export const DEFAULTS: AssumedValues = Object.fromEntries(
  ASSUMPTION_NAMES.map((name) => [name, ASSUMPTIONS[name].default]),
) as Record<AssumptionName, number>;

export interface CostArguments {
  /** Undefined: all that there are. */
  readonly stage: string | undefined;
  readonly assumed: AssumedValues;
}

/**
 * @returns undefined when help is asked for
 * @throws UsageError
 */
export function parseCostArguments(args: readonly string[]): CostArguments | undefined {
  const { help, stage, ...given }: Readonly<Record<string, unknown>> = parseOptions(args, {
    stage: { type: 'string' },
    help: { type: 'boolean' },
    ...Object.fromEntries(ASSUMPTION_NAMES.map((name) => [name, { type: 'string' as const }])),
  });
  if (help === true) return undefined;
  const assumed = ASSUMPTION_NAMES.map((name) => [name, parseAssumption(name, given[name])]);
  return {
    stage: typeof stage === 'string' ? stage : undefined,
    assumed: Object.fromEntries(assumed) as Record<AssumptionName, number>,
  };
}

function parseAssumption(name: AssumptionName, given: unknown): number {
  const { default: byDefault, min, max } = ASSUMPTIONS[name];
  if (given === undefined) return byDefault;
  const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`--${name}: expected a number from ${min} to ${max}; found ${String(given)}`);
}
