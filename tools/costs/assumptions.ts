import { parseOptions, UsageError } from '../command-line.ts';

interface Assumption {
  readonly default: number;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly description: string;
}

/** Values that neither templates nor price lists contain. Each can be set with `--<name> <number>`. */
export const ASSUMPTIONS = {
  'workbench-cpu': {
    default: 1024,
    unit: '1/1,024 vCPU',
    min: 1,
    max: 1_048_576,
    description: 'CPU request of a workbench.',
  },
  'workbench-memory': {
    default: 2048,
    unit: 'MiB',
    min: 1,
    max: 33_554_432,
    description: 'Memory request of a workbench.',
  },
  'workbench-gb': {
    default: 5,
    unit: 'GB',
    min: 0,
    max: 10_000,
    description: 'Size of the files of a workbench.',
  },
  utilisation: {
    default: 0.7,
    unit: 'share',
    min: 0.01,
    max: 1,
    description:
      'Share of the running instances that workbenches use. bench/results/placement.md has results of simulations.',
  },
  'poll-seconds': {
    default: 3,
    unit: 's',
    min: 1,
    max: 3600,
    description: 'Interval at which a frontend polls a workbench, with one token for all polls.',
  },
  'poll-ms': {
    default: 15,
    unit: 'ms',
    min: 1,
    max: 29_000,
    description:
      'Duration of the function of a poll. Not measured on Lambda; the log of the function contains it as `Billed Duration`.',
  },
  'authorizer-ms': {
    default: 15,
    unit: 'ms',
    min: 1,
    max: 9000,
    description: 'Duration of the authorizer. Not measured on Lambda.',
  },
  'cold-share': {
    default: 0.01,
    unit: 'share',
    min: 0,
    max: 1,
    description: 'Share of polls with a cold start.',
  },
  'cold-ms': {
    default: 400,
    unit: 'ms',
    min: 0,
    max: 10_000,
    description: 'Billed duration of a cold start. Not measured on Lambda.',
  },
  'poll-bytes': {
    default: 1500,
    unit: 'bytes',
    min: 1,
    max: 1_000_000,
    description: 'Response to a poll, including headers.',
  },
  'access-log-bytes': {
    default: 600,
    unit: 'bytes',
    min: 0,
    max: 10_000,
    description: 'Access log entry of a request.',
  },
  'function-log-bytes': {
    default: 500,
    unit: 'bytes',
    min: 0,
    max: 100_000,
    description: 'Log of one invocation, including the lines of Lambda.',
  },
  'schedule-ms': {
    default: 500,
    unit: 'ms',
    min: 1,
    max: 900_000,
    description: 'Duration of an idle scheduled sweep, including the cold start.',
  },
  'schedule-reads': {
    default: 20,
    unit: 'read units',
    min: 0,
    max: 100_000,
    description: 'Reads of an idle scheduled sweep.',
  },
  'schedule-writes': {
    default: 2,
    unit: 'write units',
    min: 0,
    max: 100_000,
    description: 'Writes of an idle scheduled sweep: its report.',
  },
  'queue-pollers': {
    default: 5,
    unit: 'pollers',
    min: 1,
    max: 1000,
    description: 'Pollers of Lambda for an empty queue. Each sends a request every 20 s.',
  },
  'rejected-traffic-gb': {
    default: 0.1,
    unit: 'GB/month',
    min: 0,
    max: 10_000,
    description: 'Log of rejected traffic, such as scans of public addresses.',
  },
  'image-gb': {
    default: 1,
    unit: 'GB',
    min: 0,
    max: 100,
    description: 'Compressed size of an image in the repository.',
  },
  'images-kept': {
    default: 5,
    unit: 'images',
    min: 0,
    max: 1000,
    description: 'Number of images in the repository.',
  },
  'other-dashboards': {
    default: 0,
    unit: 'dashboards',
    min: 0,
    max: 500,
    description: 'Other dashboards in the account, of which three are free.',
  },
} as const satisfies Readonly<Record<string, Assumption>>;

export type AssumptionName = keyof typeof ASSUMPTIONS;
export type AssumedValues = Readonly<Record<AssumptionName, number>>;

export const ASSUMPTION_NAMES = Object.keys(ASSUMPTIONS) as AssumptionName[];

/** Free dashboards of an account. */
export const FREE_DASHBOARDS_MAX = 3;

export const DEFAULTS: AssumedValues = Object.fromEntries(
  ASSUMPTION_NAMES.map((name) => [name, ASSUMPTIONS[name].default]),
) as Record<AssumptionName, number>;

export interface CostArguments {
  /** Undefined: all stages. */
  readonly stage: string | undefined;
  readonly assumed: AssumedValues;
}

/**
 * @returns Undefined for --help.
 * @throws UsageError
 */
export function parseCostArguments(args: readonly string[]): CostArguments | undefined {
  const { help, stage, ...values }: Readonly<Record<string, unknown>> = parseOptions(args, {
    stage: { type: 'string' },
    help: { type: 'boolean' },
    ...Object.fromEntries(ASSUMPTION_NAMES.map((name) => [name, { type: 'string' as const }])),
  });
  if (help === true) return undefined;
  const assumed = ASSUMPTION_NAMES.map((name) => [name, parseAssumption(name, values[name])]);
  return {
    stage: typeof stage === 'string' ? stage : undefined,
    assumed: Object.fromEntries(assumed) as Record<AssumptionName, number>,
  };
}

function parseAssumption(name: AssumptionName, text: unknown): number {
  const { default: defaultValue, min, max } = ASSUMPTIONS[name];
  if (text === undefined) return defaultValue;
  const value = typeof text === 'string' && text.trim() !== '' ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`--${name}: expected a number from ${min} to ${max}; found ${String(text)}`);
}
