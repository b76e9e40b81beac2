import { limitConnections } from '#adapters/http-server/connection-limit.ts';
import { listen } from '#adapters/http-server/listen.ts';
import type { OriginGuard } from '#adapters/http-server/origin-guard.ts';
import type { Timers } from '#adapters/local/timers.ts';
import { GateAudit } from './audit/gate-audit.ts';
import { buildSignIn } from './build-sign-in.ts';
import { commandRoutes } from './command-routes.ts';
import { createForwardAuth, createGate, type GateAccess, type GateSetup } from './create-gate.ts';
import type { ForwardAuth } from './forward-auth/forward-auth.ts';
import type { ProxyKind } from './forward-auth/proxy-kind.ts';
import type { RunningWorkbenches } from './forward-auth/running-workbenches.ts';
import type { GateServer } from './gate-server.ts';
import { noticeRoutes } from './notice/notice-routes.ts';
import { OpenRequests } from './open-requests.ts';
import type { OwnRoute } from './own-route.ts';
import { idleStopRoute } from './pages/idle-stop-page.ts';
import { type PageLook, PageRenderer } from './pages/page-renderer.ts';
import type { GatePorts } from './ports.ts';
import { reachableRoute } from './reachable-route.ts';
import type { SealKeys } from './session/seal.ts';
import type { SignInMethod } from './sign-in/sign-in-method.ts';
import { healthRoute, TableHealth } from './table-health.ts';
import { UsualStarts } from './usual-starts.ts';
import { VisitStart } from './visit-start.ts';
import { Drain } from './watch/drain.ts';
import { type AddressMode, WorkbenchAddresses } from './workbench-addresses.ts';
import { WorkbenchRecords } from './workbench-records.ts';
import { WorkbenchShares } from './workbench-shares.ts';

/** How the gate finds out who its visitors are. */
export type AccessMethod =
  /** Everybody who reaches the port is let in, if the guard allows the host and the origin. */
  | { readonly kind: 'open'; readonly guard: Pick<OriginGuard, 'hosts' | 'origins'> }
  | {
      readonly kind: 'sessions';
      /** Absent if only tickets admit. */
      readonly method?: SignInMethod | undefined;
      /** Returns the keys of the cookies. It caches them itself. */
      readonly keys: () => Promise<SealKeys>;
      /** How long groups count after a sign-in, milliseconds. @default that of a session */
      readonly groupsMaxAgeMs?: number | undefined;
      /** The origins of RESTAPI_CORS_ORIGIN without `*`, in lower case. */
      readonly frontendOrigins: readonly string[];
    };

export interface GateSettings {
  readonly access: AccessMethod;
  readonly addressMode: AddressMode;
  /** Returns the public URL of the host that all workbenches share. With an issuer it must be known from the beginning. */
  readonly baseUrl: () => URL;
  readonly look: PageLook;
  /** Whether shares with the organisation count: WB_ORGANISATION_SHARES. */
  readonly organisationShares: boolean;
  /** Whether the visit of a person starts a stopped workbench: WB_GATE_AUTO_START. */
  readonly startsOnVisit: boolean;
  /** Returns the keys with which the controller asks whether the gate reaches a task. Absent: it cannot ask. */
  readonly probeKeys?: (() => Promise<readonly string[]>) | undefined;
  /** Whether the pages of workbenches show when and why the workbench stops: WB_GATE_STOP_NOTICE. */
  readonly stopNotice: boolean;
  /** The address of the console, for links. Undefined: there is none. */
  readonly consoleUrl: string | undefined;
  /** Proxies in front of the gate, each of which appends an address to `X-Forwarded-For`. @default 0 */
  readonly trustedHops?: number;
  /** How long an idle connection of a client stays open, milliseconds. @default the one of Node.js */
  readonly keepAliveMs?: number;
  /** Present if another proxy forwards, and asks this gate on a port of its own. */
  readonly proxy?: {
    readonly kind: ProxyKind;
    readonly port: number;
    readonly running: RunningWorkbenches;
  };
  /** The most connections of clients, and their name in the log. */
  readonly connections: { readonly max: number; readonly name: string };
}

export interface CloseOptions {
  /** How long the gate accepts requests after its health check fails, milliseconds. */
  readonly delayMs: number;
  /** How long the end of the WebSockets takes, milliseconds. */
  readonly spreadMs: number;
  /** How long responses in progress may take then, milliseconds. */
  readonly graceMs: number;
}

/** The gate as a whole, the same on AWS and in local mode: from ports and settings to a server. */
export class Gate {
  readonly #server: GateServer;
  readonly #forwardAuth: { readonly server: ForwardAuth; readonly port: number } | undefined;
  readonly #health: TableHealth;
  readonly #openRequests = new OpenRequests();
  readonly #ports: GatePorts;
  readonly #timers: Timers;
  #port = 0;

  constructor(settings: GateSettings, ports: GatePorts, timers: Timers) {
    const { commands, telemetry } = ports;
    this.#ports = ports;
    this.#timers = timers;
    this.#health = new TableHealth(ports.workbenches, timers, telemetry);
    const { workbenches } = this.#health;
    const { connections, keepAliveMs, baseUrl, proxy, trustedHops, organisationShares } = settings;
    const { stopNotice, consoleUrl } = settings;
    const shares = new WorkbenchShares({ shares: ports.shares, organisationShares, timers });
    const addresses = new WorkbenchAddresses(settings.addressMode, baseUrl);
    const pages = new PageRenderer(settings.look);
    const audit = new GateAudit({ audit: ports.audit, clock: timers, telemetry });
    const { access, routes } = buildAccess(settings.access, {
      ports: { ...ports, workbenches },
      address: () => addresses.gateAddress(),
      audit,
      pages,
      shares,
      ...(trustedHops === undefined ? {} : { trustedHops }),
      clock: timers,
      telemetry,
    });
    const setup: GateSetup = {
      access,
      ownRoutes: [
        healthRoute(this.#health),
        ...reachableRoutes(settings, { workbenches, addresses, timers }),
        ...commandRoutes({ workbenches, shares, commands, pages, clock: timers, telemetry }),
        ...(stopNotice
          ? noticeRoutes({
              records: new WorkbenchRecords({ workbenches, timers }),
              activity: ports.activity,
              ...{ shares, consoleUrl, pages, clock: timers, telemetry },
            })
          : []),
        idleStopRoute(consoleUrl, pages),
        ...routes,
      ],
      frontendOrigins: settings.access.kind === 'open' ? [] : settings.access.frontendOrigins,
      workbenches,
      shares,
      activity: ports.activity,
      audit,
      openRequests: this.#openRequests,
      usualStarts: new UsualStarts({ startTimes: ports.startTimes, clock: timers, telemetry }),
      addsNotice: stopNotice,
      ...(settings.startsOnVisit ? { visitStart: new VisitStart(commands) } : {}),
      ...(trustedHops === undefined ? {} : { trustedHops }),
      baseUrl,
      addresses,
      pages,
      timers,
      telemetry,
    };
    this.#server = createGate(setup);
    this.#forwardAuth = proxy && {
      server: createForwardAuth(setup, {
        proxy: proxy.kind,
        running: proxy.running,
        gateUrl: () => `http://127.0.0.1:${this.#port}`,
      }),
      port: proxy.port,
    };
    const { server } = this.#server;
    if (keepAliveMs !== undefined) server.keepAliveTimeout = keepAliveMs;
    limitConnections(server, { ...connections, timers, telemetry });
  }

  /**
   * Returns the port.
   * @param setting the setting that an error names
   * @throws StartError
   */
  async listen(host: string, port: number, setting: string): Promise<number> {
    // First, because a repeated call must find the server of the workbenches closed.
    if (this.#forwardAuth !== undefined && !this.#forwardAuth.server.server.listening)
      await this.#forwardAuth.server.listen(this.#forwardAuth.port);
    this.#port = await listen(this.#server.server, host, port, setting);
    return this.#port;
  }

  /**
   * Ends the gate: reports that it is unhealthy and continues to accept requests for a while, ends WebSockets one after another,
   * and then waits for responses in progress.
   */
  async close({ delayMs, spreadMs, graceMs }: CloseOptions): Promise<void> {
    this.#health.drain();
    const { telemetry } = this.#ports;
    const openRequests = this.#openRequests;
    await new Drain({ openRequests, timers: this.#timers, telemetry, delayMs, spreadMs }).run();
    await Promise.all([this.#server.close(graceMs), this.#forwardAuth?.server.close(graceMs)]);
  }
}

function reachableRoutes(
  { probeKeys }: GateSettings,
  { workbenches, addresses, timers }: Pick<GateSetup, 'workbenches' | 'addresses' | 'timers'>,
): readonly OwnRoute[] {
  if (probeKeys === undefined) return [];
  return [
    reachableRoute({
      records: new WorkbenchRecords({ workbenches, timers }),
      addresses,
      keys: probeKeys,
      timers,
    }),
  ];
}

/** Returns who is let in, and the paths of the sign-in. */
function buildAccess(
  access: AccessMethod,
  parts: Pick<
    Parameters<typeof buildSignIn>[0],
    'ports' | 'address' | 'audit' | 'pages' | 'shares' | 'trustedHops' | 'clock' | 'telemetry'
  >,
): { readonly access: GateAccess; readonly routes: readonly OwnRoute[] } {
  if (access.kind === 'open') return { access, routes: [] };
  const { routes, ...signIn } = buildSignIn({ ...parts, ...access });
  return { access: { kind: 'sessions', ...signIn }, routes };
}
