import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { machineLine } from '../../../bench/machine.ts';
import { MUTANTS, type Mutant } from '../mutants.ts';
import { parseOptions, parseRunNumbers, runCommand, UsageError } from './arguments.ts';
import { runPool } from './pool.ts';

const HELP = `npm run simulate:mutants -- [options]

Plants faults in the product one at a time. The simulation must find each.

  --schedules N   within how many schedules (default 20000)
  --seed N        0 … 4294967295 (default 1)
  --workers N     threads (default: one for each core)
  --only NAMES    these alone, separated by commas
  --out FILE      writes the table there too
  --help
`;

interface RunNumbers {
  readonly schedules: number;
  readonly seed: number;
  readonly workers: number;
}

await runCommand(async () => {
  const { help, only, out, ...given } = parseOptions({
    schedules: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(cpus().length) },
    only: { type: 'string' },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  if (help) console.log(HELP);
  else await simulateMutants(parseRunNumbers(given), selectMutants(only), out);
});

/** @throws UsageError when there is no such mutant */
function selectMutants(only: string | undefined): readonly Mutant[] {
  if (only === undefined) return MUTANTS;
  return only.split(',').map((wanted) => {
    const found = MUTANTS.find(({ name }) => name === wanted.trim());
    if (found !== undefined) return found;
    const names = MUTANTS.map(({ name }) => name).join(', ');
    throw new UsageError(`--only: no mutant is called ${wanted}; there are ${names}`);
  });
}

async function simulateMutants(
  run: RunNumbers,
  mutants: readonly Mutant[],
  out: string | undefined,
): Promise<void> {
  const rows: string[] = [];
  let missed = 0;
  for (const { name, description: fault } of mutants) {
    const began = performance.now();
    const results = await runPool({ ...run, mutant: name, shrink: false });
    const ran = results.reduce((sum, result) => sum + result.schedules, 0);
    const failure = results.find((result) => result.failure)?.failure;
    if (!failure) missed += 1;
    const found = failure ? `within ${ran}` : `**not in ${ran}**`;
    const row = `| ${name} | ${fault} | ${found} | ${failure?.message.replaceAll('|', '/') ?? ''} |`;
    rows.push(row);
    console.log(`${row} ${((performance.now() - began) / 1000).toFixed(0)} s`);
  }
  const report = [
    `Faults planted one at a time, and what found them. Seed ${run.seed}, ${new Date().toISOString()},`,
    `${machineLine()}.`,
    '',
    '| mutant | the fault | found, in schedules | by the rule |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
  if (out !== undefined) {
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, report);
  }
  console.log(`\n${mutants.length - missed} passed, ${missed} failed`);
  if (missed > 0) process.exitCode = 1;
}
