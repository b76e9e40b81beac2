import type { Environment } from '../environment.ts';
import { environmentTable, markdownTable } from '../markdown.ts';
import type { Bill } from './cluster.ts';
import { PLACEMENT } from './policies.ts';

/** One set of providers with one load: the bill of each policy, summed over all seeds. */
export interface Comparison {
  readonly providerSet: string;
  /** Instances have a trunk interface. */
  readonly trunking: boolean;
  readonly instanceTypes: readonly string[];
  readonly startsPerDay: number;
  /** Average number of running workbenches. */
  readonly running: number;
  readonly bills: readonly (readonly [string, Bill])[];
  readonly bound: Pick<Bill, 'cost' | 'workbenchHours'>;
}

export interface Results {
  readonly environment: Environment;
  readonly days: number;
  readonly seeds: readonly number[];
  readonly comparisons: readonly Comparison[];
}

export function costPerHour({ cost, workbenchHours }: Pick<Bill, 'cost' | 'workbenchHours'>): number {
  return cost / workbenchHours;
}

export function table({ bills, bound }: Comparison): string {
  const lowerBound = costPerHour(bound);
  const percent = (part: number, whole: number) => `${Math.round((100 * part) / whole)} %`;
  const rows = bills.map(([name, bill]) => [
    name,
    costPerHour(bill).toFixed(4),
    (costPerHour(bill) / lowerBound).toFixed(2),
    percent(bill.used.cpu, bill.paid.cpu),
    percent(bill.used.memory, bill.paid.memory),
    percent(bill.waited, bill.started),
  ]);
  return markdownTable([
    ['policy', 'USD per workbench hour', '× bound', 'cpu used', 'memory used', 'waited for an instance'],
    ...rows,
    ['lower bound', lowerBound.toFixed(4), '1.00', '', '', ''],
  ]);
}

/** The heading of one load. */
export function heading({ startsPerDay, running }: Comparison): string {
  return `${startsPerDay} starts a day, ${running.toFixed(0)} running on average`;
}

/** One line for each set of providers and load: the cost of the controller's placement with and without trunking. */
export function trunkingTable(comparisons: readonly Comparison[]): string {
  const rows = comparisons
    .filter(({ trunking }) => trunking)
    .map((withTrunk) => {
      const { providerSet, startsPerDay } = withTrunk;
      const without = comparisons.find(
        (other) =>
          !other.trunking && other.providerSet === providerSet && other.startsPerDay === startsPerDay,
      );
      const [one, other] = [placementCostOf(withTrunk), placementCostOf(without)];
      return [providerSet, String(startsPerDay), one.toFixed(4), other.toFixed(4), (other / one).toFixed(2)];
    });
  return markdownTable([
    ['capacity providers', 'starts a day', 'with trunking, USD', 'without, USD', '× with'],
    ...rows,
  ]);
}

function placementCostOf(comparison: Comparison | undefined): number {
  const bill = comparison?.bills.find(([name]) => name === PLACEMENT)?.[1];
  return bill === undefined ? Number.NaN : costPerHour(bill);
}

function providerSetHeading({ providerSet, trunking }: Comparison): string {
  return `${providerSet}, ${trunking ? 'with' : 'without'} trunking`;
}

export function page({ environment, days, seeds, comparisons }: Results): string {
  return [
    '# Placement',
    '',
    '<!-- Written by `npm run bench:placement`. Do not edit. -->',
    '',
    'The cost of the instances for workbenches of mixed sizes, by the policy that chooses their capacity provider.',
    'Simulated: managed scaling each minute, 90 s until an instance accepts tasks, termination after 15 idle minutes,',
    'billing by the second; arrivals by the hour of a working day; running times from minutes to a night.',
    '',
    '- **first fit**: the first provider in the list that can hold the request; the list as written, or by instance price.',
    '- **dominant share only**: the lowest price × dominant share, without regard to free capacity.',
    '- **placement**: `core/placement` with the free capacity from events, which is delayed and differs by process, as',
    '  deployed.',
    '- **placement, tasks not counted**: the same with events that do not have the number of tasks of an instance. An instance',
    '  in use then counts as one with one task.',
    '- **lower bound**: fractions of instances that are available immediately and fully used (a linear program). No policy',
    '  can reach it.',
    '',
    'Each workbench needs a network interface of its own. With `awsvpcTrunking` instances have many, without it few. USD per',
    'workbench hour with **placement**:',
    '',
    trunkingTable(comparisons),
    '',
    ...comparisons.flatMap((comparison, index) => [
      ...(index > 0 &&
      providerSetHeading(comparison) === providerSetHeading(comparisons[index - 1] as Comparison)
        ? []
        : [`## ${providerSetHeading(comparison)}`, '', `${comparison.instanceTypes.join(', ')}.`, '']),
      `### ${heading(comparison)}`,
      '',
      table(comparison),
      '',
    ]),
    environmentTable(environment),
    '',
    `Seeds ${seeds.join(', ')}, ${days} days each.`,
    '',
  ].join('\n');
}
