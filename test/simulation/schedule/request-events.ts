import type { AuditEvent } from '#core/audit/audit-event.ts';
import { RuleViolation } from './rule-violation.ts';

/** When each request began, and its audit events, as they were stored. */
export class RequestEvents {
  readonly #now: () => number;
  readonly #begunAt = new Map<string, number>();
  /** Id of the request → id of the event → event. */
  readonly #events = new Map<string, Map<string, AuditEvent>>();
  /** The requests of which an event could not be stored. */
  readonly #lost = new Set<string>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Called when the function for a request is invoked. */
  noteBegun(requestId: string): void {
    this.#begunAt.set(requestId, this.#now());
  }

  /** Returns when the function for a request was invoked, milliseconds since 1970: now, if it was not. */
  begunAt(requestId: string): number {
    return this.#begunAt.get(requestId) ?? this.#now();
  }

  /** Called when an audit event has been stored. */
  note(event: AuditEvent): void {
    const requestId = event.requestId ?? '';
    const events = this.#events.get(requestId) ?? new Map<string, AuditEvent>();
    this.#events.set(requestId, events.set(event.id, event));
  }

  /** Called when a function reports that it could not store an event. */
  noteLost(requestId: string): void {
    this.#lost.add(requestId);
  }

  isLost(requestId: string): boolean {
    return this.#lost.has(requestId);
  }

  /** Returns all events. */
  all(): readonly AuditEvent[] {
    return [...this.#events.values()].flatMap((events) => [...events.values()]);
  }

  /** Returns the events of a request. */
  of(requestId: string): readonly AuditEvent[] {
    return [...(this.#events.get(requestId)?.values() ?? [])];
  }

  /**
   * A change of rights has exactly one event before it takes effect.
   * @param subject what the event names, as `subjectOf` returns it. @default anything
   * @throws RuleViolation
   */
  checkRecorded(requestId: string, effect: string, subject?: string): void {
    const events = this.of(requestId).filter(
      (event) => event.outcome === 'allowed' && (subject === undefined || subjectOf(event) === subject),
    );
    if (events.length !== 1)
      throw new RuleViolation(`${requestId} ${effect} with ${events.length} audit events before it`);
  }

  /** Returns the link that a request revokes; undefined if it revokes none. */
  revokedBy(requestId: string): string | undefined {
    const event = this.of(requestId).find(({ action }) => action === 'delete_link');
    return event?.subject?.id;
  }
}

/** Returns what an event concerns: a grantee as `formatGrantee` names it, or `link:<id>`. */
export function subjectOf({ subject }: AuditEvent): string | undefined {
  if (subject === undefined || subject.kind === 'organisation') return subject?.kind;
  return `${subject.kind}:${subject.id}`;
}

export function linkSubject(linkId: string): string {
  return `link:${linkId}`;
}
