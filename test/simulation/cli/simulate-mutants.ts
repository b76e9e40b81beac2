import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { MUTANTS } from '../mutants.ts';
import { runPool } from './pool.ts';

const HELP = `npm run simulate:mutants -- [options]

Plants faults in the product one at a time. The simulation must find each.

  --schedules N   within how many schedules (default 20000)
  --seed N        0 … 4294967295 (default 1)
  --workers N     threads (default: one for each core)
  --only NAME     this one alone
  --out FILE      writes the table there too
`;

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(cpus().length) },
    only: { type: 'string' },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(HELP);
else await simulateMutants();

async function simulateMutants(): Promise<void> {
  const [schedules, seed, workers] = [Number(values.schedules), Number(values.seed), Number(values.workers)];
  const chosen = MUTANTS.filter(({ name }) => values.only === undefined || name === values.only);
  if (chosen.length === 0) throw new Error(`no mutant is called ${values.only}`);
  const rows: string[] = [];
  let missed = 0;
  for (const { name, fault } of chosen) {
    const began = performance.now();
    const results = await runPool({ schedules, seed, workers, mutant: name });
    const ran = results.reduce((sum, result) => sum + result.schedules, 0);
    const failure = results.find((result) => result.failure)?.failure;
    if (!failure) missed += 1;
    const found = failure ? `within ${ran}` : `**not in ${ran}**`;
    const row = `| ${name} | ${fault} | ${found} | ${failure?.message.replaceAll('|', '/') ?? ''} |`;
    rows.push(row);
    console.log(`${row} ${((performance.now() - began) / 1000).toFixed(0)} s`);
  }
  const report = [
    `Faults planted one at a time, and what found them. Seed ${seed}, ${new Date().toISOString()},`,
    `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}.`,
    '',
    '| mutant | the fault | found, in schedules | by the rule |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
  if (values.out !== undefined) {
    mkdirSync('bench/results', { recursive: true });
    writeFileSync(values.out, report);
  }
  console.log(`\n${chosen.length - missed} passed, ${missed} failed`);
  if (missed > 0) process.exitCode = 1;
}
