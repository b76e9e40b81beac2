import fc from 'fast-check';
import type { Schedule } from '../schedule/commands.ts';
import { anySchedule } from '../schedule/commands.ts';
import { runSchedule } from '../schedule/run-schedule.ts';

export interface BatchRequest {
  /** fast-check's seed, 0 … 2³²−1. */
  readonly seed: number;
  readonly schedules: number;
  /** Every so many schedules one is run twice, and must do the same both times. */
  readonly twiceEvery: number;
}

export interface BatchResult {
  readonly schedules: number;
  readonly steps: number;
  readonly virtualMs: number;
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
  readonly lines: readonly string[];
}

/** How many schedules fast-check may try while it shrinks. */
const SHRINKS_MAX = 300;

/** Runs schedules one after another until one breaks a rule; that one is shrunk and told as a story. */
export async function runBatch({ seed, schedules, twiceEvery }: BatchRequest): Promise<BatchResult> {
  const transitions = new Map<string, number>();
  const faults = new Map<string, number>();
  let [ran, steps, virtualMs, repeated, shrinks] = [0, 0, 0, 0, 0];
  let failed: string | undefined;
  const property = fc.asyncProperty(anySchedule, async (schedule) => {
    if (failed !== undefined && ++shrinks > SHRINKS_MAX) return;
    const outcome = await runSchedule(schedule);
    if (failed === undefined) {
      ran += 1;
      steps += outcome.steps;
      virtualMs += outcome.virtualMs;
      add(transitions, outcome.transitions);
      add(faults, outcome.faults);
    }
    if (outcome.broken) {
      failed ??= kindOf(outcome.broken);
      // A shrunk schedule must break the same rule.
      if (kindOf(outcome.broken) === failed) throw outcome.broken;
      return;
    }
    if (failed === undefined && ran % twiceEvery === 0) {
      repeated += 1;
      const again = await runSchedule(schedule);
      if (again.trace !== outcome.trace) throw new Error('two runs of one schedule did not do the same');
    }
  });
  const details = await fc.check(property, { seed: seed | 0, numRuns: schedules, endOnFailure: false });
  const counts = { schedules: ran, steps, virtualMs, repeated };
  const result = { ...counts, transitions: [...transitions], faults: [...faults] };
  const [schedule] = details.counterexample ?? [];
  if (!details.failed || schedule === undefined) return result;
  const { lines, broken } = await runSchedule(schedule, { story: true });
  const message = broken?.message ?? String(details.errorInstance);
  const path = details.counterexamplePath ?? '';
  return { ...result, failure: { seed, path, message, schedule, lines } };
}

/** Runs the one schedule that a failure names. */
export async function replay(seed: number, path: string): Promise<Failure | undefined> {
  let found: Failure | undefined;
  const property = fc.asyncProperty(anySchedule, async (schedule) => {
    const { lines, broken } = await runSchedule(schedule, { story: true });
    found = broken && { seed, path, message: broken.message, schedule, lines };
    if (broken) throw broken;
  });
  await fc.check(property, { seed: seed | 0, path, endOnFailure: true, numRuns: 1 });
  return found;
}

/** A message without the names of this one case. */
function kindOf({ message }: Error): string {
  return message.replace(/[0-9a-z]{26}|arn:\S+|i-[0-9a-f]+|\d+/g, '…');
}

function add(all: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [name, count] of more) all.set(name, (all.get(name) ?? 0) + count);
}
