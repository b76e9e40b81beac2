import { randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import type { Failure } from './batch.ts';
import { coverageOf } from './coverage.ts';
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

/** Below this many schedules rare pairs need not have come up. */
const WHOLE_COVERAGE_FROM = 20_000;

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '1000' },
    seed: { type: 'string' },
    workers: { type: 'string', default: String(cpus().length) },
    out: { type: 'string' },
    replay: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(HELP);
else if (values.replay !== undefined) await replayOne(values.replay);
else await simulate();

async function simulate(): Promise<void> {
  const schedules = whole('schedules', values.schedules, 1, 10_000_000);
  const workers = whole('workers', values.workers, 1, 64);
  const seed = values.seed === undefined ? randomInt(2 ** 32) : whole('seed', values.seed, 0, 2 ** 32 - 1);
  console.log(`${schedules} schedules from seed ${seed}, ${workers} workers`);
  const began = performance.now();
  let shown = began;
  const results = await runPool({
    schedules,
    seed,
    workers,
    onBatch: (done) => {
      if (performance.now() - shown < 10_000) return;
      shown = performance.now();
      console.log(`  ${done} done, ${seconds(began)} s`);
    },
  });
  const failure = results.find((result) => result.failure)?.failure;
  if (failure) {
    console.log(story(failure));
    process.exitCode = 1;
    return;
  }
  const { transitions, faults, missing } = coverageOf(results);
  const total = (of: 'schedules' | 'steps' | 'virtualMs' | 'repeated') =>
    results.reduce((sum, r) => sum + r[of], 0);
  const lines = [
    `schedules          ${total('schedules')}, none broke a rule`,
    `seed               ${seed}`,
    `steps              ${total('steps')}`,
    `simulated time     ${Math.round(total('virtualMs') / 3_600_000)} h`,
    `run twice          ${total('repeated')}, with equal traces`,
    `time               ${seconds(began)} s with ${workers} workers`,
    `date               ${new Date().toISOString()}`,
    `machine            ${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
    '',
    'Transitions',
    ...table(transitions),
    '',
    'Faults by call',
    ...table(faults),
    '',
    missing.length === 0 ? 'Everything that should be reached was.' : `Never reached: ${missing.join(', ')}`,
  ];
  const report = lines.join('\n');
  console.log(report);
  if (values.out !== undefined) {
    mkdirSync(dirname(values.out), { recursive: true });
    writeFileSync(values.out, `${report}\n`);
  }
  if (missing.length > 0 && schedules >= WHOLE_COVERAGE_FROM) process.exitCode = 1;
  console.log(`\n${total('schedules')} passed, 0 failed`);
}

async function replayOne(path: string): Promise<void> {
  const { replay } = await import('./batch.ts');
  const seed = whole('seed', values.seed ?? '', 0, 2 ** 32 - 1);
  const failure = await replay(seed, path);
  console.log(failure ? story(failure) : 'It breaks no rule any more.');
  if (failure) process.exitCode = 1;
}

function story({ message, lines, schedule, seed, path }: Failure): string {
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

function table(counts: ReadonlyMap<string, number>): string[] {
  const width = Math.max(...[...counts.keys()].map((name) => name.length));
  return [...counts].map(([name, count]) => `  ${name.padEnd(width)}  ${String(count).padStart(9)}`);
}

function seconds(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(0);
}

function whole(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    console.error(
      `--${name}: expected a whole number from ${min} to ${max}, not ${text === '' ? 'nothing' : text}`,
    );
    process.exit(2);
  }
  return value;
}
