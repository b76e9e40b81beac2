import { isDeleted, type Workbench } from '#core/workbench/workbench.ts';
import type { World } from '../world/world.ts';
import type { ClientHistory } from './client-history.ts';
import { RuleViolation } from './rule-violation.ts';

/** How much later a deletion may be, while nothing fails: 30 s for clocks that differ, and the sweep that finds it. Milliseconds. */
const LATE_MAX_MS = 6 * 60_000;

/** What is known of a stopped workbench. Milliseconds. */
interface Stopped {
  /** The actual time of the write by which it stopped, or with which a user last changed it since. */
  readonly since: number;
  /** When the function decided on this write. It may have frozen since, and the retention begins with the request of the user. */
  readonly decidedAt: number;
  /** When a function decided on the warning. */
  warnedAt?: number | undefined;
}

/**
 * The rules about the retention: a workbench is deleted when it was stopped for its time, after a warning, and not because of a time
 * before it was used again. It is deleted as by its user: what must be kept then is a rule of DeletionChecks.
 */
export class RetentionChecks {
  readonly #world: World;
  readonly #clients: ClientHistory;
  /** How long a workbench may be stopped, milliseconds; 0: as long as its user wants. */
  readonly periodMs: number;
  readonly #stopped = new Map<string, Stopped>();

  constructor(world: World, clients: ClientHistory, periodMs: number) {
    this.#world = world;
    this.#clients = clients;
    this.periodMs = periodMs;
  }

  /** Half of the time: see `retentionWarningMs`. */
  get #warningMs(): number {
    return this.periodMs / 2;
  }

  /** Called when a record is created or updated. */
  checkWrite(workbench: Workbench, before: Workbench | undefined, now: number): void {
    if (this.periodMs === 0) return;
    const { workbenchId } = workbench;
    const seqBefore = before?.historySeq ?? workbench.historySeq;
    const added = workbench.outbox.filter(({ seq }) => seq > seqBefore);
    const stopped = this.#stopped.get(workbenchId);
    const isHidden = added.some(({ type, code }) => type === 'delete_requested' && code === 'retention');
    if (isHidden) {
      this.#clients.recordDone(workbenchId, 'deleted', now);
      this.#checkDeleted(workbench, stopped, now);
    }
    if (workbench.status !== 'stopped' || isDeleted(workbench)) {
      this.#stopped.delete(workbenchId);
      return;
    }
    const isChanged = added.some(({ by }) => by !== undefined);
    const current: Stopped =
      stopped === undefined || isChanged ? { since: now, decidedAt: workbench.updatedAt } : stopped;
    this.#stopped.set(workbenchId, current);
    if (added.some(({ type }) => type === 'retention_warned')) current.warnedAt = workbench.updatedAt;
  }

  #checkDeleted({ workbenchId, updatedAt }: Workbench, stopped: Stopped | undefined, now: number): void {
    const deleted = `workbench ${workbenchId} is deleted by the retention`;
    if (stopped === undefined) throw new RuleViolation(`${deleted} although it is not stopped`);
    const { decidedAt, warnedAt } = stopped;
    if (warnedAt === undefined) throw new RuleViolation(`${deleted} without a warning`);
    if (this.#world.functionClock.steps) return;
    // Both are times of the record. The function that wrote the warning, or that deletes, may have frozen before its write.
    if (updatedAt - warnedAt < this.#warningMs)
      throw new RuleViolation(`${deleted} ${seconds(updatedAt - warnedAt)} after the warning`);
    if (now - decidedAt < this.periodMs)
      throw new RuleViolation(`${deleted} ${seconds(now - decidedAt)} after it was stopped or changed`);
  }

  /** Checks that no workbench is stopped for longer. Called while nothing fails. */
  checkEnded(records: readonly Workbench[], now: number): void {
    if (this.#world.functionClock.steps) return;
    for (const { workbenchId } of records) {
      const stopped = this.#stopped.get(workbenchId);
      if (stopped === undefined) continue;
      const { since, warnedAt = 0 } = stopped;
      const due = Math.max(since + this.periodMs, warnedAt + this.#warningMs);
      if (now > due + LATE_MAX_MS)
        throw new RuleViolation(
          `workbench ${workbenchId} has been stopped for ${seconds(now - since)} and is not deleted by the retention`,
        );
    }
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
