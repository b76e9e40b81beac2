import { isDeleted, type Workbench } from '#core/workbench/workbench.ts';
import type { World } from '../world/world.ts';
import { RuleViolation } from './rule-violation.ts';

/**
 * How much earlier than its time after the write of the deletion a workbench may be deleted, milliseconds: the clocks of two functions
 * differ, and the write takes up to 10 s to have its effect.
 */
const EARLY_MAX_MS = 20_000;
/** How much later it may be, while nothing fails: the sweep that finds it. Milliseconds. */
const LATE_MAX_MS = 5 * 60_000;

/**
 * The rules about deleted workbenches that can be restored: they are kept until their time is over, unless a user has asked for
 * their deletion at once, and are gone after it. That a restored one keeps its files is a rule of SafetyChecks.
 */
export class DeletionChecks {
  readonly #world: World;
  /** How long a deleted workbench can be restored, milliseconds; 0: not at all. */
  readonly keptMs: number;
  /** Workbench id → when its record was first written as deleted. */
  readonly #deletedAt = new Map<string, number>();
  /** The workbenches whose deletion at once was requested. */
  readonly #immediately = new Set<string>();

  constructor(world: World, keptMs: number) {
    this.#world = world;
    this.keptMs = keptMs;
  }

  /** Called before the deletion of a workbench at once is requested. */
  noteImmediate(workbenchId: string): void {
    this.#immediately.add(workbenchId);
  }

  /** Called when a record is created or updated. */
  checkWrite(workbench: Workbench, before: Workbench | undefined, now: number): void {
    if (this.keptMs === 0) return;
    const { workbenchId } = workbench;
    if (workbench.status === 'deleting') {
      if (before?.status !== 'deleting') this.#checkBegin(workbenchId, now);
      return;
    }
    if (!isDeleted(workbench)) this.#deletedAt.delete(workbenchId);
    else if (!this.#deletedAt.has(workbenchId)) this.#deletedAt.set(workbenchId, now);
  }

  #checkBegin(workbenchId: string, now: number): void {
    if (this.#immediately.has(workbenchId) || this.#world.functionClock.steps) return;
    const at = this.#deletedAt.get(workbenchId);
    const deleted = `workbench ${workbenchId}, which was to be kept for ${this.keptMs / 1000} s,`;
    if (at === undefined) throw new RuleViolation(`${deleted} is deleted at once`);
    if (now - at < this.keptMs - EARLY_MAX_MS)
      throw new RuleViolation(`${deleted} is deleted after ${Math.round((now - at) / 1000)} s`);
  }

  /** Checks that no workbench is kept for longer. Called while nothing fails. */
  checkEnded(records: readonly Workbench[], now: number): void {
    if (this.#world.functionClock.steps) return;
    for (const { workbenchId } of records) {
      const at = this.#deletedAt.get(workbenchId);
      if (at === undefined || now - at < this.keptMs + LATE_MAX_MS) continue;
      throw new RuleViolation(
        `workbench ${workbenchId} was deleted ${Math.round((now - at) / 1000)} s ago and is still kept`,
      );
    }
  }
}
