import type { OriginGuard } from '#adapters/http-server/origin-guard.ts';
import type { Timers } from '#adapters/local/timers.ts';
import type { ActivityStore } from '#core/ports/activity-store.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import type { GateAudit } from './audit/gate-audit.ts';
import { DecisionPresenter, type SignInUrl } from './decision-presenter.ts';
import { Forwarder, type RequestForwarder } from './forward/forwarder.ts';
import { ForwardAuth } from './forward-auth/forward-auth.ts';
import type { ProxyKind } from './forward-auth/proxy-kind.ts';
import { CachedRunningWorkbenches, type RunningWorkbenches } from './forward-auth/running-workbenches.ts';
import { GateServer } from './gate-server.ts';
import { OpenRequests } from './open-requests.ts';
import { type OwnRoute, OwnRoutes } from './own-route.ts';
import type { PageRenderer } from './pages/page-renderer.ts';
import { RequestDecider } from './request-decider.ts';
import { ExactLocator, GuardedLocator } from './request-locator.ts';
import type { SessionRenewal } from './session/sessions.ts';
import { OPEN_VISITORS, type VisitorSource } from './session/visitor-reader.ts';
import type { UsualStarts } from './usual-starts.ts';
import type { VisitStart } from './visit-start.ts';
import { ActivityTracker } from './watch/activity-tracker.ts';
import { RevocationWatch } from './watch/revocation-watch.ts';
import type { WorkbenchAddresses } from './workbench-addresses.ts';
import { WorkbenchRecords } from './workbench-records.ts';
import type { WorkbenchShares } from './workbench-shares.ts';

/** Who is let in. */
export type GateAccess =
  /** Local mode without sign-in: everybody who reaches the port, if the guard allows the host and the origin. */
  | { readonly kind: 'open'; readonly guard: OriginGuard }
  | {
      readonly kind: 'sessions';
      readonly visitors: VisitorSource;
      /** Absent if only tickets admit. */
      readonly signInUrl?: SignInUrl | undefined;
      /** Extends the session of a sign-in host. */
      readonly renewal?: SessionRenewal;
    };

export interface GateSetup {
  readonly access: GateAccess;
  readonly workbenches: Pick<WorkbenchStore, 'findByWorkbenchId' | 'read'>;
  readonly shares: Pick<WorkbenchShares, 'find'>;
  readonly activity: Pick<ActivityStore, 'record'>;
  readonly audit?: GateAudit;
  readonly addresses: WorkbenchAddresses;
  /** Returns the public URL of the host that all workbenches share. */
  readonly baseUrl: () => URL;
  readonly ownRoutes?: readonly OwnRoute[];
  /** Present if the visit of a person starts a stopped workbench: WB_GATE_AUTO_START. */
  readonly visitStart?: VisitStart;
  /** @default unknown */
  readonly usualStarts?: UsualStarts;
  /** The origins of RESTAPI_CORS_ORIGIN, in lower case. */
  readonly frontendOrigins?: readonly string[];
  readonly openRequests?: OpenRequests;
  /** @default one that connects to workbenches */
  readonly forwarder?: RequestForwarder;
  /** Whether documents in tabs get the script that shows when the workbench stops. @default false */
  readonly addsNotice?: boolean;
  /** Proxies in front of this server, each of which appends an address to `X-Forwarded-For`. @default 0 */
  readonly trustedHops?: number;
  readonly pages: PageRenderer;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
}

/** Builds the gate from its parts. */
export function createGate(setup: GateSetup): GateServer {
  const { baseUrl, pages, timers, telemetry, openRequests = new OpenRequests() } = setup;
  const { trustedHops = 0, addsNotice = false } = setup;
  const parts = buildDecisionParts(setup);
  const { records, shares, visitors } = parts;
  const revocation = new RevocationWatch({ openRequests, records, shares, visitors, timers, telemetry });
  revocation.start();
  const activity = new ActivityTracker({ activity: setup.activity, timers, telemetry });
  openRequests.observe(activity);
  return new GateServer({
    ...parts,
    revocation,
    activity,
    forwarder:
      setup.forwarder ??
      new Forwarder({
        telemetry,
        baseUrl,
        trustedHops,
        addsNotice,
        removesAuthorization: removesAuthorization(setup),
      }),
    openRequests,
    pages,
    timers,
    telemetry,
  });
}

export interface ForwardAuthSetup {
  readonly proxy: ProxyKind;
  readonly running: RunningWorkbenches;
  /** Returns the address of the gate's own server, as the proxy reaches it. */
  readonly gateUrl: () => string;
}

/** Builds the server that a proxy in front of the gate asks. It decides as the gate does. */
export function createForwardAuth(
  setup: GateSetup,
  { proxy, running, gateUrl }: ForwardAuthSetup,
): ForwardAuth {
  const { addresses, pages, timers, telemetry, openRequests = new OpenRequests() } = setup;
  return new ForwardAuth({
    ...buildDecisionParts(setup),
    proxy,
    running: new CachedRunningWorkbenches(running, timers),
    address: () => addresses.gateAddress(),
    gateUrl,
    removesAuthorization: removesAuthorization(setup),
    openRequests,
    pages,
    timers,
    telemetry,
  });
}

function buildDecisionParts(setup: GateSetup) {
  const { access, workbenches, shares, addresses, timers, telemetry, visitStart, usualStarts } = setup;
  const ownRoutes = new OwnRoutes(setup.ownRoutes ?? [], setup.frontendOrigins);
  const { signInUrl, renewal } = { signInUrl: undefined, renewal: undefined, ...access };
  const visitors = access.kind === 'open' ? OPEN_VISITORS : access.visitors;
  const records = new WorkbenchRecords({ workbenches, timers });
  return {
    locator:
      access.kind === 'open' ? new GuardedLocator(addresses, access.guard) : new ExactLocator(addresses),
    ownRoutes,
    visitors,
    ...(renewal === undefined ? {} : { renewal }),
    decider: new RequestDecider({
      audit: setup.audit,
      visitors,
      records,
      shares,
      mayBeFramed: setup.pages.mayBeFramed,
      clock: timers,
      telemetry,
    }),
    records,
    shares,
    presenter: new DecisionPresenter({
      ownRoutes,
      clock: timers,
      ...(signInUrl === undefined ? {} : { signInUrl }),
      ...(visitStart === undefined ? {} : { visitStart }),
      ...(usualStarts === undefined ? {} : { usualStarts }),
    }),
  };
}

/**
 * Without sign-in, `Authorization` is between a program and its workbench. With sign-in, browsers and programs may send one
 * that is for the gate or the API, and a workbench must not get it.
 */
function removesAuthorization({ access }: GateSetup): boolean {
  return access.kind !== 'open';
}
