/**
 * `npm run bench:placement`: simulates the cost of instances with different placement policies, and writes it to
 * bench/results. The simulation is seeded, so that results are reproducible. Exits with 1 if placement costs at least
 * as
 * much as first fit. With `--quick` it simulates fewer weeks and writes nothing.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeEnvironment } from './environment.ts';
import { generateArrivals } from './placement/arrivals.ts';
import type { Bill } from './placement/cluster.ts';
import { computeLowerBound, simulateBill } from './placement/measure.ts';
import { type Comparison, costPerHour, heading, page, table } from './placement/page.ts';
import {
  cheapestInstanceFirst,
  dominantShareOnly,
  firstFit,
  type MakePolicy,
  PLACEMENT,
  placement,
  placementWithoutTaskCounts,
} from './placement/policies.ts';
import { PROVIDER_SETS, type ProviderSet } from './placement/provider-sets.ts';

const DAYS = 5;
const quick = process.argv.includes('--quick');
const SEEDS = quick ? [1, 2] : [1, 2, 3, 4, 5, 6, 7, 8];
/** Loads of a team, a department and a company. */
const STARTS_PER_DAY = [30, 150, 600];

const FIRST_FIT = 'first fit, as listed';
const POLICIES: readonly (readonly [string, MakePolicy])[] = [
  [FIRST_FIT, firstFit],
  ['first fit, cheapest instance first', cheapestInstanceFirst],
  ['dominant share only', dominantShareOnly],
  [PLACEMENT, placement],
  ['placement, tasks not counted', placementWithoutTaskCounts],
];

async function comparePolicies(providerSet: ProviderSet, startsPerDay: number): Promise<Comparison> {
  const weeks = SEEDS.map((seed) => ({ seed, starts: generateArrivals(seed, DAYS, startsPerDay) }));
  const bills: [string, Bill][] = [];
  for (const [name, policy] of POLICIES) {
    const billsOfPolicy: Bill[] = [];
    for (const { seed, starts } of weeks)
      billsOfPolicy.push(await simulateBill(policy, providerSet, starts, DAYS, seed));
    bills.push([name, billsOfPolicy.reduce(addBills)]);
  }
  const bound = weeks
    .map(({ starts }) => computeLowerBound(providerSet, starts, DAYS))
    .reduce((one, other) => ({
      cost: one.cost + other.cost,
      workbenchHours: one.workbenchHours + other.workbenchHours,
    }));
  return {
    providerSet: providerSet.name,
    trunking: providerSet.trunking,
    instanceTypes: providerSet.providers.map(({ name }) => name),
    startsPerDay,
    running: bound.workbenchHours / (DAYS * 24 * SEEDS.length),
    bills,
    bound,
  };
}

function addBills(one: Bill, other: Bill): Bill {
  const addAmounts = (a: { cpu: number; memory: number }, b: { cpu: number; memory: number }) => ({
    cpu: a.cpu + b.cpu,
    memory: a.memory + b.memory,
  });
  return {
    cost: one.cost + other.cost,
    workbenchHours: one.workbenchHours + other.workbenchHours,
    paid: addAmounts(one.paid, other.paid),
    used: addAmounts(one.used, other.used),
    started: one.started + other.started,
    waited: one.waited + other.waited,
  };
}

const comparisons: Comparison[] = [];
for (const providerSet of PROVIDER_SETS) {
  for (const startsPerDay of STARTS_PER_DAY) {
    const comparison = await comparePolicies(providerSet, startsPerDay);
    comparisons.push(comparison);
    console.log(
      `${providerSet.name}, ${providerSet.trunking ? 'with' : 'without'} trunking, ${heading(comparison)}\n\n${table(comparison)}\n`,
    );
  }
}
const results = { environment: describeEnvironment(), days: DAYS, seeds: SEEDS, comparisons };
if (!quick) await writeFile(join(import.meta.dirname, 'results', 'placement.md'), page(results));

const total = (policy: string) =>
  comparisons
    .flatMap(({ bills }) => bills)
    .filter(([name]) => name === policy)
    .map(([, bill]) => bill)
    .reduce(addBills);
const [firstFitCost, placementCost] = [costPerHour(total(FIRST_FIT)), costPerHour(total(PLACEMENT))];
console.log(
  `Total per workbench hour: ${firstFitCost.toFixed(4)} with ${FIRST_FIT}, ${placementCost.toFixed(4)} with ${PLACEMENT}.`,
);
if (placementCost >= firstFitCost) {
  console.error('Placement does not cost less than first fit.');
  process.exitCode = 1;
}
