import { isDeepStrictEqual } from 'node:util';
import { isSettled, type Workbench, type WorkbenchKey } from '#core/workbench/workbench.ts';
import type { World } from '../world/world.ts';
import { RuleViolation } from './rule-violation.ts';

interface Ownership {
  readonly userId: string;
  /** When this user became the owner, milliseconds since 1970. */
  readonly since: number;
  readonly moves: number;
}

interface EndedOwnership {
  readonly userId: string;
  readonly until: number;
}

/**
 * The rules about owners, which must hold at all times: exactly one record for each workbench, and another owner only by
 * consent, while nothing of the workbench runs, with the same files and history. They compare the stored records with the world and with what users have
 * sent, never with what a function has read.
 */
export class OwnerChecks {
  readonly #world: World;
  readonly #owners = new Map<string, Ownership>();
  /** Workbench id → its earlier owners. */
  readonly #earlier = new Map<string, readonly EndedOwnership[]>();
  /** `<workbench id> <user>`: an administrator has asked to give the workbench to this user. */
  readonly #given = new Set<string>();
  /** The owner has offered the workbench to this user. */
  readonly #offered = new Set<string>();
  /** This user has accepted an offer of the workbench. */
  readonly #accepted = new Set<string>();
  #moves = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** The number of moves that had their effect. */
  get moves(): number {
    return this.#moves;
  }

  ownerOf(workbenchId: string): string | undefined {
    return this.#owners.get(workbenchId)?.userId;
  }

  /** The owner at present, and since when; undefined if the workbench has no record. */
  ownershipOf(workbenchId: string): { readonly userId: string; readonly since: number } | undefined {
    return this.#owners.get(workbenchId);
  }

  /** Whether the workbench got its present owner after `at`, milliseconds since 1970. */
  hasMovedSince(workbenchId: string, at: number): boolean {
    const owner = this.#owners.get(workbenchId);
    return owner !== undefined && owner.moves > 0 && owner.since >= at;
  }

  /** Whether the user owns the workbench, or did at `since` or later (milliseconds since 1970). */
  hasOwnedSince(workbenchId: string, userId: string, since: number): boolean {
    if (this.ownerOf(workbenchId) === userId) return true;
    const earlier = this.#earlier.get(workbenchId) ?? [];
    return earlier.some((ended) => ended.userId === userId && ended.until >= since);
  }

  noteGiven(workbenchId: string, to: string): void {
    this.#given.add(`${workbenchId} ${to}`);
  }

  noteOffered(workbenchId: string, to: string): void {
    this.#offered.add(`${workbenchId} ${to}`);
  }

  noteAccepted(workbenchId: string, to: string): void {
    this.#accepted.add(`${workbenchId} ${to}`);
  }

  /** Called when a record has been created. */
  checkCreated({ userId, workbenchId }: WorkbenchKey, now: number): void {
    const other = this.#owners.get(workbenchId)?.userId;
    this.#owners.set(workbenchId, { userId, since: now, moves: 0 });
    if (other !== undefined)
      throw new RuleViolation(`workbench ${workbenchId} has two records, of ${other} and of ${userId}`);
  }

  /** Called when a record has been moved. */
  checkMoved(workbench: Workbench, before: Workbench | undefined, now: number): void {
    const { userId, workbenchId } = workbench;
    const moved = `workbench ${workbenchId} was moved to ${userId}`;
    const earlier = this.#owners.get(workbenchId);
    this.#owners.set(workbenchId, { userId, since: now, moves: (earlier?.moves ?? 0) + 1 });
    this.#end(workbenchId, earlier, now);
    this.#moves += 1;
    if (before === undefined || earlier?.userId !== before.userId)
      throw new RuleViolation(`${moved} although ${earlier?.userId ?? 'no user'} had its record`);
    const name = `${workbenchId} ${userId}`;
    if (!this.#given.has(name) && !(this.#offered.has(name) && this.#accepted.has(name)))
      throw new RuleViolation(`${moved} without an offer that this user has accepted`);
    if (before.status !== 'stopped' || workbench.status !== 'stopped' || !isSettled(before))
      throw new RuleViolation(`${moved} while it was ${before.status}`);
    if (!isDeepStrictEqual(workbench.mount, before.mount))
      throw new RuleViolation(`${moved} without its files`);
    const unwritten = before.outbox.map(({ seq }) => seq);
    const isWritten = (seq: number) => !workbench.outbox.some((entry) => entry.seq === seq);
    if (workbench.historySeq < before.historySeq || unwritten.some(isWritten))
      throw new RuleViolation(`${moved} without its history`);
    for (const container of this.#world.containers) {
      if (container.workbenchId === workbenchId && container.mountEndedAt === undefined)
        throw new RuleViolation(`${moved} while the container of ${container.taskArn} runs`);
    }
  }

  /** Called when a record has been deleted. */
  checkRemoved({ userId, workbenchId }: WorkbenchKey, now: number): void {
    const ownership = this.#owners.get(workbenchId);
    const owner = ownership?.userId;
    this.#owners.delete(workbenchId);
    this.#end(workbenchId, ownership, now);
    if (owner !== userId)
      throw new RuleViolation(
        `the record of workbench ${workbenchId} under ${userId} was deleted, but ${owner} owns it`,
      );
  }

  /** Checks the stored records at the end of a phase: what no write through the store has changed. */
  checkRecords(records: readonly WorkbenchKey[]): void {
    const found = new Map<string, string>();
    for (const { userId, workbenchId } of records) {
      const other = found.get(workbenchId);
      if (other !== undefined)
        throw new RuleViolation(`workbench ${workbenchId} has two records, of ${other} and of ${userId}`);
      found.set(workbenchId, userId);
      if (this.#owners.get(workbenchId)?.userId !== userId)
        throw new RuleViolation(`workbench ${workbenchId} has a record of ${userId}, who does not own it`);
    }
    for (const [workbenchId, { userId }] of this.#owners) {
      if (!found.has(workbenchId))
        throw new RuleViolation(`workbench ${workbenchId} of ${userId} has no record`);
    }
  }

  #end(workbenchId: string, ended: Ownership | undefined, now: number): void {
    if (ended === undefined) return;
    const earlier = this.#earlier.get(workbenchId) ?? [];
    this.#earlier.set(workbenchId, [...earlier, { userId: ended.userId, until: now }]);
  }
}
