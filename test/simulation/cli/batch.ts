import fc from 'fast-check';
import type { Schedule } from '../schedule/commands.ts';
import { anySchedule } from '../schedule/commands.ts';
import { runSchedule } from '../schedule/run-schedule.ts';
import { UsageError } from './arguments.ts';

export interface BatchRequest {
  /** fast-check's seed, 0 … 2³²−1. */
  readonly seed: number;
  readonly schedules: number;
  /** Every so many schedules one is run twice, and must do the same both times. */
  readonly repeatEvery: number;
  /** Whether a failure is shrunk; else the first is reported as it is. */
  readonly shrink: boolean;
}

export interface BatchResult {
  readonly schedules: number;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly transitions: readonly (readonly [string, number])[];
  readonly faults: readonly (readonly [string, number])[];
  readonly repeated: number;
  readonly failure?: Failure;
}

export interface Failure {
  /** Seed of the batch, and fast-check's path to the shrunk schedule. */
  readonly seed: number;
  readonly path: string;
  readonly message: string;
  readonly schedule: Schedule;
  readonly logLines: readonly string[];
}

/** How long a failure may be shrunk, in milliseconds. */
const SHRINK_TIMEOUT_MS = 60_000;

/** Runs schedules one after another until one breaks a rule; that one is shrunk and told as a story. */
export async function runBatch({ seed, schedules, repeatEvery, shrink }: BatchRequest): Promise<BatchResult> {
  const transitions = new Map<string, number>();
  const faults = new Map<string, number>();
  let [ran, steps, simulatedMs, repeated] = [0, 0, 0, 0];
  const property = fc.asyncProperty(anySchedule, async (schedule) => {
    const outcome = await runSchedule(schedule);
    ran += 1;
    steps += outcome.steps;
    simulatedMs += outcome.simulatedMs;
    addCounts(transitions, outcome.transitions);
    addCounts(faults, outcome.faults);
    if (outcome.violation) throw outcome.violation;
    if (ran % repeatEvery !== 0) return;
    repeated += 1;
    const again = await runSchedule(schedule);
    if (again.traceHash !== outcome.traceHash)
      throw new Error('two runs of one schedule did not do the same');
  });
  const found = await fc.check(property, { seed: seed | 0, numRuns: schedules, endOnFailure: true });
  const counts = { schedules: ran, steps, simulatedMs, repeated };
  const result = { ...counts, transitions: [...transitions], faults: [...faults] };
  const [broke] = found.counterexample ?? [];
  if (!found.failed || broke === undefined) return result;
  const at = { path: found.counterexamplePath ?? '', schedule: broke, error: toError(found.errorInstance) };
  const { path, schedule, error } = shrink ? await shrinkFailure(seed, at) : at;
  const { logLines, violation } = await runSchedule(schedule, { captureLogLines: true });
  return {
    ...result,
    failure: { seed, path, message: (violation ?? error).message, schedule, logLines: logLines },
  };
}

interface FailingSchedule {
  readonly path: string;
  readonly schedule: Schedule;
  readonly error: Error;
}

/** The smallest schedule found in the time there is that breaks the same rule. */
async function shrinkFailure(seed: number, broken: FailingSchedule): Promise<FailingSchedule> {
  const kind = failureKind(broken.error);
  const property = fc.asyncProperty(anySchedule, async (schedule) => {
    const { violation: error } = await runSchedule(schedule);
    if (error && failureKind(error) === kind) throw error;
  });
  const details = await fc.check(property, {
    seed: seed | 0,
    path: broken.path,
    numRuns: 1,
    interruptAfterTimeLimit: SHRINK_TIMEOUT_MS,
  });
  const [schedule] = details.counterexample ?? [];
  if (schedule === undefined) return broken;
  return { path: details.counterexamplePath ?? '', schedule, error: toError(details.errorInstance) };
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/**
 * Runs the one schedule that a failure names.
 * @throws UsageError when there is none
 */
export async function replay(seed: number, path: string): Promise<Failure | undefined> {
  // A check would go on with the neighbours of one that breaks no rule any more.
  const [schedule] = fc.sample(anySchedule, { seed: seed | 0, path, numRuns: 1 });
  if (schedule === undefined) throw new UsageError(`--replay: seed ${seed} has no schedule ${path}`);
  const { logLines, violation } = await runSchedule(schedule, { captureLogLines: true });
  return violation && { seed, path, message: violation.message, schedule, logLines };
}

/** A message without the names of this one case. */
function failureKind({ message }: Error): string {
  return message.replace(/[0-9a-z]{26}|arn:\S+|i-[0-9a-f]+|\d+/g, '…');
}

function addCounts(all: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [name, count] of more) all.set(name, (all.get(name) ?? 0) + count);
}
