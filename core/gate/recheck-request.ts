import { decideRequest } from './decide-request.ts';
import type { ForwardDecision, FoundRecord, FoundShares, GateRequest } from './gate-decision.ts';
import type { Visitor } from './visitor.ts';

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
