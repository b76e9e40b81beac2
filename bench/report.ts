import type { BurstResult } from './burst.ts';
import type { Environment } from './environment.ts';
import { CONNECTIONS, type LoadResult } from './load.ts';
import { environmentTable, markdownTable } from './markdown.ts';

export interface Results {
  readonly environment: Environment;
  /** Duration of each load in seconds. */
  readonly seconds: number;
  readonly loads: readonly LoadResult[];
  readonly burst: BurstResult;
}

export function table({ loads }: Pick<Results, 'loads'>): string {
  const rows = loads.map(({ name, perSecond, p50, p99, responses, failed }) => [
    name,
    String(Math.round(perSecond)),
    ...[p50, p99].map((ms) => ms.toFixed(1)),
    String(responses),
    String(failed),
  ]);
  return markdownTable([['request', 'per second', 'p50 ms', 'p99 ms', 'responses', 'failed'], ...rows]);
}

export function burstTable({ burst }: Pick<Results, 'burst'>): string {
  const { creates, p50, p99, max, refused, lost, duplicated, neverRun, drainedMs } = burst;
  return markdownTable([
    [`${creates} creates at once`, ''],
    ['response p50 / p99 / slowest', `${[p50, p99, max].map(Math.round).join(' / ')} ms`],
    ['refused / lost / duplicated / never run', [refused, lost, duplicated, neverRun].join(' / ')],
    ['until each had run and stopped', `${(drainedMs / 1000).toFixed(1)} s`],
  ]);
}

export function page(results: Results): string {
  const { environment, seconds } = results;
  return [
    '# Local API',
    '',
    '<!-- Written by `npm run bench`. Do not edit. -->',
    '',
    `The local server (functions, SQLite and drive in one process) and the load generator with`,
    `${CONNECTIONS} concurrent requests, on one computer. ${seconds} s each after a warm-up. Polls and lists are for stopped`,
    'workbenches. Creates are measured while earlier workbenches are driven. In the burst each workbench runs a command that',
    'exits immediately, at most 8 at a time.',
    '',
    table(results),
    '',
    burstTable(results),
    '',
    environmentTable(environment),
    '',
  ].join('\n');
}
