/**
 * `npm run bench:start-time`: simulates starts with the durations of AWS, with the settings that this project deploys and
 * with those from before, and writes the times to bench/results. The simulation is seeded, so that results are reproducible.
 * Exits with 1 if the p95 of a restart on a warm instance is too long. With `--quick` it simulates fewer starts and writes
 * nothing.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REAL_TIMING, TIMING_OF_SETTING, type Timing } from '#test/simulation/world/timing.ts';
import { describeEnvironment } from './environment.ts';
import { measureStartTimes, type StartTimes } from './start-time/measure.ts';
import {
  type Comparison,
  comparisonTable,
  describeSlowRestart,
  effectTable,
  page,
  type SettingEffect,
} from './start-time/page.ts';
import { RESTART, SCENARIOS } from './start-time/scenarios.ts';

const quick = process.argv.includes('--quick');
const STARTS = quick ? 50 : 500;

const BEFORE = REAL_TIMING;
const AFTER: Timing = Object.assign({}, REAL_TIMING, ...Object.values(TIMING_OF_SETTING));

const comparisons: Comparison[] = [];
for (const scenario of SCENARIOS) {
  const before = await measureStartTimes(scenario, BEFORE, STARTS);
  const after = await measureStartTimes(scenario, AFTER, STARTS);
  comparisons.push({ scenario, before, after });
}
console.log(`${comparisonTable(comparisons)}\n`);

const effects: SettingEffect[] = [];
for (const [setting, change] of Object.entries(TIMING_OF_SETTING)) {
  effects.push({ setting, alone: await measureStartTimes(RESTART, { ...BEFORE, ...change }, STARTS) });
}
const restart = resultOf(comparisons);
console.log(`${effectTable(restart.before, effects)}\n`);

if (!quick) {
  const results = {
    environment: describeEnvironment(),
    starts: STARTS,
    comparisons,
    restartBefore: restart.before,
    effects,
  };
  await writeFile(join(import.meta.dirname, 'results', 'start-time.md'), page(results));
}
const slowRestart = describeSlowRestart(restart.after);
if (slowRestart !== undefined) {
  console.error(slowRestart);
  process.exitCode = 1;
}

function resultOf(all: readonly Comparison[]): { before: StartTimes; after: StartTimes } {
  const found = all.find(({ scenario }) => scenario === RESTART);
  if (found === undefined) throw new Error(`${RESTART.name} was not measured`);
  return found;
}
