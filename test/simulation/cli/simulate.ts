import { randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { environmentLine } from '../../../bench/environment.ts';
import {
  formatHazards,
  HAZARD_OPTIONS,
  type HazardArguments,
  parseHazards,
  parseInteger,
  parseOptions,
  parseRunNumbers,
  parseSchedulePath,
  runCommand,
} from './arguments.ts';
import type { BatchResult } from './batch.ts';
import { computeCoverage } from './coverage.ts';
import { formatFailure, formatFailures, formatViolation } from './failure-report.ts';
import { runPool } from './pool.ts';

const HELP = `npm run simulate -- [options]

Runs the functions of the controller against a simulated AWS. Each schedule has random user requests and random faults.
Stops at the first schedule that violates a rule and prints what happened in it. Exit code 1 if one did, 2 for invalid options.

  --schedules N   number of schedules (default 1000)
  --seed N        0 … 4294967295; the same seed runs the same schedules (default: random, printed)
  --workers N     number of threads (default: one per core)
  --failures N    goes on until N schedules have violated a rule (default 1)
  --out FILE      also writes the report to FILE
  --hazards base  turns off the hazards of AWS (test/simulation/world/hazards.ts)
  --hazard LIST   probabilities of hazards (test/simulation/world/hazards.ts), as name=p[,name=p]
  --replay PATH   runs only the schedule of a failure, with --seed, PATH and the hazards as printed by the failure
  --help          prints this text
`;

/** From this number of schedules on, it is an error if a transition, a pair of call and fault, or a hazard was not reached. */
const FULL_COVERAGE_MIN_SCHEDULES = 20_000;

/** The most failures that a run collects. Each takes up to two minutes, in which it is shrunk. */
const FAILURES_MAX = 100;

interface SimulateOptions extends HazardArguments {
  readonly schedules: string;
  readonly seed?: string | undefined;
  readonly workers: string;
  readonly failures: string;
  readonly out?: string | undefined;
}

await runCommand(async () => {
  const { help, replay, ...given } = parseOptions({
    schedules: { type: 'string', default: '1000' },
    seed: { type: 'string' },
    workers: { type: 'string', default: String(cpus().length) },
    failures: { type: 'string', default: '1' },
    out: { type: 'string' },
    ...HAZARD_OPTIONS,
    replay: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  if (help) console.log(HELP);
  else if (replay !== undefined) await replaySchedule(given.seed ?? '', replay, given);
  else await simulate(given);
});

async function simulate({ out, ...given }: SimulateOptions): Promise<void> {
  const { schedules, workers, seed } = parseRunNumbers({
    ...given,
    seed: given.seed ?? String(randomInt(2 ** 32)),
  });
  const failuresMax = parseInteger('failures', given.failures, 1, FAILURES_MAX);
  const hazards = parseHazards(given);
  console.log(`${schedules} schedules from seed ${seed}, ${workers} workers`);
  const startedAt = performance.now();
  let printedAt = startedAt;
  const resultsSoFar: BatchResult[] = [];
  const results = await runPool({
    schedules,
    seed,
    workers,
    hazards,
    failures: failuresMax,
    onBatch: (done, result) => {
      resultsSoFar.push(result);
      // At once, because a run of hours may be stopped before its end.
      for (const failure of result.failures) console.log(formatViolation(failure, given));
      if (performance.now() - printedAt < 10_000) return;
      printedAt = performance.now();
      const { missing } = computeCoverage(resultsSoFar, hazards);
      const coverage = missing.length === 0 ? 'full coverage' : `${missing.length} cases not covered yet`;
      console.log(`  ${done} schedules run, ${secondsSince(startedAt)} s, ${coverage}`);
    },
  });
  const failures = results.flatMap((result) => result.failures);
  const coverage = computeCoverage(results, hazards);
  const { states, transitions, faultKinds, faults, missing } = coverage;
  const total = (field: 'schedules' | 'steps' | 'simulatedMs' | 'repeated') =>
    results.reduce((sum, result) => sum + result[field], 0);
  const lines = [
    `schedules          ${total('schedules')}, ${failures.length === 0 ? 'no rule violated' : `${failures.length} violated a rule`}`,
    `seed               ${seed}`,
    `hazards            ${formatHazards(given).trim() || 'default'}`,
    `steps              ${total('steps')}`,
    `simulated time     ${Math.round(total('simulatedMs') / 3_600_000)} h`,
    `run twice          ${total('repeated')}, with the same trace`,
    `duration           ${secondsSince(startedAt)} s with ${workers} workers`,
    `date               ${new Date().toISOString()}`,
    `machine            ${environmentLine()}`,
    ...failures.map((failure) => `\n${formatViolation(failure, given)}`),
    '',
    'States entered',
    ...formatCounts(states),
    '',
    'Transitions',
    ...formatCounts(transitions),
    '',
    'Injected faults',
    ...formatCounts(faultKinds),
    '',
    'Injected faults by call',
    ...formatCounts(faults),
    '',
    'Hazards',
    ...formatCounts(coverage.hazards),
    '',
    missing.length === 0
      ? 'All transitions, all pairs of call and fault, and all hazards were reached.'
      : `Not reached (an error from ${FULL_COVERAGE_MIN_SCHEDULES} schedules on): ${missing.join(', ')}`,
  ];
  const report = lines.join('\n');
  console.log(report);
  if (out !== undefined) {
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, `${report}\n`);
  }
  const incomplete = missing.length > 0 && schedules >= FULL_COVERAGE_MIN_SCHEDULES;
  if (failures.length > 0) console.log(`\n${formatFailures(failures, given)}`);
  if (incomplete || failures.length > 0) process.exitCode = 1;
  const passed = total('schedules') - failures.length;
  const isOnlyIncomplete = incomplete && failures.length === 0;
  console.log(
    `\n${passed} passed, ${isOnlyIncomplete ? 'but coverage is incomplete' : `${failures.length} failed`}`,
  );
}

async function replaySchedule(seedText: string, pathText: string, given: HazardArguments): Promise<void> {
  const { replay } = await import('./batch.ts');
  const seed = parseInteger('seed', seedText, 0, 2 ** 32 - 1);
  const path = parseSchedulePath(pathText);
  const failure = await replay(seed, path, parseHazards(given));
  console.log(failure ? formatFailure(failure, given) : 'The schedule no longer violates a rule.');
  if (failure) process.exitCode = 1;
}

function formatCounts(counts: ReadonlyMap<string, number>): string[] {
  const width = Math.max(...[...counts.keys()].map((name) => name.length));
  return [...counts].map(([name, count]) => `  ${name.padEnd(width)}  ${String(count).padStart(9)}`);
}

function secondsSince(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(0);
}
