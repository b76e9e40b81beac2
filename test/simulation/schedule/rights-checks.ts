import { formatGrantee, type Grantee } from '#core/access/grantee.ts';
import type { AuditEvent } from '#core/audit/audit-event.ts';
import type { Share } from '#core/ports/share-store.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import type { Call } from '#test/functions/call-api.ts';
import type { ApiResponse, Operation } from './controller.ts';
import { GrantedRoles } from './granted-roles.ts';
import type { OwnerChecks } from './owner-checks.ts';
import type { RequestEvents } from './request-events.ts';
import { RuleViolation } from './rule-violation.ts';

/** A lost right is used for at most this long, milliseconds. */
const LOST_RIGHT_MAX_MS = 5000;

/**
 * A request gives a right at most this long after it was sent, milliseconds: 30 s until its last call, which takes effect within 10 s.
 * A later one could give back what was taken back in the meantime.
 */
const GIVEN_WITHIN_MS = 42_000;

/** What a role allows. It does not come from the product, which has its own table. */
const ALLOWED: Readonly<Record<Share['role'], readonly Operation[]>> = {
  use: ['read'],
  manage: ['read', 'start', 'stop', 'restart', 'extend'],
};

/** The operations for which the audit has only refusals. */
const UNRECORDED: readonly Operation[] = ['read', 'list', 'listShares', 'listLinks', 'report'];
/** The operations that change who may do what. */
const RIGHTS: readonly Operation[] = [
  'setShare',
  'deleteShare',
  'changeOwner',
  'acceptOwner',
  'withdrawOffer',
  'createLink',
  'deleteLink',
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
  readonly events: RequestEvents;
  /** How far the clock of a function may differ from the actual time, milliseconds. */
  readonly clockSkewMaxMs: number;
  readonly isDeletionRequested: (workbenchId: string) => boolean;
  readonly owners: Pick<OwnerChecks, 'ownershipOf' | 'hasMovedSince' | 'hasOwnedSince'>;
}

/**
 * The rules about rights and the audit, which must hold at all times: no guest does what its role does not include or has not
 * included for more than five seconds, every guest may do what its role includes, and every change of rights and every act for another
 * user has exactly one audit event. They compare responses with the shares as stored, never with what a function has read.
 */
export class RightsChecks {
  readonly #options: RightsChecksOptions;
  readonly #roles: GrantedRoles;
  /** `<id of the request> <effect>` of each share that was written or deleted. */
  readonly #effects = new Set<string>();
  /** `<workbench id> <user>` → how often the workbench was moved to the user. */
  readonly #moves = new Map<string, number>();

  constructor(options: RightsChecksOptions) {
    this.#options = options;
    this.#roles = new GrantedRoles(options.clockSkewMaxMs);
  }

  /** Called when a share has been stored. */
  checkPut(share: Share, requestId: string): void {
    const now = this.#options.now();
    this.#roles.notePut(share, now);
    const age = now - this.#options.events.begunAt(requestId);
    if (age > GIVEN_WITHIN_MS)
      throw new RuleViolation(
        `${requestId} wrote the share of ${formatGrantee(share.grantee)} ${age / 1000} s after the request was sent`,
      );
    // LinkChecks has the rules for the share of a link.
    if (share.linkId !== undefined) return;
    const grantee = formatGrantee(share.grantee);
    this.#effects.add(`${requestId} ${describePut(share.grantee, share.role, share.expiresAt)}`);
    this.#options.events.checkRecorded(requestId, `wrote the share of ${grantee}`);
  }

  /** Called when a share has been deleted, or when there was none to delete. */
  checkDeleted(workbenchId: string, grantee: Grantee, requestId: string): void {
    this.#roles.noteDelete(workbenchId, grantee, this.#options.now());
    const name = formatGrantee(grantee);
    this.#effects.add(`${requestId} ${describeDeletion(name)}`);
    const { events } = this.#options;
    // A revocation has an event for each share that it takes back.
    const subject = events.revokedBy(requestId) === undefined ? undefined : name;
    events.checkRecorded(requestId, `deleted the share of ${name}`, subject);
  }

  /** Called when all shares of a workbench have been deleted. */
  checkDeletedAll(workbenchId: string): void {
    if (!this.#options.isDeletionRequested(workbenchId))
      throw new RuleViolation(`all shares of workbench ${workbenchId} were deleted, but not the workbench`);
    this.#roles.noteDeleteAll(workbenchId, this.#options.now());
  }

  /** Called when a record has been moved to its new owner. */
  checkMoved({ workbenchId, userId }: Workbench): void {
    const name = `${workbenchId} ${userId}`;
    const moves = (this.#moves.get(name) ?? 0) + 1;
    this.#moves.set(name, moves);
    const recorded = this.#options.events
      .all()
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
    const isLost = this.#options.events.isLost(requestId);
    const mayBeLost = isLost && !RIGHTS.includes(operation);
    if (response.status < 300) {
      const isActForOther =
        guestOf(call) === undefined || call.wid !== undefined || RIGHTS.includes(operation);
      const expected = !UNRECORDED.includes(operation) && isActForOther ? 1 : 0;
      if (allowed !== expected && !(mayBeLost && allowed === 0))
        throw new RuleViolation(`${described} ${allowed} audit events of what it did, not ${expected}`);
    }
    if (allowed > 1) throw new RuleViolation(`${described} ${allowed} audit events of what it did`);
    if (refused > 1) throw new RuleViolation(`${described} ${refused} audit events of the refusal`);
    if (response.status === 403 && isRefusal(response) && refused === 0 && !isLost)
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
    const { owners, isDeletionRequested } = this.#options;
    const now = this.#options.now();
    const includes = (roles: readonly Share['role'][]) =>
      roles.some((role) => ALLOWED[role].includes(operation));
    const since = sentAt - LOST_RIGHT_MAX_MS;
    const described = `${guest.userId} in the groups [${guest.groups}] got ${response.status} for "${operation}" of workbench ${workbenchId}`;
    if (!isRefusal(response)) {
      const isOwn = owners.hasOwnedSince(workbenchId, guest.userId, since);
      if (!isOwn && !includes(this.#roles.possible(guest, workbenchId, since, now)))
        throw new RuleViolation(`${described}, which no share has allowed for five seconds`);
      return;
    }
    // Then there may be no record.
    if (isDeletionRequested(workbenchId)) return;
    const owner = owners.ownershipOf(workbenchId);
    if (owner?.userId === guest.userId && owner.since < sentAt)
      throw new RuleViolation(`${described}, although ${guest.userId} owns it`);
    // The record has moved while the function read it.
    if (owners.hasMovedSince(workbenchId, sentAt)) return;
    if (includes(this.#roles.certain(guest, workbenchId, since, now)))
      throw new RuleViolation(`${described}, although a share has allowed it for five seconds`);
  }

  /** A revocation also has an event for each share that it takes back. Each is checked when the share is deleted. */
  #count(requestId: string, outcome: AuditEvent['outcome']): number {
    const { events } = this.#options;
    const isRevocation = events.revokedBy(requestId) !== undefined;
    return events
      .of(requestId)
      .filter((event) => event.outcome === outcome && !(isRevocation && event.action === 'delete_share'))
      .length;
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
