import type { BurstResult } from './burst.ts';
import { CONNECTIONS, type LoadResult } from './load.ts';
import type { Machine } from './machine.ts';
import { machineTable, markdownTable } from './markdown.ts';

export interface Results {
  readonly machine: Machine;
  /** Seconds that each load lasted. */
  readonly seconds: number;
  readonly loads: readonly LoadResult[];
  readonly burst: BurstResult;
}

export function table({ loads }: Pick<Results, 'loads'>): string {
  const rows = loads.map(({ what, perSecond, p50, p99, answers, failed }) => [
    what,
    String(Math.round(perSecond)),
    ...[p50, p99].map((ms) => ms.toFixed(1)),
    String(answers),
    String(failed),
  ]);
  return markdownTable([['request', 'per second', 'p50 ms', 'p99 ms', 'answers', 'failed'], ...rows]);
}

export function burstTable({ burst }: Pick<Results, 'burst'>): string {
  const { creates, p50, p99, max, refused, lost, doubled, neverRun, drainedMs } = burst;
  return markdownTable([
    [`${creates} creates at once`, ''],
    ['answer p50 / p99 / slowest', `${[p50, p99, max].map(Math.round).join(' / ')} ms`],
    ['refused / lost / doubled / never run', [refused, lost, doubled, neverRun].join(' / ')],
    ['until each had run and ended', `${(drainedMs / 1000).toFixed(1)} s`],
  ]);
}

export function page(results: Results): string {
  const { machine, seconds } = results;
  return [
    '# Local API',
    '',
    '<!-- Written by `npm run bench`. Do not edit. -->',
    '',
    `The local server (functions, DynamoDB adapter, embedded table and drive in one process) and the load, ${CONNECTIONS}`,
    `requests at a time, on one machine. ${seconds} s each after a warm-up. Polls and lists go to workbenches that are`,
    'stopped; creates are measured while the drive carries out those before them. In the burst each workbench runs a',
    'command that ends at once, 8 at a time.',
    '',
    table(results),
    '',
    burstTable(results),
    '',
    machineTable(machine),
    '',
  ].join('\n');
}
