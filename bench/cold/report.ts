import { toKilobytes } from '#tools/bundles/check-bundles.ts';
import type { Environment } from '../environment.ts';
import { environmentTable, markdownTable } from '../markdown.ts';
import type { LoadTimes } from './load-time.ts';

/** Maximum ratio of the load time of the polled function to that of the DynamoDB client alone. */
export const LOAD_RATIO_MAX = 1.5;

export interface ColdResults {
  readonly environment: Environment;
  /** New processes for each module. */
  readonly rounds: number;
  /** Name of the bundle with only the DynamoDB client. */
  readonly baseline: string;
  readonly polled: string;
  readonly times: LoadTimes;
  /** Bundle sizes by name. */
  readonly bytes: ReadonlyMap<string, number>;
}

/** Returns a table of load times. The client is the first row. */
export function coldTable({ baseline, times, bytes }: Omit<ColdResults, 'environment'>): string {
  const baselineMs = times.get(baseline) ?? Number.NaN;
  const rows = [...times].map(([name, ms]) => [
    name,
    String(toKilobytes(bytes.get(name) ?? Number.NaN)),
    ms.toFixed(1),
    (ms / baselineMs).toFixed(2),
  ]);
  return markdownTable([['function', 'KB', 'load ms', '× client'], ...rows]);
}

/** Returns an error message if the load time of the polled function exceeds the maximum, otherwise undefined. */
export function describeSlowLoad({
  baseline,
  polled,
  times,
}: Pick<ColdResults, 'baseline' | 'polled' | 'times'>): string | undefined {
  const ratio = (times.get(polled) ?? Number.NaN) / (times.get(baseline) ?? Number.NaN);
  if (ratio <= LOAD_RATIO_MAX) return undefined;
  return `${polled} takes ${ratio.toFixed(2)} times as long to load as ${baseline}; the limit is ${LOAD_RATIO_MAX}`;
}

export function coldPage(results: ColdResults): string {
  const { environment, rounds, baseline, polled } = results;
  return [
    '# Cold start',
    '',
    '<!-- Written by `npm run bench:cold`. Do not edit. -->',
    '',
    `The load time of each bundled function in a new process: the median of ${rounds} processes, measured alternately. It`,
    `is the part of a cold start that depends on the code. \`${baseline}\` is the client with GetItem, bundled in the same`,
    `way. \`${polled}\`, which frontends poll, may take ${LOAD_RATIO_MAX} times as long.`,
    '',
    coldTable(results),
    '',
    environmentTable(environment),
    '',
  ].join('\n');
}
