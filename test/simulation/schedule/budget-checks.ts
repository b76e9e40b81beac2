import type { Workbench } from '#core/workbench/workbench.ts';
import type { World } from '../world/world.ts';
import type { CostChecks } from './cost-checks.ts';
import { FUNCTION_SKEW_MAX_MS } from './function-ports.ts';
import type { ApiCall } from './rights-checks.ts';
import { RuleViolation } from './rule-violation.ts';

/** Calls that write a record. */
const RECORD_WRITES = new Set(['workbenches.create', 'workbenches.update', 'workbenches.move']);
/** Requests that a limit of the month may refuse, and that are about a workbench of the user whom they name. */
const STARTS: ReadonlySet<string> = new Set(['create', 'start', 'restart', 'restore']);

/**
 * By how much what was counted may differ from what is computed here, millionths of a USD: clocks of functions differ by seconds, and
 * each sum is rounded.
 */
const DIFFERENCE_MAX_MICROS = 1000;
const MICROS = 1_000_000;

/**
 * The rules about the limit of the month: no start is accepted once what the workbenches of the user have cost in the month has
 * reached it, and none is refused before, or for what the month before has cost. The clock of the function decides which month it is.
 */
export class BudgetChecks {
  readonly #world: World;
  readonly #costs: Pick<CostChecks, 'monthToDate'>;
  /** Invocation → when it first read the limits, and what each user had cost then. */
  readonly #readAt = new Map<string, { readonly at: number; readonly micros: ReadonlyMap<string, number> }>();
  /** The write of a record that takes effect now. */
  #writing: { readonly at: number; readonly invocation: string } | undefined;
  /** USD. */
  #limit: number | undefined;

  constructor(world: World, costs: Pick<CostChecks, 'monthToDate'>) {
    this.#world = world;
    this.#costs = costs;
  }

  /** @param limit undefined: none */
  setLimit(limit: number | undefined): void {
    this.#limit = limit;
  }

  /** Called for each call, before it has its effect. */
  noteCall(invocation: string, call: string, users: readonly string[], now: number): void {
    if (this.#limit === undefined) return;
    this.#writing = RECORD_WRITES.has(call) ? { at: now, invocation } : undefined;
    if (call !== 'quotas.read' || this.#readAt.has(invocation)) return;
    const micros = new Map(users.map((userId) => [userId, this.#costs.monthToDate(userId, now)]));
    this.#readAt.set(invocation, { at: now, micros });
  }

  /** Checks a start. Called when a record was created, updated or moved. */
  checkWrite(record: Workbench, before: Workbench | undefined, now: number): void {
    const writing = this.#writing;
    if (this.#limit === undefined || writing?.at !== now) return;
    const read = this.#readAt.get(writing.invocation);
    const held = before !== undefined && before.userId === record.userId && holdsCapacity(before);
    if (held || !holdsCapacity(record) || this.#world.functionClock.steps) return;
    const { workbenchId, userId } = record;
    const starts = `${writing.invocation} starts workbench ${workbenchId}`;
    if (read === undefined) throw new RuleViolation(`${starts} without reading the limits of its user`);
    if (monthOf(read.at) !== monthOf(now + FUNCTION_SKEW_MAX_MS)) return;
    const spent = read.micros.get(userId) ?? 0;
    if (spent > this.#limit * MICROS + DIFFERENCE_MAX_MICROS)
      throw new RuleViolation(
        `${starts} although the workbenches of ${userId} have cost ${spent / MICROS} USD in the month, and the limit is ${this.#limit}`,
      );
  }

  /** Checks a refusal. @param ownerOf the user to whom a workbench belongs; undefined: it has moved meanwhile */
  checkResponse(
    { call, operation, response, sentAt }: ApiCall,
    ownerOf: (id: string) => string | undefined,
    now: number,
  ): void {
    const { reason, quota } = response.body.error ?? {};
    if (response.status !== 403 || reason !== 'usd_per_month' || !STARTS.has(operation)) return;
    if (this.#world.functionClock.steps || monthOf(sentAt - FUNCTION_SKEW_MAX_MS) !== monthOf(now)) return;
    const userId =
      call.wid === undefined ? new URLSearchParams(call.query).get('user_id') : ownerOf(call.wid);
    if (userId === null || userId === undefined) return;
    const spent = this.#costs.monthToDate(userId, now);
    if (spent < quota.limit * MICROS - DIFFERENCE_MAX_MICROS)
      throw new RuleViolation(
        `a start is refused because ${userId} has used up ${quota.limit} USD, but the workbenches have cost ${spent / MICROS} in the month`,
      );
    if (Date.parse(quota.resets_at) !== startOfNextMonth(now))
      throw new RuleViolation(`a limit of the month is said to reset at ${quota.resets_at}`);
  }
}

/** Whether it runs, or may run. */
function holdsCapacity(record: Workbench): boolean {
  return record.status === 'deleting' ? record.run !== undefined : record.status !== 'stopped';
}

function monthOf(at: number): number {
  return new Date(at).getUTCMonth();
}

function startOfNextMonth(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
}
