import { randomUUID } from 'node:crypto';
import { auditIdOf } from '#adapters/random-ids.ts';
import { findAuditedRoute } from '#contract/audited-routes.ts';
import { isUserId } from '#contract/parameters.ts';
import type { Principal } from '#core/access/principal.ts';
import {
  type AuditAction,
  type AuditOutcome,
  buildAuditEvent,
  type NewAuditEvent,
} from '#core/audit/audit-event.ts';
import { type AuditedRoute, actsForOther, auditActorOf, isRecorded } from '#core/audit/audited-acts.ts';
import { type CheckChangeDeadline, startChangeDeadline } from '#core/change-deadline.ts';
import { WorkbenchError } from '#core/errors.ts';
import type { AuditStore } from '#core/ports/audit-store.ts';
import type { Clock } from '#core/ports/clock.ts';
import { isWorkbenchId } from '#core/ports/ids.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { parseAuthorizerContext } from '../authorizer/principal.ts';
import type { GatewayEvent } from './gateway.ts';
import { parseQuery } from './query.ts';

export interface AuditPorts {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly audit: Pick<AuditStore, 'append'>;
}

/** What an endpoint learns of the act while it handles the request. */
export type ActFacts = Pick<NewAuditEvent, 'workbenchId' | 'ownerId' | 'subject' | 'detail'>;

/**
 * The audit of one request. The middleware creates it, and the endpoint adds what it learns.
 *
 * The order for a change of rights: `recordChange` stores the event, then the change takes effect. So there is an event without
 * a change, if the request ends in between, but never a change without its event. All other events are written after the request
 * was handled; if they cannot be stored, the metric `audit_events_lost` counts them and the log has them.
 */
export class RequestAudit {
  readonly #ports: AuditPorts;
  readonly #route: AuditedRoute | undefined;
  readonly #requestId: string;
  readonly #at: number;
  readonly #principal: Principal | undefined;
  readonly #secrets: readonly string[];
  readonly #checkDeadline: CheckChangeDeadline;
  #actingUser: string | undefined;
  #facts: ActFacts;
  #hidden: string | undefined;
  #isDryRun = false;
  #changes = 0;
  #events = 0;

  /** @param requestId that of `requestIdOf`: the client cannot choose it */
  constructor(
    ports: AuditPorts,
    event: GatewayEvent,
    requestId: string,
    { isOpen, isForUser }: { readonly isOpen: boolean; readonly isForUser: boolean },
  ) {
    this.#ports = ports;
    this.#route = findAuditedRoute(event.routeKey);
    this.#requestId = requestId === 'unknown' ? randomUUID() : requestId;
    this.#at = ports.clock.now();
    this.#checkDeadline = startChangeDeadline(ports.clock);
    this.#principal = isOpen
      ? { kind: 'open' }
      : parseAuthorizerContext(event.requestContext.authorizer?.lambda);
    this.#secrets = credentialsOf(event);
    const requested = parseQuery(event.rawQueryString).parameter('user_id');
    // Until the request is parsed, the user whom it names; a refused request names one whom it may not act for.
    if (isForUser && 'value' in requested && requested.value !== undefined && isUserId(requested.value))
      this.#actingUser = requested.value;
    const wid = event.pathParameters?.wid;
    this.#facts = wid !== undefined && isWorkbenchId(wid) ? { workbenchId: wid } : {};
  }

  /** Notes the user in whose name the request is made. */
  noteActingUser(userId: string): void {
    this.#actingUser = userId;
  }

  /** Adds what the endpoint has learnt, such as the owner of the workbench. */
  note(facts: ActFacts): void {
    this.#facts = { ...this.#facts, ...facts, detail: { ...this.#facts.detail, ...facts.detail } };
  }

  /** Notes that the request changes nothing. As of a read, only its refusal is recorded. */
  noteDryRun(): void {
    this.#isDryRun = true;
  }

  /**
   * Notes that the 404 of this request hides a workbench that exists: the event says that the request was refused.
   * @param reason a code, for example `no_role`
   */
  noteHidden(reason: string): void {
    this.#hidden = reason;
  }

  /** As `noteHidden`, for the workbench of this owner, at which the user has no role. */
  noteHiddenOf(ownerId: string): void {
    this.note({ ownerId });
    this.noteHidden('no_role');
  }

  /**
   * Stores the event of a change of rights. Must be called after every check, and before the change takes effect.
   * @param action @default that of the route
   * @throws WorkbenchError `unavailable` (`audit_unavailable`, `timeout`), or PortError `no_space`: the change must not be made
   */
  async recordChange(facts: ActFacts = {}, action?: AuditAction): Promise<void> {
    this.note(facts);
    const named = action ?? this.#route?.action;
    if (named === undefined) throw new Error('a change of rights without an action');
    this.#changes += 1;
    try {
      await this.#ports.audit.append(this.#build(named, 'allowed'));
    } catch (error) {
      if (!(error instanceof PortError) || error.kind === 'no_space') throw error;
      throw new WorkbenchError(
        'unavailable',
        'The change could not be recorded in the audit, so it was not made. Try again.',
        { reason: 'audit_unavailable', detail: `${error.kind}: ${error.message}`, cause: error },
      );
    }
    this.#checkDeadline();
  }

  /**
   * Checks that the request may still change something. The response to a read may be late.
   * @throws WorkbenchError `unavailable` (`timeout`) if it began too long ago
   */
  assertInTime(): void {
    if (this.#route?.kind !== 'read') this.#checkDeadline();
  }

  /** Records a request that an endpoint has handled, if it must be recorded. Never throws for want of the store. */
  async recordSuccess(): Promise<void> {
    const route = this.#route;
    if (route === undefined || this.#changes > 0) return;
    // The change was made. An endpoint with this error fails in its first test.
    if (route.kind === 'rights') throw new Error(`${route.action} changed rights without recordChange`);
    if (this.#isRecorded(route)) await this.#appendOrCount(this.#build(route.action, 'allowed'));
  }

  /** Records a request that ended with an error, if it must be recorded. Never throws. */
  async recordError(error: unknown): Promise<void> {
    const route = this.#route;
    if (route === undefined) return;
    const { code, reason } = error instanceof WorkbenchError ? error : { code: undefined, reason: undefined };
    if (code === 'forbidden')
      return this.#appendOrCount(this.#build(route.action, 'refused', reason ?? 'forbidden'));
    if (this.#hidden !== undefined)
      return this.#appendOrCount(this.#build(route.action, 'refused', this.#hidden));
    // An error of the caller has had no effect, unless the event of a change is already stored.
    const mayHaveEffect = code === undefined || code === 'internal' || code === 'unavailable';
    const wasBegun = mayHaveEffect && reason !== 'audit_unavailable' && this.#isRecorded(route);
    if (this.#changes === 0 && (route.kind === 'rights' || !wasBegun)) return;
    await this.#appendOrCount(this.#build(route.action, 'failed', reason ?? code ?? 'internal'));
  }

  #isRecorded({ kind }: AuditedRoute): boolean {
    const principal = this.#principal;
    if (principal === undefined || this.#isDryRun) return false;
    return isRecorded(kind, { principal, actingUser: this.#actingUser, ownerId: this.#facts.ownerId });
  }

  #build(action: AuditAction, outcome: AuditOutcome, reason?: string) {
    const principal = this.#principal;
    const actingUser = this.#actingUser;
    const isForOther =
      actingUser !== undefined && (principal === undefined || actsForOther(principal, actingUser));
    this.#events += 1;
    return buildAuditEvent(
      {
        ...this.#facts,
        id: auditIdOf(this.#at, this.#requestId, this.#events),
        at: this.#at,
        action,
        outcome,
        actor: principal === undefined ? { kind: 'none' } : auditActorOf(principal),
        onBehalfOf: isForOther ? actingUser : undefined,
        reason,
        requestId: this.#requestId,
      },
      this.#secrets,
    );
  }

  async #appendOrCount(event: ReturnType<typeof buildAuditEvent>): Promise<void> {
    const { audit, telemetry } = this.#ports;
    try {
      await audit.append(event);
    } catch (error) {
      const { action, outcome, actor, onBehalfOf, workbenchId, requestId } = event;
      telemetry.count('audit_events_lost', 1);
      telemetry.error(
        'an audit event could not be stored',
        { action, outcome, actorKind: actor.kind, actor: actor.id, onBehalfOf, workbenchId, requestId },
        error,
      );
    }
  }
}

/** The credentials of a request. Their values must not be in an event, even if a client has sent them again in another field. */
function credentialsOf({ headers, cookies = [] }: GatewayEvent): readonly string[] {
  const authorization = headers?.authorization ?? '';
  const cookieValues = cookies.map((cookie) => cookie.slice(cookie.indexOf('=') + 1));
  return [authorization, authorization.replace(/^\S+\s+/, ''), ...cookieValues];
}
