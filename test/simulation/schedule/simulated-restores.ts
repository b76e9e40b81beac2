import type { Kernel } from '../kernel.ts';
import type { Tape } from '../tape.ts';
import type { DeletionChecks } from './deletion-checks.ts';
import type { OwnerChecks } from './owner-checks.ts';
import type { SimulatedUsers } from './simulated-users.ts';

/** The share of schedules in which deleted workbenches are kept. */
const KEEPING_PROBABILITY = 0.25;
/** For how long, milliseconds. Far less than the hour that settings allow, so that the end is reached in the fault phase. */
const KEPT_MS = 6 * 60_000;
/** The share of these in which workbenches are deleted that were stopped for long, and for how long, milliseconds. */
const RETENTION_PROBABILITY = 0.5;
const RETENTION_MS = 8 * 60_000;
const RESTORES_MAX = 3;
/** Deletions begin within this time, so that all restores end with the fault phase. Milliseconds. */
const DELETIONS_WITHIN_MS = 17 * 60_000;
/** The share of these deletions that are to have an effect at once. */
const IMMEDIATE_PROBABILITY = 0.1;
/** The share of restored workbenches that are started. */
const START_PROBABILITY = 0.5;
/** A restore that races the deletion, or its end, comes so long after or before it at most. Milliseconds. */
const RACE_MAX_MS = 1500;
const END_RACE_MAX_MS = 20_000;

const TIMES = ['soon', 'later', 'at_the_end', 'at_the_end'] as const;
const RIVALS = ['none', 'none', 'restore', 'delete', 'start', 'read'] as const;

/** Draws how long deleted workbenches are kept in a schedule, milliseconds; 0: not at all. */
export function drawKeptMs(tape: Tape): number {
  return tape.chance(KEEPING_PROBABILITY) ? KEPT_MS : 0;
}

/** Draws how long a workbench may be stopped in a schedule that keeps deleted ones, milliseconds; 0: as long as its user wants. */
export function drawRetentionMs(tape: Tape, keptMs: number): number {
  return keptMs > 0 && tape.chance(RETENTION_PROBABILITY) ? RETENTION_MS : 0;
}

export interface SimulatedRestoresOptions {
  readonly kernel: Kernel;
  /** Its own numbers, so that the other choices of a schedule do not depend on restores. */
  readonly tape: Tape;
  readonly users: SimulatedUsers;
  readonly owners: Pick<OwnerChecks, 'ownerOf'>;
  readonly checks: DeletionChecks;
  readonly log: (line: string) => void;
  readonly onError: (error: unknown) => void;
}

/** Users who delete workbenches and want them back, at random moments and at the end of the time, beside everything else. */
export class SimulatedRestores {
  readonly #options: SimulatedRestoresOptions;

  constructor(options: SimulatedRestoresOptions) {
    this.#options = options;
  }

  /** Schedules the restores of the fault phase. */
  schedule(): void {
    const { kernel, tape, checks, onError } = this.#options;
    if (checks.keptMs === 0) return;
    const count = tape.intBetween(1, RESTORES_MAX);
    for (let restore = 0; restore < count; restore += 1) {
      kernel.after(tape.intBetween(0, DELETIONS_WITHIN_MS), () => {
        this.#deleteAndRestore().catch(onError);
      });
    }
  }

  async #deleteAndRestore(): Promise<void> {
    const { kernel, tape, users, owners, checks, log } = this.#options;
    const known = users.workbenches;
    const chosen = known[tape.intBelow(Math.max(1, known.length))];
    if (chosen === undefined) return;
    const { workbenchId } = chosen;
    const user = owners.ownerOf(workbenchId) ?? chosen.user;
    const immediately = tape.chance(IMMEDIATE_PROBABILITY);
    const delayMs = this.#delayMs(checks.keptMs);
    const rival = tape.pick(RIVALS);
    log(`${user} deletes workbench ${workbenchId}${immediately ? ' at once' : ''}, and wants it back`);
    if (immediately) checks.noteImmediate(workbenchId);
    await users.change(user, workbenchId, 'delete', immediately ? '&now=true' : '');
    await kernel.sleep(delayMs);
    const restored = users.change(user, workbenchId, 'restore');
    await kernel.sleep(tape.intBetween(0, RACE_MAX_MS));
    if (rival === 'read') await users.read(user, workbenchId);
    else if (rival !== 'none') await users.change(user, workbenchId, rival);
    const { status } = await restored;
    if (status === 200 && tape.chance(START_PROBABILITY)) await users.change(user, workbenchId, 'start');
  }

  /** From the deletion to the restore. */
  #delayMs(keptMs: number): number {
    const { tape } = this.#options;
    switch (tape.pick(TIMES)) {
      case 'soon':
        return tape.intBetween(0, RACE_MAX_MS);
      case 'later':
        return tape.intBetween(0, keptMs);
      case 'at_the_end':
        return keptMs + tape.intBetween(0, 2 * END_RACE_MAX_MS) - END_RACE_MAX_MS;
    }
  }
}
