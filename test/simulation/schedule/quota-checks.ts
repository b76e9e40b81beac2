import { type Ledger, sumOf } from '#core/quotas/ledger.ts';
import type { QuotaLimits } from '#core/quotas/limits.ts';
import { isDeleted, type Workbench } from '#core/workbench/workbench.ts';
import type { MemoryQuotaStore } from '../../memory/memory-quota-store.ts';
import type { Tape } from '../tape.ts';
import type { World } from '../world/world.ts';
import { BudgetChecks } from './budget-checks.ts';
import { USERS } from './commands.ts';
import type { CostChecks } from './cost-checks.ts';
import { RuleViolation } from './rule-violation.ts';

/** Limits that the simulated users reach: each has at most two workbenches, and gets others by moves. */
const LIMITS: readonly [QuotaLimits, ...QuotaLimits[]] = [
  { running: 1 },
  { workbenches: 1 },
  { workbenches: 2, running: 1 },
  { cpu: 2047, memory: 4095, workbenches: 3 },
  { hosts: 0, running: 2 },
  // What a workbench costs in a few minutes.
  { usd_per_month: 0.004 },
  { usd_per_month: 0.002, workbenches: 3 },
];
/** The probability that a schedule has limits. */
const LIMITED_PROBABILITY = 0.6;

/** Calls that write a record. */
const RECORD_WRITES = new Set(['workbenches.create', 'workbenches.update', 'workbenches.move']);
/** The requests after which more may be held. */
const HOLDING_REQUESTS =
  /^(create-workbench|start-workbench|restart-workbench|restore-workbench|change-owner|accept-owner)#/;
/** The longest time between the writes of the ledger and of the record, milliseconds: much less than the five minutes for which an entry is kept. */
const HOLD_MAX_MS = 60_000;

/** What a user holds by the records, counted without the functions of the product. */
interface Counted {
  workbenches: number;
  hosts: number;
  running: number;
  cpu: number;
  memory: number;
  gpus: number;
}

/**
 * The rules about quotas: at no time the records of a user hold more than the limit, or more than the ledger has, and when all is
 * quiet the ledger has what they hold.
 */
export class QuotaChecks {
  readonly #quotas: MemoryQuotaStore;
  readonly #records: () => Iterable<Workbench>;
  readonly #world: World;
  /** Invocation → when it wrote a ledger, if that was its last call. */
  readonly #heldAt = new Map<string, number>();
  /** Invocation → when it last began to hold, with a read of the limits and the ledger. */
  readonly #readAt = new Map<string, number>();
  readonly budget: BudgetChecks;
  #limits: QuotaLimits | undefined;

  /** @param records the existing records as last written */
  constructor(
    quotas: MemoryQuotaStore,
    records: () => Iterable<Workbench>,
    world: World,
    costs: Pick<CostChecks, 'monthToDate'>,
  ) {
    this.budget = new BudgetChecks(world, costs);
    this.#world = world;
    this.#quotas = quotas;
    this.#records = records;
  }

  /** Sets limits in some schedules. */
  async drawLimits(tape: Tape): Promise<void> {
    if (!tape.chance(LIMITED_PROBABILITY)) return;
    this.#limits = tape.pick(LIMITS);
    this.budget.setLimit(this.#limits.usd_per_month ?? undefined);
    await this.#quotas.writeLimits({ kind: 'installation' }, this.#limits);
  }

  /** Removes the limits, so that every workbench can be started. The ledgers stay. */
  async removeLimits(): Promise<void> {
    this.#limits = undefined;
    this.budget.setLimit(undefined);
    await this.#quotas.writeLimits({ kind: 'installation' }, {});
  }

  /** Checks that no user holds more than the limit. Called after a record was written. */
  checkLimits(): void {
    if (this.#limits === undefined) return;
    for (const userId of USERS) {
      const counted = this.#count(userId);
      for (const [name, max] of Object.entries(this.#limits)) {
        const held = counted[name as keyof Counted];
        if (typeof max === 'number' && held > max)
          throw new RuleViolation(`${userId} holds ${held} of ${name}, but the limit is ${max}`);
      }
    }
  }

  /**
   * Checks that no request that was frozen goes on to write the ledger, and after its write of the ledger the record, even if
   * the record has changed since, so that the write will be a conflict.
   * @param invocation for example `start-workbench#12`
   */
  checkCall(invocation: string, call: string, now: number): void {
    this.budget.noteCall(invocation, call, USERS, now);
    const heldAt = this.#heldAt.get(invocation);
    this.#heldAt.delete(invocation);
    // A wrong clock may hide how long the request was frozen.
    if (!HOLDING_REQUESTS.test(invocation) || this.#world.functionClock.steps) return;
    if (call === 'quotas.read') this.#readAt.set(invocation, now);
    // It gives back, which is never too late.
    if (call === 'quotas.readLedger') this.#readAt.delete(invocation);
    if (call === 'quotas.writeLedger') {
      this.#heldAt.set(invocation, now);
      const delay = now - (this.#readAt.get(invocation) ?? now);
      if (delay > HOLD_MAX_MS)
        throw new RuleViolation(
          `${invocation} writes the ledger ${Math.round(delay / 1000)} s after it read it, and its entry counts until a sweep`,
        );
    }
    if (heldAt !== undefined && RECORD_WRITES.has(call) && now - heldAt > HOLD_MAX_MS)
      throw new RuleViolation(
        `${invocation} writes a record ${Math.round((now - heldAt) / 1000)} s after it wrote the ledger, whose entry may be removed`,
      );
  }

  /**
   * Checks that the ledger has what a record that was just written holds, or more: before more is held, the ledger is written
   * first. A clock that is set forward ends the grace period of a request in progress.
   */
  checkCovered({ userId, workbenchId }: Workbench): void {
    const stored = this.#quotas.storedLedger(userId);
    if (stored === undefined || this.#world.functionClock.steps) return;
    const held = stored.ledger.entries[workbenchId]?.held ?? {};
    const counted = this.#count(userId, workbenchId);
    for (const [name, amount] of Object.entries(counted))
      if ((held[name] ?? 0) < amount)
        throw new RuleViolation(
          `workbench ${workbenchId} holds ${amount} of ${name}, but the ledger of ${userId} has ${held[name] ?? 0}: ${describe(stored.ledger)}`,
        );
  }

  /** Checks that a deleted workbench did not count until the end of its time. Called while nothing fails. */
  checkNotCounted({ userId, workbenchId }: Workbench): void {
    const held = this.#quotas.storedLedger(userId)?.ledger.entries[workbenchId]?.held ?? {};
    for (const [name, amount] of Object.entries(held))
      if (amount > 0)
        throw new RuleViolation(
          `workbench ${workbenchId} was deleted and could be restored, but the ledger of ${userId} has ${amount} of ${name} for it`,
        );
  }

  /** Checks that each ledger has what the records hold. */
  checkLedgers(phase: string): void {
    for (const userId of USERS) {
      const stored = this.#quotas.storedLedger(userId);
      if (stored === undefined) continue;
      const sum = sumOf(stored.ledger);
      const counted = this.#count(userId);
      for (const [name, held] of Object.entries(counted))
        if (sum[name as keyof Counted] !== held)
          throw new RuleViolation(
            `${phase} the ledger of ${userId} has ${sum[name as keyof Counted]} of ${name}, but the records hold ${held}: ${describe(stored.ledger)}`,
          );
    }
  }

  /** @param workbenchId counts only this workbench; undefined: all of the user */
  #count(userId: string, workbenchId?: string): Counted {
    const counted = { workbenches: 0, hosts: 0, running: 0, cpu: 0, memory: 0, gpus: 0 };
    for (const record of this.#records()) {
      if (record.userId !== userId || (workbenchId ?? record.workbenchId) !== record.workbenchId) continue;
      // One that can be restored counts for its capacity only.
      if (!isDeleted(record)) {
        counted.workbenches += 1;
        if (record.spec.dedicatedInstanceType !== undefined) counted.hosts += 1;
      }
      if (record.status === 'stopped') continue;
      if (record.status === 'deleting' && record.run === undefined) continue;
      counted.running += 1;
      counted.cpu += record.spec.cpuUnits;
      counted.memory += record.spec.memoryMib;
      counted.gpus += record.spec.gpuCount;
    }
    return counted;
  }
}

function describe({ entries }: Ledger): string {
  return Object.entries(entries)
    .map(([workbenchId, { revision, held }]) => `${workbenchId}@${revision} ${JSON.stringify(held)}`)
    .join(', ');
}
