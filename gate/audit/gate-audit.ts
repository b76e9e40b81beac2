import { outsideRequest } from '#adapters/http-server/request-faults.ts';
import { auditIdOf } from '#adapters/random-ids.ts';
import { type AuditEvent, buildAuditEvent, type NewAuditEvent } from '#core/audit/audit-event.ts';
import type { SignInFailureReason } from '#core/gate/sign-in-failures.ts';
import type { UserVisitor, Visitor } from '#core/gate/visitor.ts';
import type { AuditStore } from '#core/ports/audit-store.ts';
import { ageOf, type Clock, type Moment, momentOf } from '#core/ports/clock.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';

/** Refusals of one visitor at one workbench for one reason within this time are one event, milliseconds. A page loads many files. */
export const REFUSAL_INTERVAL_MS = 60_000;

/** A session of the gate is remembered for longer than it can last, milliseconds. */
const ENTRY_MEMORY_MS = 24 * 60 * 60_000;

/** Anyone can cause failed sign-ins: the most that one process records in SIGN_IN_WINDOW_MS. `sign_in_failed` counts all of them. */
export const SIGN_IN_FAILURES_MAX = 30;
export const SIGN_IN_WINDOW_MS = 60_000;

/** The most sessions and refusals that are remembered. */
const REMEMBERED_MAX = 20_000;

export interface GateAuditOptions {
  readonly audit: Pick<AuditStore, 'append' | 'appendOnce'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

type Facts = Pick<NewAuditEvent, 'action' | 'outcome' | 'actor' | 'workbenchId' | 'ownerId' | 'reason'>;

/**
 * The audit of the gate: the first request of each session at a workbench, refusals of users who have signed in, and failed
 * sign-ins. Requests do not wait for it. An event that cannot be stored is counted and logged.
 */
export class GateAudit {
  readonly #options: GateAuditOptions;
  readonly #entered: RecentKeys;
  readonly #refused: RecentKeys;
  #events = 0;
  #failures = { since: 0, count: 0 };

  constructor(options: GateAuditOptions) {
    this.#options = options;
    const { clock } = options;
    this.#entered = new RecentKeys({ clock, memoryMs: ENTRY_MEMORY_MS, max: REMEMBERED_MAX });
    this.#refused = new RecentKeys({ clock, memoryMs: REFUSAL_INTERVAL_MS, max: REMEMBERED_MAX });
  }

  /** Notes a request that is forwarded to a workbench. */
  noteForward(visitor: Visitor, workbenchId: string, ownerId: string): void {
    if (visitor.kind !== 'user') return;
    const session = [visitor.userId, visitor.signedInAt, visitor.issuerSession ?? '', workbenchId] as const;
    if (!this.#entered.add(JSON.stringify(session))) return;
    // Every process of the gate that the session reaches derives the same id.
    const id = auditIdOf(visitor.signedInAt, 'entry', ...session);
    const event = this.#build(id, {
      action: 'enter_workbench',
      outcome: 'allowed',
      actor: actorOf(visitor),
      workbenchId,
      ownerId,
    });
    this.#store(event, () => this.#options.audit.appendOnce(event));
  }

  /** Notes a request of a visitor that the gate refuses. @param reason a code */
  noteRefusal(visitor: Visitor, workbenchId: string, reason: string, ownerId?: string): void {
    if (visitor.kind !== 'user') return;
    if (!this.#refused.add(JSON.stringify([visitor.userId, workbenchId, reason]))) return;
    this.#append({
      action: 'enter_workbench',
      outcome: 'refused',
      actor: actorOf(visitor),
      workbenchId,
      ownerId,
      reason,
    });
  }

  /** Notes a sign-in that did not succeed. Who tried is not known. */
  noteSignInFailure(reason: SignInFailureReason | 'wrong_secret'): void {
    const now = this.#options.clock.now();
    const age = now - this.#failures.since;
    if (age < 0 || age >= SIGN_IN_WINDOW_MS) this.#failures = { since: now, count: 0 };
    this.#failures.count += 1;
    if (this.#failures.count > SIGN_IN_FAILURES_MAX) return;
    this.#append({ action: 'sign_in', outcome: 'refused', actor: { kind: 'none' }, reason });
  }

  #append(facts: Facts): void {
    this.#events += 1;
    const at = this.#options.clock.now();
    const event = this.#build(
      auditIdOf(at, 'gate', process.pid, this.#events, performance.timeOrigin),
      facts,
    );
    this.#store(event, () => this.#options.audit.append(event));
  }

  #build(id: string, facts: Facts): AuditEvent {
    return buildAuditEvent({ ...facts, id, at: this.#options.clock.now() });
  }

  #store(event: AuditEvent, append: () => Promise<void>): void {
    outsideRequest(append).catch((error: unknown) => {
      const { action, outcome, actor, workbenchId, reason } = event;
      const { telemetry } = this.#options;
      telemetry.count('audit_events_lost', 1);
      telemetry.error(
        'an audit event could not be stored',
        { action, outcome, actorKind: actor.kind, actor: actor.id, workbenchId, reason },
        error,
      );
    });
  }
}

function actorOf({ userId }: UserVisitor) {
  return { kind: 'user', id: userId } as const;
}

export interface RecentKeysOptions {
  readonly clock: Clock;
  /** How long a key is remembered, milliseconds. */
  readonly memoryMs: number;
  /** The most keys. The one that was added first is dropped. */
  readonly max: number;
}

/** Remembers which keys were added, for a time. */
class RecentKeys {
  readonly #options: RecentKeysOptions;
  readonly #added = new Map<string, Moment>();

  constructor(options: RecentKeysOptions) {
    this.#options = options;
  }

  /** Adds a key. Returns false if it was added within `memoryMs`. */
  add(key: string): boolean {
    const { clock, memoryMs, max } = this.#options;
    const before = this.#added.get(key);
    if (before !== undefined && ageOf(before, clock) < memoryMs) return false;
    this.#added.delete(key);
    this.#added.set(key, momentOf(clock));
    for (const oldest of this.#added.keys()) {
      if (this.#added.size <= max) break;
      this.#added.delete(oldest);
    }
    return true;
  }
}
