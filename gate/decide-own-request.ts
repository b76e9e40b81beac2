import { outsideRequest } from '#adapters/http-server/request-faults.ts';
import {
  decideRequest,
  type FoundRecord,
  type FoundShares,
  type GateDecision,
} from '#core/gate/decide-request.ts';
import { needsShares } from '#core/gate/visitor.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import type { OwnRequest } from './own-route.ts';
import type { WorkbenchShares } from './workbench-shares.ts';

export interface DecideOwnRequestOptions {
  /** Returns the record; undefined if there is no such workbench. */
  readonly find: (workbenchId: string) => Promise<Workbench | undefined>;
  readonly shares: Pick<WorkbenchShares, 'find'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** What the gate does with a request for a path of the gate at a workbench, and the record by which it was decided. */
export interface DecidedOwnRequest {
  readonly decision: GateDecision;
  readonly found: FoundRecord;
}

/** Decides about a request for a path of the gate as about one for the workbench itself. What cannot be read becomes a refusal. */
export async function decideOwnRequest(
  { workbenchId, visitor }: Pick<OwnRequest, 'visitor'> & { readonly workbenchId: string },
  { find, shares, clock, telemetry }: DecideOwnRequestOptions,
): Promise<DecidedOwnRequest> {
  // The origin has been checked with the path.
  const request = {
    method: 'GET',
    webSocket: false,
    origins: [],
    workbenchId,
    ownOrigins: [],
    mayBeFramed: false,
  };
  const decide = (found: FoundRecord, given: FoundShares = []) => ({
    decision: decideRequest(request, visitor, found, clock.now(), given),
    found,
  });
  const withoutRecord = decide('unreadable');
  // A visitor without a session must not cause a read of the table.
  if (withoutRecord.decision.kind !== 'unreadable') return withoutRecord;
  const found = await readOr('the record of a workbench cannot be read', () => find(workbenchId));
  if (found === 'unreadable' || !needsShares(visitor, found)) return decide(found);
  return decide(
    found,
    await readOr('the shares of a workbench cannot be read', () => shares.find(workbenchId)),
  );

  async function readOr<T>(failure: string, read: () => Promise<T>): Promise<T | 'unreadable'> {
    try {
      return await outsideRequest(read);
    } catch (error) {
      telemetry.error(failure, { workbenchId }, error);
      return 'unreadable';
    }
  }
}
