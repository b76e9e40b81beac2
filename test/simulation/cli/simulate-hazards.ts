import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { environmentLine } from '../../../bench/environment.ts';
import { AWS_HAZARDS, type Hazards, withoutAwsHazards } from '../world/hazards.ts';
import { parseOptions, parseRunNumbers, runCommand, UsageError } from './arguments.ts';
import { runPool } from './pool.ts';

const HELP = `npm run simulate:hazards -- [options]

Runs the simulation with one hazard of AWS at a time (test/simulation/world/hazards.ts), and reports which rule it breaks.
The others of AWS are off. Exit code 1 if a rule is broken, 2 for invalid options.

  --schedules N   maximum number of schedules per hazard (default 5000)
  --seed N        0 … 4294967295 (default 1)
  --workers N     number of threads (default: one per core)
  --only NAMES    runs only these hazards, separated by commas
  --out FILE      also writes the table to FILE
  --help          prints this text
`;

/** The probability of a hazard that is alone. */
const PROBABILITY = 0.5;

/** The variants of undocumented behaviour are alone in a world that always has them. */
const VARIANTS: ReadonlySet<keyof Hazards> = new Set([
  'endsEarly',
  'endsWithoutWords',
  'launchTokenEnded',
  'oneMountAtATime',
  'companion',
]);

/** Hazards that happen only together with another one, which is certain then. */
const NEEDS: Partial<Record<keyof Hazards, keyof Hazards>> = {
  endsWithoutWords: 'endsEarly',
  endShownLate: 'endsEarly',
  mountSlow: 'oneMountAtATime',
  companionFails: 'companion',
};

/** Why no rule is broken. Printed if that is so. */
const WHY_HELD: Partial<Record<keyof Hazards, string>> = {
  oneMountAtATime: 'Mounts of 1 to 3 s that wait for each other do not reach the limit of a minute.',
  pullSlow: 'A pull of 5 minutes ends within the timeout of PENDING, which is 15 minutes.',
  interfaceDetachSlow: 'A run ends with STOPPED. While its task is DEPROVISIONING, the next start waits.',
  stopGivenUp:
    'The mount ends with the network interface, before STOPPED. If the mount of such a container stayed, the rule about live containers would break.',
  dockerHangs:
    'A stop ends only with STOPPED or with the end of the instance; no timeout ends it. A host whose stop is overdue is terminated.',
  companion: 'The status follows lastStatus of the task alone. PENDING has a timeout.',
  definitionHidden:
    'ClientException of RunTask counts as throttling: the call is repeated until the deadline.',
  accessPointThrottled: 'The call is repeated. Its client token makes it idempotent.',
  accessPointHidden: 'An access point that is not found counts as not available yet: the call is repeated.',
};

const NAMES = Object.keys(AWS_HAZARDS) as (keyof Hazards)[];

interface RunNumbers {
  readonly schedules: number;
  readonly seed: number;
  readonly workers: number;
}

await runCommand(async () => {
  const { help, only, out, ...given } = parseOptions({
    schedules: { type: 'string', default: '5000' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(cpus().length) },
    only: { type: 'string' },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  if (help) console.log(HELP);
  else await simulateHazards(parseRunNumbers(given), selectHazards(only), out);
});

/** @throws UsageError if a hazard does not exist */
function selectHazards(only: string | undefined): readonly (keyof Hazards)[] {
  if (only === undefined) return NAMES;
  return only.split(',').map((requested) => {
    const found = NAMES.find((name) => name === requested.trim());
    if (found !== undefined) return found;
    throw new UsageError(`--only: no hazard of AWS is named ${requested.trim()}. Names: ${NAMES.join(', ')}`);
  });
}

async function simulateHazards(
  run: RunNumbers,
  names: readonly (keyof Hazards)[],
  out: string | undefined,
): Promise<void> {
  const rows: string[] = [];
  let broken = 0;
  for (const name of names) {
    const startedAt = performance.now();
    const hazards = hazardsWith(name);
    const results = await runPool({ ...run, hazards: { ...withoutAwsHazards(), ...hazards }, shrink: false });
    const schedules = results.reduce((sum, result) => sum + result.schedules, 0);
    const happened = new Map(results.flatMap((result) => result.hazards)).has(name);
    const failure = results.find((result) => result.failure)?.failure;
    if (failure) broken += 1;
    const options = Object.entries(hazards).map(([hazard, probability]) => `${hazard}=${probability}`);
    const found = failure
      ? `within ${schedules}`
      : happened
        ? `not within ${schedules}`
        : '**did not happen**';
    const replay =
      failure && `\`--seed ${failure.seed} --replay ${failure.path} --hazards base --hazard ${options}\``;
    const why = happened ? (WHY_HELD[name] ?? '') : '';
    const rule = failure?.message.replaceAll('|', '/') ?? why;
    const row = `| ${options.join(', ')} | ${found} | ${rule} | ${replay ?? ''} |`;
    rows.push(row);
    console.log(`${row} ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  }
  const report = [
    'The hazards of AWS, one at a time, and the rule that each breaks.',
    `Seed ${run.seed}, ${new Date().toISOString()}, ${environmentLine()}.`,
    '',
    '| hazard | breaks a rule, in schedules | violated rule, or why none is | replay: npm run simulate -- |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
  if (out !== undefined) {
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, report);
  }
  console.log(`\n${names.length - broken} hazards break no rule, ${broken} do`);
  if (broken > 0) process.exitCode = 1;
}

function hazardsWith(name: keyof Hazards): Partial<Hazards> {
  const needed = NEEDS[name];
  return {
    ...(needed === undefined ? {} : { [needed]: 1 }),
    [name]: VARIANTS.has(name) ? 1 : PROBABILITY,
  };
}
