import { type ActingRole, mayDo } from '../access/rights.ts';
import type { Share } from '../ports/share-store.ts';
import { isDeleted, type Workbench } from '../workbench/workbench.ts';
import { isForeignPart, isFromForeignPage, isUnsafe, type RequestSource } from './request-origin.ts';
import { needsGroupsAgain, needsShares, roleAt, type UserVisitor, type Visitor } from './visitor.ts';

/**
 * Decides what the gate does with a request for a workbench. The checks come in an order that reveals nothing: a visitor
 * without a session learns neither whether the workbench exists nor whether its record can be read.
 * @param visitor its cutoffs have been checked; the expiry is checked here
 * @param now milliseconds since 1970
 * @param shares of the workbench, if `needsShares` says that the decision depends on them. None: they give no right
 */
export function decideRequest(
  request: GateRequest,
  visitor: Visitor,
  record: FoundRecord,
  now: number,
  shares: FoundShares = [],
): GateDecision {
  const found = record !== undefined && record !== 'unreadable' && isDeleted(record) ? undefined : record;
  if (isRefusedForOrigin(request, visitor)) return { kind: 'foreign_origin' };
  if (!hasSession(visitor, request.workbenchId, now)) return { kind: 'sign_in' };
  if (found === 'unreadable') return { kind: 'unreadable' };
  // Also for a workbench that does not exist, which a visitor must not be able to tell from one without a right.
  if (shares === 'unreadable' && needsShares(visitor, found)) return { kind: 'unreadable' };
  const role = found === undefined ? undefined : roleOf(visitor, found, shares, now);
  if (found === undefined || role === undefined || !mayDo(role, 'open')) {
    return found !== undefined && mustSignInAgain(visitor, found, shares, now)
      ? { kind: 'sign_in' }
      : { kind: 'unknown' };
  }
  // The record of another workbench has the endpoint of another workbench.
  if (found.workbenchId !== request.workbenchId) return { kind: 'unreadable' };
  if (found.status !== 'running' || found.run.endpoint === undefined) {
    return { kind: 'not_running', workbench: found, role };
  }
  return {
    kind: 'forward',
    workbenchId: found.workbenchId,
    runId: found.run.runId,
    endpoint: found.run.endpoint,
    role,
    ...(visitor.kind === 'user' ? { userId: visitor.userId } : {}),
  };
}

/** Without sign-in there is no cookie that a page of another origin could use: its safe requests are those of any program. */
function isRefusedForOrigin(request: GateRequest, visitor: Visitor): boolean {
  if (visitor.kind === 'open' && !isUnsafe(request)) return false;
  if (isFromForeignPage(request, request.ownOrigins)) return true;
  // A request with the own origin comes from an own page: Sec-Fetch-Site is not compared.
  return (
    visitor.kind !== 'open' && request.origins.length === 0 && isForeignPart(request, request.mayBeFramed)
  );
}

function hasSession(
  visitor: Visitor,
  workbenchId: string,
  now: number,
): visitor is Exclude<Visitor, { kind: 'none' }> {
  if (visitor.kind !== 'user') return visitor.kind === 'open';
  const isBoundElsewhere = visitor.workbenchId !== undefined && visitor.workbenchId !== workbenchId;
  return now < visitor.expiresAt && !isBoundElsewhere;
}

/** Without sign-in every visitor may do what the owner may. */
function roleOf(
  visitor: { readonly kind: 'open' } | UserVisitor,
  workbench: Workbench,
  shares: FoundShares,
  now: number,
): ActingRole | undefined {
  if (visitor.kind === 'open') return 'owner';
  return roleAt(visitor, workbench, shares === 'unreadable' ? [] : shares, now);
}

/** Only a group gives the visitor a role, and too long ago the issuer said that the user is a member. */
function mustSignInAgain(
  visitor: { readonly kind: 'open' } | UserVisitor,
  workbench: Workbench,
  shares: FoundShares,
  now: number,
): boolean {
  if (visitor.kind === 'open' || shares === 'unreadable') return false;
  return needsGroupsAgain(visitor, workbench, shares, now);
}

/** What the gate knows of a request for a workbench. */
export interface GateRequest extends RequestSource {
  /** The workbench that the host or the path names. */
  readonly workbenchId: string;
  /** The origins of the pages at the address of the workbench, in lower case and without a default port. */
  readonly ownOrigins: readonly string[];
  /** Whether pages of other origins may show the workbench in a frame. */
  readonly mayBeFramed: boolean;
}

/** The record of a workbench as the gate read it: undefined if there is none, `unreadable` if it could not be read. */
export type FoundRecord = Workbench | undefined | 'unreadable';

/** The shares of a workbench that count, with the ids of groups in the place of their names. */
export type FoundShares = readonly Share[] | 'unreadable';

/**
 * What the gate does with a request for a workbench.
 *
 * | kind | response to a navigation | response to any other request |
 * |---|---|---|
 * | `forward` | that of the workbench | that of the workbench |
 * | `sign_in` | 302 to the sign-in host | 401 JSON |
 * | `foreign_origin` | 403 page | 403 JSON |
 * | `unknown` | 404 page; the same bytes for a workbench at which the visitor has no role | 404 JSON |
 * | `not_running` | 503 page | 503 JSON with Retry-After |
 * | `unreadable` | 503 page | 503 JSON with Retry-After |
 */
export type GateDecision =
  | ForwardDecision
  | { readonly kind: 'sign_in' }
  | { readonly kind: 'foreign_origin' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'not_running'; readonly workbench: Workbench; readonly role: ActingRole }
  | { readonly kind: 'unreadable' };

export interface ForwardDecision {
  readonly kind: 'forward';
  readonly workbenchId: string;
  readonly runId: string;
  /** The endpoint of the run. */
  readonly endpoint: string;
  /** The role of the visitor at the workbench. */
  readonly role: ActingRole;
  /** Absent for an `open` visitor. */
  readonly userId?: string;
}

/**
 * Why the gate ends a connection that it forwards:
 * - `signed_out`: the session has expired or was ended
 * - `no_right`: the workbench no longer exists, or the visitor may no longer open it
 * - `not_running`: the run to which it was forwarded has ended or is ending
 * - `unreadable`: for too long the gate could not check whether the connection may continue
 * - `stopping`: the gate stops
 */
export const END_REASONS = ['signed_out', 'no_right', 'not_running', 'unreadable', 'stopping'] as const;
export type EndReason = (typeof END_REASONS)[number];

/** A connection that was forwarded, with the inputs of its decision. */
export interface ForwardedRequest {
  readonly request: GateRequest;
  readonly visitor: Visitor;
  readonly forwarded: ForwardDecision;
}

/**
 * Decides whether a connection may continue by the decision about a new request like it.
 * @param session whether the session of the visitor is valid; `unreadable` if that is not known
 * @param now milliseconds since 1970
 * @param shares as for `decideRequest`
 * @returns `doubt` if something could not be read
 */
export function recheckRequest(
  { request, visitor, forwarded }: ForwardedRequest,
  session: boolean | 'unreadable',
  found: FoundRecord,
  now: number,
  shares: FoundShares = [],
): 'allowed' | 'doubt' | EndReason {
  if (session === false) return 'signed_out';
  const decision = decideRequest(request, visitor, found, now, shares);
  switch (decision.kind) {
    case 'sign_in':
      return 'signed_out';
    case 'foreign_origin':
    case 'unknown':
      return 'no_right';
    case 'not_running':
      return 'not_running';
    case 'unreadable':
      return 'doubt';
    case 'forward': {
      const isSameRun = decision.runId === forwarded.runId && decision.endpoint === forwarded.endpoint;
      if (!isSameRun) return 'not_running';
      return session === 'unreadable' ? 'doubt' : 'allowed';
    }
  }
}
