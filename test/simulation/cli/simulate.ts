import { randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { machineLine } from '../../../bench/machine.ts';
import { parseInteger, parseOptions, parseRunNumbers, parseSchedulePath, runCommand } from './arguments.ts';
import type { BatchResult, Failure } from './batch.ts';
import { computeCoverage } from './coverage.ts';
import { runPool } from './pool.ts';

const HELP = `npm run simulate -- [options]

Runs random schedules of users, faults and chance over the functions, in a world that tries to break them.

  --schedules N   how many (default 1000)
  --seed N        0 … 4294967295; the same seed runs the same schedules (default: drawn, and printed)
  --workers N     threads (default: one for each core)
  --out FILE      writes the report there too
  --replay PATH   runs the one schedule that a failure with --seed named, and tells its story
  --help
`;

/** Below this many schedules rare pairs need not have come up; from it on, one that has not is an error. */
const FULL_COVERAGE_MIN_SCHEDULES = 20_000;

interface SimulateOptions {
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
    replay: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  if (help) console.log(HELP);
  else if (replay !== undefined) await replaySchedule(given.seed ?? '', replay);
  else await simulate(given);
});

async function simulate({ out, ...given }: SimulateOptions): Promise<void> {
  const { schedules, workers, seed } = parseRunNumbers({
    ...given,
    seed: given.seed ?? String(randomInt(2 ** 32)),
  });
  console.log(`${schedules} schedules from seed ${seed}, ${workers} workers`);
  const began = performance.now();
  let shown = began;
  const sofar: BatchResult[] = [];
  const results = await runPool({
    schedules,
    seed,
    workers,
    onBatch: (done, result) => {
      sofar.push(result);
      if (performance.now() - shown < 10_000) return;
      shown = performance.now();
      const { missing } = computeCoverage(sofar);
      const left = missing.length === 0 ? 'everything was reached' : `${missing.length} not reached yet`;
      console.log(`  ${done} done, ${secondsSince(began)} s, ${left}`);
    },
  });
  const failure = results.find((result) => result.failure)?.failure;
  if (failure) {
    console.log(formatFailure(failure));
    process.exitCode = 1;
    return;
  }
  const { states, transitions, faultKinds, faults, missing } = computeCoverage(results);
  const total = (of: 'schedules' | 'steps' | 'simulatedMs' | 'repeated') =>
    results.reduce((sum, r) => sum + r[of], 0);
  const lines = [
    `schedules          ${total('schedules')}, none broke a rule`,
    `seed               ${seed}`,
    `steps              ${total('steps')}`,
    `simulated time     ${Math.round(total('simulatedMs') / 3_600_000)} h`,
    `run twice          ${total('repeated')}, with equal traces`,
    `time               ${secondsSince(began)} s with ${workers} workers`,
    `date               ${new Date().toISOString()}`,
    `machine            ${machineLine()}`,
    '',
    'States reached',
    ...formatCounts(states),
    '',
    'Transitions',
    ...formatCounts(transitions),
    '',
    'Faults by kind',
    ...formatCounts(faultKinds),
    '',
    'Faults by call',
    ...formatCounts(faults),
    '',
    missing.length === 0
      ? 'Everything that should be reached was.'
      : `Never reached (an error from ${FULL_COVERAGE_MIN_SCHEDULES} schedules on): ${missing.join(', ')}`,
  ];
  const report = lines.join('\n');
  console.log(report);
  if (out !== undefined) {
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, `${report}\n`);
  }
  const incomplete = missing.length > 0 && schedules >= FULL_COVERAGE_MIN_SCHEDULES;
  if (incomplete) process.exitCode = 1;
  console.log(
    `\n${total('schedules')} passed, ${incomplete ? 'but not everything was reached' : '0 failed'}`,
  );
}

async function replaySchedule(seedGiven: string, pathGiven: string): Promise<void> {
  const { replay } = await import('./batch.ts');
  const seed = parseInteger('seed', seedGiven, 0, 2 ** 32 - 1);
  const path = parseSchedulePath(pathGiven);
  const failure = await replay(seed, path);
  console.log(failure ? formatFailure(failure) : 'It breaks no rule any more.');
  if (failure) process.exitCode = 1;
}

function formatFailure({ message, logLines: lines, schedule, seed, path }: Failure): string {
  const commands = schedule.commands.map(
    ({ at, kind, user, slot, dedicated }) =>
      `  ${(at / 1000).toFixed(1).padStart(8)} s  ${kind} ${user}/${slot}${dedicated ? ' dedicated' : ''}`,
  );
  return [
    `A rule was broken: ${message}`,
    '',
    `What users did (faults: ${schedule.faultPercent} %):`,
    ...commands,
    '',
    'What happened, the last of it:',
    ...lines.slice(-120).map((line) => `  ${line}`),
    '',
    `A rule was broken: ${message}`,
    'To see it again:',
    `  npm run simulate -- --seed ${seed} --replay ${path}`,
  ].join('\n');
}

function formatCounts(counts: ReadonlyMap<string, number>): string[] {
  const width = Math.max(...[...counts.keys()].map((name) => name.length));
  return [...counts].map(([name, count]) => `  ${name.padEnd(width)}  ${String(count).padStart(9)}`);
}

function secondsSince(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(0);
}
