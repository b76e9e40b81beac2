import { randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { environmentLine } from '../../../bench/environment.ts';
import { describeCommand } from '../schedule/commands.ts';
import type { Rollout } from '../schedule/mixed-fleet.ts';
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
import type { BatchResult, Failure } from './batch.ts';
import { computeCoverage } from './coverage.ts';
import { runPool } from './pool.ts';

const HELP = `npm run simulate -- [options]

Runs the functions of the controller against a simulated AWS. Each schedule has random user requests and random faults.
Stops at the first schedule that violates a rule and prints what happened in it. Exit code 1 then, 2 for invalid options.

  --schedules N   number of schedules (default 1000)
  --seed N        0 … 4294967295; the same seed runs the same schedules (default: random, printed)
  --workers N     number of threads (default: one per core)
  --out FILE      also writes the report to FILE
  --hazards base  turns off the hazards of AWS (test/simulation/world/hazards.ts)
  --hazard LIST   probabilities of hazards (test/simulation/world/hazards.ts), as name=p[,name=p]
  --replay PATH   runs only the schedule of a failure, with --seed, PATH and the hazards as printed by the failure
  --help          prints this text
`;

/** From this number of schedules on, it is an error if a transition, a pair of call and fault, or a hazard was not reached. */
const FULL_COVERAGE_MIN_SCHEDULES = 20_000;

/** The log lines of a failed schedule that are printed. */
const LOG_LINES_SHOWN = 120;

interface SimulateOptions extends HazardArguments {
  readonly schedules: string;
  readonly seed?: string | undefined;
  readonly workers: string;
  readonly out?: string | undefined;
}

await runCommand(async () => {
  const { help, replay, ...given } = parseOptions({
    schedules: { type: 'string', default: '1000' },
    seed: { type: 'string' },
    workers: { type: 'string', default: String(cpus().length) },
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
    onBatch: (done, result) => {
      resultsSoFar.push(result);
      if (performance.now() - printedAt < 10_000) return;
      printedAt = performance.now();
      const { missing } = computeCoverage(resultsSoFar, hazards);
      const coverage = missing.length === 0 ? 'full coverage' : `${missing.length} cases not covered yet`;
      console.log(`  ${done} schedules run, ${secondsSince(startedAt)} s, ${coverage}`);
    },
  });
  const failure = results.find((result) => result.failure)?.failure;
  if (failure) {
    console.log(formatFailure(failure, given));
    process.exitCode = 1;
    return;
  }
  const coverage = computeCoverage(results, hazards);
  const { states, transitions, faultKinds, faults, missing } = coverage;
  const total = (field: 'schedules' | 'steps' | 'simulatedMs' | 'repeated') =>
    results.reduce((sum, result) => sum + result[field], 0);
  const lines = [
    `schedules          ${total('schedules')}, no rule violated`,
    `seed               ${seed}`,
    `hazards            ${formatHazards(given).trim() || 'default'}`,
    `steps              ${total('steps')}`,
    `simulated time     ${Math.round(total('simulatedMs') / 3_600_000)} h`,
    `run twice          ${total('repeated')}, with the same trace`,
    `duration           ${secondsSince(startedAt)} s with ${workers} workers`,
    `date               ${new Date().toISOString()}`,
    `machine            ${environmentLine()}`,
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
  if (incomplete) process.exitCode = 1;
  console.log(`\n${total('schedules')} passed, ${incomplete ? 'but coverage is incomplete' : '0 failed'}`);
}

async function replaySchedule(seedText: string, pathText: string, given: HazardArguments): Promise<void> {
  const { replay } = await import('./batch.ts');
  const seed = parseInteger('seed', seedText, 0, 2 ** 32 - 1);
  const path = parseSchedulePath(pathText);
  const failure = await replay(seed, path, parseHazards(given));
  console.log(failure ? formatFailure(failure, given) : 'The schedule no longer violates a rule.');
  if (failure) process.exitCode = 1;
}

/** What an engineer reads when a rule is violated: the rule, the requests, the log and how to replay it. */
function formatFailure({ message, logLines, schedule, seed, path }: Failure, given: HazardArguments): string {
  const commands = schedule.commands.map(
    (command) => `  ${(command.at / 1000).toFixed(3).padStart(10)} s  ${describeCommand(command)}`,
  );
  const shown = logLines.slice(-LOG_LINES_SHOWN);
  return [
    `A rule was violated: ${message}`,
    '',
    `Requests of the schedule (time since its start; faults are injected into ${schedule.faultPercent} % of the calls):`,
    ...commands,
    ...(schedule.rollout === undefined ? [] : ['', formatRollout(schedule.rollout)]),
    '',
    `Log of the schedule, the last ${shown.length} lines:`,
    ...shown.map((line) => `  ${line}`),
    '',
    `A rule was violated: ${message}`,
    'To replay the schedule:',
    `  npm run simulate -- --seed ${seed} --replay ${path}${formatHazards(given)}`,
  ].join('\n');
}

function formatRollout({ startsAt, endsAt, rollsBackAt }: Rollout): string {
  const rollback = rollsBackAt === undefined ? '' : `, rolled back at ${rollsBackAt / 1000} s`;
  return `Rollout of a newer version: starts at ${startsAt / 1000} s, complete at ${endsAt / 1000} s${rollback}.`;
}

function formatCounts(counts: ReadonlyMap<string, number>): string[] {
  const width = Math.max(...[...counts.keys()].map((name) => name.length));
  return [...counts].map(([name, count]) => `  ${name.padEnd(width)}  ${String(count).padStart(9)}`);
}

function secondsSince(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(0);
}
