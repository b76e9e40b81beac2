/**
 * `npm run bench:placement`: what machines cost by the policy that places workbenches on them, written to
 * bench/results. Seeded, so that the figures are the same on every machine. Ends with 1 when placement costs more
 * than the first fit that it takes the place of. With `--quick` it looks at fewer weeks, and writes nothing.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeMachine } from './machine.ts';
import { generateArrivals } from './placement/arrivals.ts';
import type { Bill } from './placement/cluster.ts';
import { computeLowerBound, simulateBill } from './placement/measure.ts';
import { type Comparison, costPerHour, heading, page, table } from './placement/page.ts';
import {
  cheapestInstanceFirst,
  dominantShareOnly,
  firstFit,
  type MakePolicy,
  placement,
} from './placement/policies.ts';
import { PROVIDER_SETS, type ProviderSet } from './placement/provider-sets.ts';

const DAYS = 5;
const quick = process.argv.includes('--quick');
const SEEDS = quick ? [1, 2] : [1, 2, 3, 4, 5, 6, 7, 8];
/** A team, a department, a company. */
const STARTS_PER_DAY = [30, 150, 600];

const FIRST_FIT = 'first fit, as listed';
const PLACEMENT = 'placement';
const POLICIES: readonly (readonly [string, MakePolicy])[] = [
  [FIRST_FIT, firstFit],
  ['first fit, cheapest instance first', cheapestInstanceFirst],
  ['dominant share only', dominantShareOnly],
  [PLACEMENT, placement],
];

async function comparePolicies(offer: ProviderSet, startsPerDay: number): Promise<Comparison> {
  const weeks = SEEDS.map((seed) => ({ seed, starts: generateArrivals(seed, DAYS, startsPerDay) }));
  const bills: [string, Bill][] = [];
  for (const [name, policy] of POLICIES) {
    const each: Bill[] = [];
    for (const { seed, starts } of weeks) each.push(await simulateBill(policy, offer, starts, DAYS, seed));
    bills.push([name, each.reduce(addBills)]);
  }
  const bound = weeks
    .map(({ starts }) => computeLowerBound(offer, starts, DAYS))
    .reduce((one, other) => ({
      cost: one.cost + other.cost,
      workbenchHours: one.workbenchHours + other.workbenchHours,
    }));
  return {
    providerSet: offer.name,
    instanceTypes: offer.providers.map(({ name }) => name),
    startsPerDay,
    running: bound.workbenchHours / (DAYS * 24 * SEEDS.length),
    bills,
    bound,
  };
}

function addBills(one: Bill, other: Bill): Bill {
  const both = (a: { cpu: number; memory: number }, b: { cpu: number; memory: number }) => ({
    cpu: a.cpu + b.cpu,
    memory: a.memory + b.memory,
  });
  return {
    cost: one.cost + other.cost,
    workbenchHours: one.workbenchHours + other.workbenchHours,
    paid: both(one.paid, other.paid),
    used: both(one.used, other.used),
    started: one.started + other.started,
    waited: one.waited + other.waited,
  };
}

const comparisons: Comparison[] = [];
for (const offer of PROVIDER_SETS) {
  for (const startsPerDay of STARTS_PER_DAY) {
    const comparison = await comparePolicies(offer, startsPerDay);
    comparisons.push(comparison);
    console.log(`${offer.name}, ${heading(comparison)}\n\n${table(comparison)}\n`);
  }
}
const results = { machine: describeMachine(), days: DAYS, seeds: SEEDS, comparisons };
if (!quick) await writeFile(join(import.meta.dirname, 'results', 'placement.md'), page(results));

const total = (policy: string) =>
  comparisons
    .flatMap(({ bills }) => bills)
    .filter(([name]) => name === policy)
    .map(([, bill]) => bill)
    .reduce(addBills);
const [before, now] = [costPerHour(total(FIRST_FIT)), costPerHour(total(PLACEMENT))];
console.log(`All together: ${before.toFixed(4)} by ${FIRST_FIT}, ${now.toFixed(4)} by ${PLACEMENT}.`);
if (now >= before) {
  console.error('Placement costs more than the first fit.');
  process.exitCode = 1;
}
