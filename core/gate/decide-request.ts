import type { Workbench } from '../workbench/workbench.ts';
import type { FoundRecord, GateDecision, GateRequest } from './gate-decision.ts';
import { isForeignPart, isFromForeignPage, isUnsafe } from './request-origin.ts';
import type { UserVisitor, Visitor } from './visitor.ts';

/**
 * Decides what the gate does with a request for a workbench. The checks come in an order that reveals nothing: a visitor
 * without a session learns neither whether the workbench exists nor whether its record can be read.
 * @param visitor its cutoffs have been checked; the expiry is checked here
 * @param now milliseconds since 1970
 */
export function decideRequest(
  request: GateRequest,
  visitor: Visitor,
  found: FoundRecord,
  now: number,
): GateDecision {
  if (isRefusedForOrigin(request, visitor)) return { kind: 'foreign_origin' };
  if (!hasSession(visitor, request.workbenchId, now)) return { kind: 'sign_in' };
  if (found === 'unreadable') return { kind: 'unreadable' };
  if (found === undefined || !mayOpen(visitor, found)) return { kind: 'unknown' };
  // The record of another workbench has the endpoint of another workbench.
  if (found.workbenchId !== request.workbenchId) return { kind: 'unreadable' };
  if (found.status !== 'running' || found.run.endpoint === undefined) {
    return { kind: 'not_running', workbench: found, mayStart: true };
  }
  return {
    kind: 'forward',
    workbenchId: found.workbenchId,
    runId: found.run.runId,
    endpoint: found.run.endpoint,
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

/** The owner and administrators. */
function mayOpen(visitor: { readonly kind: 'open' } | UserVisitor, workbench: Workbench): boolean {
  return visitor.kind === 'open' || visitor.admin || visitor.userId === workbench.userId;
}
