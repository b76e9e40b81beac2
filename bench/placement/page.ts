import type { Machine } from '../machine.ts';
import { machineTable, markdownTable } from '../markdown.ts';
import type { Bill } from './cluster.ts';

/** One offer under one load: what each policy came to, all seeds together. */
export interface Comparison {
  readonly providerSet: string;
  readonly instanceTypes: readonly string[];
  readonly startsPerDay: number;
  /** Workbenches at once, on average. */
  readonly running: number;
  readonly bills: readonly (readonly [string, Bill])[];
  readonly bound: Pick<Bill, 'cost' | 'workbenchHours'>;
}

export interface Results {
  readonly machine: Machine;
  readonly days: number;
  readonly seeds: readonly number[];
  readonly comparisons: readonly Comparison[];
}

export function costPerHour({ cost, workbenchHours }: Pick<Bill, 'cost' | 'workbenchHours'>): number {
  return cost / workbenchHours;
}

export function table({ bills, bound }: Comparison): string {
  const least = costPerHour(bound);
  const percent = (part: number, whole: number) => `${Math.round((100 * part) / whole)} %`;
  const rows = bills.map(([name, bill]) => [
    name,
    costPerHour(bill).toFixed(4),
    (costPerHour(bill) / least).toFixed(2),
    percent(bill.used.cpu, bill.paid.cpu),
    percent(bill.used.memory, bill.paid.memory),
    percent(bill.waited, bill.started),
  ]);
  return markdownTable([
    ['policy', 'USD per workbench hour', '× bound', 'cpu used', 'memory used', 'waited for an instance'],
    ...rows,
    ['lower bound', least.toFixed(4), '1.00', '', '', ''],
  ]);
}

export function heading({ startsPerDay, running }: Comparison): string {
  return `${startsPerDay} starts a day, ${running.toFixed(0)} running on average`;
}

export function page({ machine, days, seeds, comparisons }: Results): string {
  return [
    '# Placement',
    '',
    '<!-- Written by `npm run bench:placement`. Do not edit. -->',
    '',
    'What the machines cost on which workbenches of mixed sizes come and go, by the policy that chooses their capacity',
    'providers. Simulated: managed scaling each minute, 90 s until a machine takes tasks, gone after 15 idle minutes,',
    'paid by the second; a working day with its mornings and nights; workbenches that last from minutes to a night.',
    '',
    '- **first fit**: the first provider of the list that can hold it, the list as written or by price of a machine.',
    '- **share alone**: the cheapest by price × dominant share, whatever room there is.',
    '- **placement**: `core/placement` with the room that events have told of, late and by process, as deployed.',
    '- **lower bound**: what runs at each moment on fractions of machines, had at once and used to the last unit (a',
    '  linear program). No policy can reach it.',
    '',
    ...comparisons.flatMap((comparison, at) => [
      ...(comparison.providerSet === comparisons[at - 1]?.providerSet
        ? []
        : [`## ${comparison.providerSet}`, '', `${comparison.instanceTypes.join(', ')}.`, '']),
      `### ${heading(comparison)}`,
      '',
      table(comparison),
      '',
    ]),
    machineTable(machine),
    '',
    `Seeds ${seeds.join(', ')}, ${days} days each.`,
    '',
  ].join('\n');
}
