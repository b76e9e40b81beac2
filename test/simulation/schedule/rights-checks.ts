import { formatGrantee, type Grantee } from '#core/access/grantee.ts';
import type { AuditEvent } from '#core/audit/audit-event.ts';
import type { ShareLink } from '#core/ports/share-link-store.ts';
import type { Share } from '#core/ports/share-store.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import type { Call } from '#test/functions/call-api.ts';
import type { ApiResponse, Operation } from './controller.ts';
import { GrantedRoles } from './granted-roles.ts';
import { RuleViolation } from './rule-violation.ts';

/** A lost right is used for at most this long, milliseconds. */
const LOST_RIGHT_MAX_MS = 5000;

/** What a role allows. It does not come from the product, which has its own table. */
const ALLOWED: Readonly<Record<Share['role'], readonly Operation[]>> = {
  use: ['read'],
  manage: ['read', 'start', 'stop', 'restart', 'extend'],
};

/** The operations of which the audit has only refusals. */
const UNRECORDED: readonly Operation[] = ['read', 'list', 'listShares', 'report'];
/** The operations that change who may do what. */
const RIGHTS: readonly Operation[] = [
  'setShare',
  'deleteShare',
  'changeOwner',
  'acceptOwner',
  'withdrawOffer',
  'createLink',
  'redeemLink',
];

/** A request to the API and its response. */
export interface ApiCall {
  readonly requestId: string;
  readonly operation: Operation;
  readonly call: Call;
  readonly sentAt: number;
  readonly response: ApiResponse;
}

export interface RightsChecksOptions {
  readonly now: () => number;
  /** How far the clock of a function may differ from the actual time, milliseconds. */
  readonly clockSkewMaxMs: number;
  readonly isDeletionRequested: (workbenchId: string) => boolean;
  /** Whether the workbench ever got another owner. */
  readonly hasMoved: (workbenchId: string) => boolean;
}

/**
 * The rules about rights and the audit, which must hold at all times: no guest does what its role does not include or has not
 * included for more than five seconds, every guest may do what its role includes, and every change of rights and every act for another
 * user has exactly one audit event. They compare responses with the shares as stored, never with what a function has read.
 */
export class RightsChecks {
  readonly #options: RightsChecksOptions;
  readonly #roles: GrantedRoles;
  /** Id of the request → id of the event → event. */
  readonly #events = new Map<string, Map<string, AuditEvent>>();
  /** The requests of which an event could not be stored. */
  readonly #lost = new Set<string>();
  /** `<id of the request> <effect>` of each share that was written or deleted. */
  readonly #effects = new Set<string>();
  /** Id of a link → how often it gave a share. */
  readonly #uses = new Map<string, number>();
  /** `<workbench id> <user>` → how often the workbench was moved to the user. */
  readonly #moves = new Map<string, number>();

  constructor(options: RightsChecksOptions) {
    this.#options = options;
    this.#roles = new GrantedRoles(options.clockSkewMaxMs);
  }

  /** Called when an audit event has been stored. */
  noteEvent(event: AuditEvent): void {
    const requestId = event.requestId ?? '';
    const events = this.#events.get(requestId) ?? new Map<string, AuditEvent>();
    this.#events.set(requestId, events.set(event.id, event));
  }

  /** Called when a function reports that it could not store an event. */
  noteLostEvent(requestId: string): void {
    this.#lost.add(requestId);
  }

  /** Called when a share has been stored. */
  checkPut(share: Share, requestId: string): void {
    this.#roles.notePut(share, this.#options.now());
    this.#effects.add(`${requestId} ${describePut(share.grantee, share.role, share.expiresAt)}`);
    this.#checkRecorded(requestId, `wrote the share of ${formatGrantee(share.grantee)}`);
  }

  /** Called when a share has been deleted, or when there was none to delete. */
  checkDeleted(workbenchId: string, grantee: Grantee, requestId: string): void {
    this.#roles.noteDelete(workbenchId, grantee, this.#options.now());
    this.#effects.add(`${requestId} ${describeDeletion(formatGrantee(grantee))}`);
    this.#checkRecorded(requestId, `deleted the share of ${formatGrantee(grantee)}`);
  }

  /** Called when a link has given a share. */
  checkRedeemed({ linkId, uses }: ShareLink, share: Share): void {
    this.#roles.notePut(share, this.#options.now());
    const used = (this.#uses.get(linkId) ?? 0) + 1;
    this.#uses.set(linkId, used);
    if (used > uses) throw new RuleViolation(`link ${linkId} for ${uses} users has given ${used} shares`);
  }

  /** Called when all shares of a workbench have been deleted. */
  noteDeletedAll(workbenchId: string): void {
    this.#roles.noteDeleteAll(workbenchId, this.#options.now());
  }

  /** Called when a record has been moved to its new owner. */
  checkMoved({ workbenchId, userId }: Workbench): void {
    const name = `${workbenchId} ${userId}`;
    const moves = (this.#moves.get(name) ?? 0) + 1;
    this.#moves.set(name, moves);
    const recorded = [...this.#events.values()]
      .flatMap((events) => [...events.values()])
      .filter(
        (event) =>
          (event.action === 'change_owner' || event.action === 'accept_owner') &&
          event.outcome === 'allowed' &&
          event.workbenchId === workbenchId &&
          event.subject?.kind === 'user' &&
          event.subject.id === userId,
      );
    if (recorded.length < moves)
      throw new RuleViolation(`workbench ${workbenchId} was moved to ${userId} without an audit event`);
  }

  /** Called with each response of a function. */
  checkResponse(apiCall: ApiCall): void {
    this.#checkEvents(apiCall);
    this.#checkEffect(apiCall);
    this.#checkRole(apiCall);
  }

  /** Every change of rights, and every act for another user or on the workbench of another user, has one event. */
  #checkEvents({ requestId, operation, call, response }: ApiCall): void {
    const described = `${requestId} returned ${response.status} and stored`;
    const [allowed, refused] = [this.#count(requestId, 'allowed'), this.#count(requestId, 'refused')];
    const mayBeLost = this.#lost.has(requestId) && !RIGHTS.includes(operation);
    if (response.status < 300) {
      const isActForOther =
        guestOf(call) === undefined || call.wid !== undefined || RIGHTS.includes(operation);
      const expected = !UNRECORDED.includes(operation) && isActForOther ? 1 : 0;
      if (allowed !== expected && !(mayBeLost && allowed === 0))
        throw new RuleViolation(`${described} ${allowed} audit events of what it did, not ${expected}`);
    }
    if (allowed > 1) throw new RuleViolation(`${described} ${allowed} audit events of what it did`);
    if (refused > 1) throw new RuleViolation(`${described} ${refused} audit events of the refusal`);
    if (response.status === 403 && isRefusal(response) && refused === 0 && !this.#lost.has(requestId))
      throw new RuleViolation(`${described} no audit event of the refusal`);
  }

  /** A share that a response confirms has been written as requested, and one that it says is taken back is deleted. */
  #checkEffect({ requestId, operation, call, sentAt, response }: ApiCall): void {
    if (response.status >= 300) return;
    if (operation === 'redeemLink') {
      const guest = guestOf(call) ?? { userId: '', groups: [] };
      const workbenchId = (call.body as { readonly code: string }).code.split('.')[0] ?? '';
      if (this.#roles.possible(guest, workbenchId, sentAt, this.#options.now()).length === 0)
        throw new RuleViolation(
          `${requestId} confirmed that a link gives ${guest.userId} a share of workbench ${workbenchId}, but there is none`,
        );
    }
    const { grantee = '', body } = call;
    const effect =
      operation === 'setShare'
        ? describeRequestedPut(grantee, body as ShareBody)
        : operation === 'deleteShare'
          ? describeDeletion(grantee)
          : undefined;
    if (effect !== undefined && !this.#effects.has(`${requestId} ${effect}`))
      throw new RuleViolation(`${requestId} returned ${response.status}, but has not ${effect}`);
  }

  #checkRole({ operation, call, sentAt, response }: ApiCall): void {
    const guest = guestOf(call);
    const { wid: workbenchId } = call;
    if (guest === undefined || workbenchId === undefined || response.status >= 500) return;
    const now = this.#options.now();
    const includes = (roles: readonly Share['role'][]) =>
      roles.some((role) => ALLOWED[role].includes(operation));
    const since = sentAt - LOST_RIGHT_MAX_MS;
    const described = `${guest.userId} in the groups [${guest.groups}] got ${response.status} for "${operation}" of workbench ${workbenchId}`;
    if (!isRefusal(response)) {
      if (!includes(this.#roles.possible(guest, workbenchId, since, now)))
        throw new RuleViolation(`${described}, which no share has allowed for five seconds`);
      return;
    }
    // Then there may be no record, or an index that has the earlier owner.
    if (this.#options.isDeletionRequested(workbenchId) || this.#options.hasMoved(workbenchId)) return;
    if (includes(this.#roles.certain(guest, workbenchId, since, now)))
      throw new RuleViolation(`${described}, although a share has allowed it for five seconds`);
  }

  /** A change of rights has its event before it takes effect. */
  #checkRecorded(requestId: string, effect: string): void {
    const events = this.#count(requestId, 'allowed');
    if (events !== 1) throw new RuleViolation(`${requestId} ${effect} with ${events} audit events before it`);
  }

  #count(requestId: string, outcome: AuditEvent['outcome']): number {
    const events = [...(this.#events.get(requestId)?.values() ?? [])];
    return events.filter((event) => event.outcome === outcome).length;
  }
}

interface ShareBody {
  readonly role: string;
  readonly expires_at?: string;
}

function describeRequestedPut(grantee: string, { role, expires_at: end }: ShareBody): string {
  return `written ${role} for ${grantee} until ${end === undefined ? 'it is taken back' : Date.parse(end)}`;
}

function describePut(grantee: Grantee, role: string, expiresAt: number | undefined): string {
  return `written ${role} for ${formatGrantee(grantee)} until ${expiresAt ?? 'it is taken back'}`;
}

function describeDeletion(grantee: string): string {
  return `deleted the share of ${grantee}`;
}

/** Whether the caller may not do it, or must not know that the workbench exists. */
function isRefusal({ status, body }: ApiResponse): boolean {
  return status === 404 || body?.error?.code === 'forbidden';
}

/** The user of a token; undefined for the static key, with which a frontend acts for users. */
function guestOf({ authorizer }: Call) {
  if (authorizer?.subject === undefined) return undefined;
  const groups = authorizer.groups === undefined ? [] : (JSON.parse(authorizer.groups) as string[]);
  return { userId: authorizer.subject, groups };
}
