import { toKilobytes } from '#tools/bundles/check-bundles.ts';
import type { Machine } from '../machine.ts';
import { machineTable, markdownTable } from '../markdown.ts';
import type { LoadTimes } from './load-time.ts';

/** The function that is polled may take this much of what the client of DynamoDB takes alone. */
export const LOAD_RATIO_MAX = 1.5;

export interface ColdResults {
  readonly machine: Machine;
  /** Fresh processes for each. */
  readonly rounds: number;
  /** The client of DynamoDB alone. */
  readonly baseline: string;
  readonly polled: string;
  readonly times: LoadTimes;
  /** By name, of what was loaded. */
  readonly bytes: ReadonlyMap<string, number>;
}

/** What each takes, the client alone first. */
export function coldTable({ baseline, times, bytes }: Omit<ColdResults, 'machine'>): string {
  const alone = times.get(baseline) ?? Number.NaN;
  const rows = [...times].map(([name, ms]) => [
    name,
    String(toKilobytes(bytes.get(name) ?? Number.NaN)),
    ms.toFixed(1),
    (ms / alone).toFixed(2),
  ]);
  return markdownTable([['function', 'KB', 'load ms', '× client alone'], ...rows]);
}

/** What is wrong with the function that is polled; undefined when all is well. */
export function describeSlowLoad({
  baseline,
  polled,
  times,
}: Pick<ColdResults, 'baseline' | 'polled' | 'times'>): string | undefined {
  const ratio = (times.get(polled) ?? Number.NaN) / (times.get(baseline) ?? Number.NaN);
  if (ratio <= LOAD_RATIO_MAX) return undefined;
  return `${polled} takes ${ratio.toFixed(2)} times as long to load as ${baseline}: more than ${LOAD_RATIO_MAX}`;
}

export function coldPage(results: ColdResults): string {
  const { machine, rounds, baseline, polled } = results;
  return [
    '# Cold start',
    '',
    '<!-- Written by `npm run bench:cold`. Do not edit. -->',
    '',
    `What each bundled function takes to load in a fresh process: the median of ${rounds}, all of them by turns. It is`,
    `the part of a cold start that the code decides. \`${baseline}\` is the client with GetItem, bundled in the same way;`,
    `\`${polled}\`, which frontends poll, may take ${LOAD_RATIO_MAX} times as long.`,
    '',
    coldTable(results),
    '',
    machineTable(machine),
    '',
  ].join('\n');
}
