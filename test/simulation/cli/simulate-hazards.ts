import { cpus } from 'node:os';
import { describeEnvironment } from '../../../bench/environment.ts';
import { AWS_HAZARDS, type AwsHazard, type Hazards, withoutAwsHazards } from '../world/hazards.ts';
import { parseOptions, parseRunNumbers, runCommand, UsageError } from './arguments.ts';
import { hazardRow, hazardTable, isSurvived, type LoneHazard, summarizeHazard } from './hazard-report.ts';
import { runEach, runPool } from './pool.ts';
import { writeRow } from './table-file.ts';

const HELP = `npm run simulate:hazards -- [options]

Runs the simulation with one hazard of AWS at a time (test/simulation/world/hazards.ts), and prints how often it happened and
which rule it broke. The others of AWS are off. Exit code 1 if a rule is broken or a hazard did not happen, 2 for invalid
options.

  --schedules N   maximum number of schedules per hazard (default 5000)
  --seed N        0 … 4294967295 (default 1)
  --workers N     number of hazards that run at the same time (default: one per core)
  --only NAMES    runs only these hazards, separated by commas
  --out FILE      writes the results to the table in FILE, each when it is known. Rows of other hazards stay if they are of
                  the same seed
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
  'clockSteps',
]);

/** Hazards that happen only together with another one, which is certain then. */
const NEEDS: Partial<Record<keyof Hazards, keyof Hazards>> = {
  endsWithoutWords: 'endsEarly',
  endShownLate: 'endsEarly',
  mountSlow: 'oneMountAtATime',
  companionFails: 'companion',
};

/** What the product does, so that the hazard breaks no rule. Printed if that is so. */
const WHY_SURVIVED: Readonly<Record<AwsHazard, string>> = {
  endsEarly: 'Only EC2 proves the end: the run ends when EC2 reports the instance as stopped or terminated.',
  endsWithoutWords: 'A task whose end its agent has not reported is checked with EC2.',
  endShownLate:
    'A conclusion of ECS counts only 5 minutes later if EC2 still shows the instance as running then.',
  launchTokenEnded: 'IdempotentInstanceTerminated ends the launch. The next launch has the next token.',
  launchDies: 'The next launch waits. After three the start is given up, and its reason has the StateReason.',
  subnetFull: 'The refusal counts as a lack of capacity. The next launch is in another subnet.',
  launchLimited:
    'A limit counts as a lack of capacity: the launch is repeated until the deadline of the start.',
  spotInterrupted:
    'After the warning the workbench is stopped before EC2 ends the instance, and restarted on request.',
  drainedByGroup: 'A workbench on an instance that drains runs on until EC2 ends the instance.',
  groupReplaces: 'The end of the instance ends its runs. A start that has not run is retried.',
  refreshed: 'Workbenches on the old instances run on until EC2 ends them. The new ones get the next tasks.',
  accessDenied: 'A denied call is repeated. A start waits for the permission until its deadline.',
  functionsLimited: 'Messages and events are delivered again, and the sweep enqueues what is due.',
  clockSteps: 'After a step every wait continues with what was left of it at the last write.',
  oneMountAtATime: 'Mounts of 1 to 3 s that wait for each other do not reach the limit of a minute.',
  mountSlow: 'A mount that fails counts as a failed start of the platform, which is retried.',
  pullSlow: 'A pull of 5 minutes ends within the timeout of PENDING, which is 15 minutes.',
  pullThrottled: 'A pull that fails counts as a failed start of the platform, which is retried.',
  pullFails: 'A pull that fails counts as a failed start of the platform, which is retried.',
  diskFull: 'A full disk counts as a failed start of the platform, which is retried.',
  interfaceTimesOut: 'The task counts as a failed start of the platform, which is retried.',
  interfaceIndexUsed: 'The task counts as a failed start of the platform, which is retried.',
  interfaceDetachSlow: 'A run ends with STOPPED. While its task is DEPROVISIONING, the next start waits.',
  stopGivenUp:
    'The mount ends with the network interface, before STOPPED. If the mount of such a container stayed, the rule about live containers would break.',
  dockerHangs:
    'A stop ends only with STOPPED or with the end of the instance; no timeout ends it. A host whose stop is overdue is terminated.',
  companion: 'The status follows lastStatus of the task alone. PENDING has a timeout.',
  companionFails: 'Only the container of the workbench explains the end of a task.',
  definitionHidden:
    'ClientException of RunTask counts as throttling: the call is repeated until the deadline.',
  accessPointThrottled: 'The call is repeated. Its client token makes it idempotent.',
  accessPointHidden: 'An access point that is not found counts as not available yet: the call is repeated.',
  mountRefusedAtFirst: 'A mount that fails counts as a failed start of the platform, which is retried.',
  addressReused: 'The gate forwards only to the address that a record names, read at most 2 seconds before.',
  gateReadFails: 'The gate refuses what it cannot check. Open connections are kept for 30 seconds.',
  gateReadLate: 'What a gate has read expires by the time at which the read began.',
  machineDrained:
    'ECS places nothing more on the machine, its workbenches know, and they are stopped at the time.',
  gateIndexStale: 'The gate responds that there is no such workbench.',
  gateDown: 'The silence of the gate lets a workbench run after a minute. It ends neither a start nor a run.',
  gateResultFrozen: 'What the gate says names its task, and changes nothing for another one.',
  gateRouteFails:
    'The workbench stays pending until the gate reaches it, or the deadline of the start ends it.',
};

const NAMES = Object.keys(AWS_HAZARDS) as AwsHazard[];

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
function selectHazards(only: string | undefined): readonly AwsHazard[] {
  if (only === undefined) return NAMES;
  return only.split(',').map((requested) => {
    const found = NAMES.find((name) => name === requested.trim());
    if (found !== undefined) return found;
    throw new UsageError(`--only: no hazard of AWS is named ${requested.trim()}. Names: ${NAMES.join(', ')}`);
  });
}

async function simulateHazards(
  run: RunNumbers,
  names: readonly AwsHazard[],
  out: string | undefined,
): Promise<void> {
  const environment = describeEnvironment();
  const table = hazardTable(run.seed, environment, NAMES.map(hazardsWith));
  const hazards = await runEach(names, run.workers, async (name): Promise<LoneHazard> => {
    const startedAt = performance.now();
    const probabilities = hazardsWith(name);
    const only = { ...withoutAwsHazards(), ...probabilities };
    const results = await runPool({ ...run, workers: 1, hazards: only, shrink: false });
    const hazard = summarizeHazard(name, probabilities, results);
    const { schedules, happened, violations, failure } = hazard;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    console.log(
      `${name}: ${schedules} schedules, happened ${happened} times, ${violations} violations, ${seconds} s`,
    );
    if (failure !== undefined) console.log(`  ${failure.message}`);
    if (out !== undefined) writeRow(out, table, hazardRow(hazard, WHY_SURVIVED[name], environment.commit));
    return hazard;
  });
  const survived = hazards.filter(isSurvived).length;
  const others = hazards.length - survived;
  console.log(`${survived} hazards happened and broke no rule, ${others} broke one or did not happen`);
  if (others > 0) process.exitCode = 1;
}

function hazardsWith(name: keyof Hazards): Partial<Hazards> {
  const needed = NEEDS[name];
  return {
    ...(needed === undefined ? {} : { [needed]: 1 }),
    [name]: VARIANTS.has(name) ? 1 : PROBABILITY,
  };
}
