import { outsideRequest } from '#adapters/http-server/request-faults.ts';
import { type EndpointTarget, parseEndpoint } from '#adapters/local/tasks/endpoint.ts';
import { decideRequest, type ForwardDecision, type GateRequest } from '#core/gate/decide-request.ts';
import { needsShares, type Visitor } from '#core/gate/visitor.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { GateAudit } from './audit/gate-audit.ts';
import type { RefusalDecision } from './decision-presenter.ts';
import type { LocatableRequest, LocatedRequest } from './request-locator.ts';
import type { VisitorSource } from './session/visitor-reader.ts';
import type { WorkbenchTarget } from './workbench-addresses.ts';
import type { WorkbenchRecords } from './workbench-records.ts';
import type { WorkbenchShares } from './workbench-shares.ts';

/** A request for a workbench, with what its decision needs. */
export interface WorkbenchRequest {
  /** The public origin that was asked. */
  readonly origin: string;
  readonly target: WorkbenchTarget;
  readonly gateRequest: GateRequest;
  readonly visitor: Visitor | 'unreadable';
}

export type Decided =
  | {
      readonly kind: 'forward';
      readonly decision: ForwardDecision;
      readonly visitor: Visitor;
      readonly endpoint: EndpointTarget;
    }
  | { readonly kind: 'refuse'; readonly decision: RefusalDecision };

export interface RequestDeciderOptions {
  readonly visitors: Pick<VisitorSource, 'read' | 'isValid'>;
  readonly records: Pick<WorkbenchRecords, 'find'>;
  readonly shares: Pick<WorkbenchShares, 'find'>;
  /** Absent in tests of other parts. */
  readonly audit?: Pick<GateAudit, 'noteForward' | 'noteRefusal'> | undefined;
  /** Whether the installation has frontends that show workbenches in frames. */
  readonly mayBeFramed: boolean;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Reads what the decision about a request depends on. What cannot be read becomes a refusal. */
export class RequestDecider {
  readonly #options: RequestDeciderOptions;

  constructor(options: RequestDeciderOptions) {
    this.#options = options;
  }

  /** Finds out who sent a request. */
  async prepare(
    request: Pick<LocatableRequest, 'headers'>,
    { source, ownOrigins, origin }: LocatedRequest,
    target: WorkbenchTarget,
  ): Promise<WorkbenchRequest> {
    const { workbenchId, prefix } = target;
    // Below a prefix, the session is that of the sign-in host.
    const { mayBeFramed } = this.#options;
    const visitor = await this.#readVisitor(request, prefix === '' ? workbenchId : undefined);
    return { origin, target, gateRequest: { ...source, workbenchId, ownOrigins, mayBeFramed }, visitor };
  }

  async decide({ gateRequest, visitor }: WorkbenchRequest): Promise<Decided> {
    const { records, shares, visitors, clock, telemetry, audit } = this.#options;
    if (visitor === 'unreadable') return { kind: 'refuse', decision: { kind: 'unreadable' } };
    // The record is read only for requests whose decision depends on it. Others must not cause load on the table.
    const withoutRecord = decideRequest(gateRequest, visitor, 'unreadable', clock.now());
    if (withoutRecord.kind === 'forward') throw new Error('a request was forwarded without a record');
    const { workbenchId } = gateRequest;
    if (withoutRecord.kind === 'foreign_origin') audit?.noteRefusal(visitor, workbenchId, 'foreign_origin');
    if (withoutRecord.kind !== 'unreadable') return { kind: 'refuse', decision: withoutRecord };
    try {
      const found = await outsideRequest(() => records.find(workbenchId));
      const given = needsShares(visitor, found) ? await outsideRequest(() => shares.find(workbenchId)) : [];
      // Compared again, because the read of the record or an attempt to connect may have taken seconds since the visitor was
      // read. So a request is forwarded by what was read within the last five seconds.
      const isValid = await outsideRequest(() => visitors.isValid(visitor));
      const present: Visitor = isValid ? visitor : { kind: 'none' };
      const decision = decideRequest(gateRequest, present, found, clock.now(), given);
      // The 404 of a workbench that does not exist refuses no right.
      if (decision.kind === 'unknown' && typeof found === 'object')
        audit?.noteRefusal(visitor, workbenchId, 'no_role', found.userId);
      if (decision.kind !== 'forward') return { kind: 'refuse', decision };
      if (typeof found === 'object') audit?.noteForward(visitor, workbenchId, found.userId);
      return { kind: 'forward', decision, visitor, endpoint: parseEndpoint(decision.endpoint) };
    } catch (error) {
      telemetry.error('a workbench could not be looked up', { workbenchId }, error);
      return { kind: 'refuse', decision: withoutRecord };
    }
  }

  /** Returns who sent the request, or `unreadable` when that cannot be read. */
  async #readVisitor(
    request: Pick<LocatableRequest, 'headers'>,
    workbenchId: string | undefined,
  ): Promise<Visitor | 'unreadable'> {
    try {
      return await outsideRequest(() => this.#options.visitors.read(request, workbenchId));
    } catch (error) {
      this.#options.telemetry.error('a session could not be checked', { workbenchId }, error);
      return 'unreadable';
    }
  }
}
