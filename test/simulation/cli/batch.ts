import fc from 'fast-check';
import type { Schedule } from '../schedule/commands.ts';
import { anySchedule } from '../schedule/commands.ts';
import { runSchedule } from '../schedule/run-schedule.ts';
import type { Hazards } from '../world/hazards.ts';
import { UsageError } from './arguments.ts';

export interface BatchRequest {
  /** fast-check's seed, 0 … 2³²−1. */
  readonly seed: number;
  readonly schedules: number;
  /** Every n-th schedule is run twice; both runs must have the same trace hash. */
  readonly repeatEvery: number;
  /** Whether to shrink a failing schedule. Otherwise it is reported as it is. */
  readonly shrink: boolean;
  /** Probabilities of hazards that differ from their defaults. */
  readonly hazards: Partial<Hazards>;
  /** The batch ends with this many schedules that violate a rule. */
  readonly failuresMax: number;
}

export interface BatchResult {
  readonly schedules: number;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly transitions: readonly (readonly [string, number])[];
  readonly faults: readonly (readonly [string, number])[];
  readonly hazards: readonly (readonly [string, number])[];
  /** The number of schedules that were run twice. */
  readonly repeated: number;
  /** The schedules that violated a rule. */
  readonly failures: readonly Failure[];
}

export interface Failure {
  /** The seed of the batch. */
  readonly seed: number;
  /** The path of the shrunk schedule, as fast-check prints it. */
  readonly path: string;
  readonly message: string;
  readonly schedule: Schedule;
  readonly logLines: readonly string[];
}

/** The maximum time for shrinking a failure, in milliseconds. */
const SHRINK_TIMEOUT_MS = 60_000;

/**
 * Runs schedules one after another until `failuresMax` have violated a rule. A failure has the log of the shrunk schedule. Only the
 * first one of each kind is shrunk.
 * @param run runs one schedule
 */
export async function runBatch(request: BatchRequest, run: RunOne = runSchedule): Promise<BatchResult> {
  const { seed, schedules, repeatEvery, shrink, hazards, failuresMax } = request;
  const transitions = new Map<string, number>();
  const faults = new Map<string, number>();
  const happened = new Map<string, number>();
  const failing: FailingSchedule[] = [];
  let [ran, steps, simulatedMs, repeated] = [0, 0, 0, 0];
  const findViolation = async (schedule: Schedule): Promise<Error | undefined> => {
    const first = await run(schedule, { hazards });
    ran += 1;
    steps += first.steps;
    simulatedMs += first.simulatedMs;
    addCounts(transitions, first.transitions);
    addCounts(faults, first.faults);
    addCounts(happened, first.hazards);
    if (first.violation || ran % repeatEvery !== 0) return first.violation;
    repeated += 1;
    const second = await run(schedule, { hazards });
    if (second.traceHash === first.traceHash) return undefined;
    return new Error(
      'two runs of the same schedule differ: the simulation or the product is not deterministic',
    );
  };
  const property = fc.asyncProperty(anySchedule, async (schedule) => {
    const path = String(ran);
    const error = await findViolation(schedule);
    if (error === undefined) return;
    failing.push({ path, schedule, error });
    if (failing.length >= failuresMax) throw error;
  });
  await fc.check(property, { seed: seed | 0, numRuns: schedules, endOnFailure: true });
  return {
    ...{ schedules: ran, steps, simulatedMs, repeated },
    transitions: [...transitions],
    faults: [...faults],
    hazards: [...happened],
    failures: await describeFailures(request, failing, shrink, run),
  };
}

type RunOne = typeof runSchedule;

async function describeFailures(
  request: BatchRequest,
  failing: readonly FailingSchedule[],
  shrink: boolean,
  run: RunOne,
): Promise<readonly Failure[]> {
  const { seed, hazards } = request;
  const shrunk = new Set<string>();
  const failures: Failure[] = [];
  for (const found of failing) {
    const kind = failureKind(found.error);
    const isFirst = !shrunk.has(kind);
    shrunk.add(kind);
    const { path, schedule, error } = shrink && isFirst ? await shrinkFailure(request, found, run) : found;
    const { logLines, violation } = await run(schedule, { hazards, captureLogLines: true });
    failures.push({ seed, path, message: (violation ?? error).message, schedule, logLines });
  }
  return failures;
}

interface FailingSchedule {
  readonly path: string;
  readonly schedule: Schedule;
  readonly error: Error;
}

/** Returns the smallest schedule found within SHRINK_TIMEOUT_MS that violates the same rule. */
async function shrinkFailure(
  { seed, hazards }: BatchRequest,
  failing: FailingSchedule,
  run: RunOne,
): Promise<FailingSchedule> {
  const kind = failureKind(failing.error);
  const property = fc.asyncProperty(anySchedule, async (schedule) => {
    const { violation } = await run(schedule, { hazards });
    if (violation && failureKind(violation) === kind) throw violation;
  });
  const details = await fc.check(property, {
    seed: seed | 0,
    path: failing.path,
    numRuns: 1,
    interruptAfterTimeLimit: SHRINK_TIMEOUT_MS,
  });
  return toFailingSchedule(details) ?? failing;
}

/** The counterexample of a check; undefined if it passed. */
function toFailingSchedule(details: fc.RunDetails<[Schedule]>): FailingSchedule | undefined {
  const [schedule] = details.counterexample ?? [];
  if (!details.failed || schedule === undefined) return undefined;
  return { path: details.counterexamplePath ?? '', schedule, error: toError(details.errorInstance) };
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/**
 * Runs the schedule that a failure names, with the hazards of its run. Returns undefined if it no longer violates a rule.
 * @throws UsageError if the seed has no schedule at the path
 */
export async function replay(
  seed: number,
  path: string,
  hazards: Partial<Hazards> = {},
): Promise<Failure | undefined> {
  // fc.check would continue with the next schedules if this one passes.
  const [schedule] = fc.sample(anySchedule, { seed: seed | 0, path, numRuns: 1 });
  if (schedule === undefined)
    throw new UsageError(`--replay: seed ${seed} has no schedule at the path ${path}`);
  const { logLines, violation } = await runSchedule(schedule, { hazards, captureLogLines: true });
  return violation && { seed, path, message: violation.message, schedule, logLines };
}

/** The message without ids and numbers, which differ between schedules that violate the same rule. */
function failureKind({ message }: Error): string {
  return message.replace(/[0-9a-z]{26}|arn:\S+|i-[0-9a-f]+|\d+/g, '…');
}

function addCounts(totals: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [name, count] of counts) totals.set(name, (totals.get(name) ?? 0) + count);
}
