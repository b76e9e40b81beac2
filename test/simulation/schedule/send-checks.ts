import { SEND_DEADLINE_MS } from '#adapters/aws/send-deadline.ts';
import { EFFECT_BEGINS_WITHIN_MS } from '#core/workbench/lifecycle/policy.ts';
import { RuleViolation } from './rule-violation.ts';

/** The calls that may be wrong if the record has changed since it was read. */
const GUARDED_CALLS: ReadonlySet<string> = new Set([
  'RunTask',
  'StartInstances',
  'StopInstances',
  'TerminateInstances',
  'UpdateContainerInstancesState',
]);

/** From the check of the deadline until the call is sent, milliseconds. */
const SENT_WITHIN_MS = 100;

/**
 * A function that drives sends such a call this long after it has read or written the record, at the latest: the effect begins in
 * time, and the call is sent within the deadline of the effect. Milliseconds.
 */
const RECORD_AGE_MAX_MS = EFFECT_BEGINS_WITHIN_MS + SEND_DEADLINE_MS + SENT_WITHIN_MS;

/**
 * The rule about functions that were frozen: what they have read is old when they continue, so that they send nothing by it.
 * See docs/lifecycle.md#issued-runs.
 */
export class SendChecks {
  /** Invocation → when it last read or wrote a record. */
  readonly #recordAt = new Map<string, number>();

  /** Called for each call of a function. @param now the actual time, milliseconds */
  checkCall(invocation: string, call: string, now: number): void {
    if (!invocation.startsWith('drive')) return;
    if (call.startsWith('workbenches.')) this.#recordAt.set(invocation, now);
    if (!GUARDED_CALLS.has(call)) return;
    const age = now - (this.#recordAt.get(invocation) ?? now);
    if (age <= RECORD_AGE_MAX_MS) return;
    throw new RuleViolation(
      `${invocation} sent ${call} ${Math.round(age / 1000)} s after it had read the record of the workbench`,
    );
  }
}
