import { type ActingRole, mayDo } from '../access/rights.ts';
import { isDeleted, type Workbench } from '../workbench/workbench.ts';
import type { FoundRecord, FoundShares, GateDecision, GateRequest } from './gate-decision.ts';
import { isForeignPart, isFromForeignPage, isUnsafe } from './request-origin.ts';
import type { UserVisitor, Visitor } from './visitor.ts';
import { needsGroupsAgain, needsShares, roleAt } from './visitor-role.ts';

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
