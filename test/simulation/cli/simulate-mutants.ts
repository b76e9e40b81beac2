import { cpus } from 'node:os';
import { describeEnvironment, environmentLine } from '../../../bench/environment.ts';
import { MUTANTS, type Mutant } from '../mutants.ts';
import {
  formatHazards,
  HAZARD_OPTIONS,
  type HazardArguments,
  parseHazards,
  parseOptions,
  parseRunNumbers,
  runCommand,
  UsageError,
} from './arguments.ts';
import { runEach, runPool } from './pool.ts';
import { writeRow } from './table-file.ts';

const HELP = `npm run simulate:mutants -- [options]

Plants one bug at a time in the product (test/simulation/mutants.ts) and runs the simulation, which must find it.
Exit code 1 if a bug is not found, 2 for invalid options.

  --schedules N   maximum number of schedules per bug (default 20000)
  --seed N        0 … 4294967295 (default 1)
  --workers N     number of bugs that run at the same time (default: one per core)
  --only NAMES    plants only these bugs, separated by commas
  --hazards base  turns off the hazards of AWS (test/simulation/world/hazards.ts)
  --hazard LIST   probabilities of hazards (test/simulation/world/hazards.ts), as name=p[,name=p]
  --out FILE      writes the results to the table in FILE, each when it is known. Rows of other bugs stay if they are of the
                  same seed and hazards
  --help          prints this text
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
    ...HAZARD_OPTIONS,
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  if (help) console.log(HELP);
  else await simulateMutants(parseRunNumbers(given), selectMutants(only), given, out);
});

/** @throws UsageError if a mutant does not exist */
function selectMutants(only: string | undefined): readonly Mutant[] {
  if (only === undefined) return MUTANTS;
  return only.split(',').map((requested) => {
    const found = MUTANTS.find(({ name }) => name === requested.trim());
    if (found !== undefined) return found;
    const names = MUTANTS.map(({ name }) => name).join(', ');
    throw new UsageError(`--only: no mutant is named ${requested.trim()}. Names: ${names}`);
  });
}

async function simulateMutants(
  run: RunNumbers,
  mutants: readonly Mutant[],
  given: HazardArguments,
  out: string | undefined,
): Promise<void> {
  const hazards = parseHazards(given);
  const environment = describeEnvironment();
  const table = {
    intro: [
      `Bugs planted one at a time, and the rule that found each. Seed ${run.seed}${formatHazards(given)}.`,
      `Last run: ${environment.date}, ${environmentLine(environment)}.`,
    ],
    header: ['mutant', 'bug', 'found, in schedules', 'violated rule', 'commit'],
    keys: MUTANTS.map(({ name }) => name),
  };
  let missed = 0;
  await runEach(mutants, run.workers, async ({ name, description }) => {
    const startedAt = performance.now();
    const results = await runPool({ ...run, workers: 1, hazards, mutant: name, shrink: false });
    const schedules = results.reduce((sum, result) => sum + result.schedules, 0);
    const [failure] = results.flatMap(({ failures }) => failures);
    if (!failure) missed += 1;
    const found = failure ? `within ${schedules}` : `**not within ${schedules}**`;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    console.log(`${name}: ${found}, ${seconds} s${failure ? `: ${failure.message}` : ''}`);
    if (out !== undefined) {
      writeRow(out, table, [name, description, found, failure?.message ?? '', environment.commit]);
    }
  });
  console.log(`\n${mutants.length - missed} passed, ${missed} failed`);
  if (missed > 0) process.exitCode = 1;
}
