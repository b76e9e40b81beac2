import { limitConnections } from '#adapters/http-server/connection-limit.ts';
import { listen } from '#adapters/http-server/listen.ts';
import type { Timers } from '#adapters/local/timers.ts';
import type { DeployedGateSettings } from '#contract/settings/gate-deployment-settings.ts';
import { signInUrlOf } from '#core/gate/sign-in-url.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { commandRoutes } from '#gate/command-routes.ts';
import { createGate } from '#gate/create-gate.ts';
import type { SignInUrl } from '#gate/decision-presenter.ts';
import type { GateServer } from '#gate/gate-server.ts';
import { OpenRequests } from '#gate/open-requests.ts';
import type { OwnRequest, OwnRoute } from '#gate/own-route.ts';
import type { GatePage } from '#gate/pages/gate-page.ts';
import { PageRenderer } from '#gate/pages/page-renderer.ts';
import { respond } from '#gate/pages/responses.ts';
import type { GatePorts } from '#gate/ports.ts';
import { Seal, type SealKeys } from '#gate/session/seal.ts';
import { Sessions } from '#gate/session/sessions.ts';
import { SignOut } from '#gate/session/sign-out.ts';
import { TicketExchange } from '#gate/session/ticket-exchange.ts';
import { VisitorReader } from '#gate/session/visitor-reader.ts';
import { OidcIssuer } from '#gate/sign-in/issuer.ts';
import { IssuerSignIn } from '#gate/sign-in/issuer-sign-in.ts';
import { SignInAttempts } from '#gate/sign-in/sign-in-attempts.ts';
import { WayBack } from '#gate/sign-in/way-back.ts';
import { healthRoute, TableHealth } from '#gate/table-health.ts';
import { Drain } from '#gate/watch/drain.ts';
import { WorkbenchAddresses } from '#gate/workbench-addresses.ts';

export interface AwsGateOptions {
  readonly settings: DeployedGateSettings;
  readonly ports: GatePorts;
  /** Returns the keys of sessions. It caches them itself. */
  readonly sealKeys: () => Promise<SealKeys>;
  /** The secret of the client at the issuer. Undefined for a public client, or without an issuer. */
  readonly clientSecret: string | undefined;
  readonly timers: Timers;
}

/** The load balancer appends the address of the browser to `X-Forwarded-For`. */
const TRUSTED_HOPS = 1;
/** A task can open 65,535 files, and a connection of a browser has one to the workbench. */
const CONNECTIONS_MAX = 20_000;
/**
 * Milliseconds. The load balancer closes an idle connection after 4,000 s. If the gate closed it first, a request that is
 * sent at that moment would get a 502.
 */
const KEEP_ALIVE_MS = 4_060_000;

/** Milliseconds after which the load balancer has seen two failed health checks. */
const DELAY_MS = 25_000;
/** Milliseconds over which the ends of WebSockets are spread, so that not all browsers connect again at once. */
const SPREAD_MS = 20_000;
/** How long responses in progress may take when the gate ends, milliseconds. With the others below the 120 s of Fargate. */
const GRACE_MS = 60_000;

/** The gate on AWS: sessions, a host for each workbench, behind a load balancer. */
export class AwsGate {
  readonly #server: GateServer;
  readonly #health: TableHealth;
  readonly #openRequests = new OpenRequests();
  readonly #timers: Timers;
  readonly #telemetry: Telemetry;

  constructor(options: AwsGateOptions) {
    const { settings, ports, timers } = options;
    const { telemetry } = ports;
    const baseUrl = new URL(settings.BASE_URL);
    this.#timers = timers;
    this.#telemetry = telemetry;
    this.#health = new TableHealth(ports.workbenches, timers, telemetry);
    const { workbenches } = this.#health;
    const addresses = new WorkbenchAddresses('host', () => baseUrl);
    const pages = new PageRenderer({
      name: settings.WB_GATE_NAME,
      color: settings.WB_GATE_COLOR,
      frameAncestors: settings.WB_GATE_FRAME_ANCESTORS,
    });
    const show = ({ request, response }: OwnRequest, page: GatePage) =>
      respond(request, response, page, pages);
    const seal = new Seal(options.sealKeys, timers);
    const sessions = new Sessions(seal, timers);
    const visitors = new VisitorReader(sessions, ports.cutoffs, timers);
    const frontendOrigins = settings.RESTAPI_CORS_ORIGIN.map((origin) => origin.toLowerCase());
    const forgetCutoffs = (userId: string) => visitors.forget(userId);
    const common = { show, clock: timers, telemetry };
    const issuer = createIssuer(options, baseUrl);
    const signIn =
      issuer &&
      new IssuerSignIn({
        issuer,
        attempts: new SignInAttempts(seal, timers),
        sessions,
        wayBack: new WayBack({
          tickets: ports.tickets,
          address: () => addresses.gateAddress(),
          clock: timers,
        }),
        cutoffs: ports.cutoffs,
        forgetCutoffs,
        claims: {
          userClaim: settings.RESTAPI_USER_CLAIM,
          adminClaim: settings.WB_GATE_ADMIN_CLAIM,
          adminScope: settings.RESTAPI_ADMIN_SCOPE,
        },
        address: () => addresses.gateAddress(),
        ...common,
      });
    const signInUrl: SignInUrl | undefined =
      signIn && ((returnUrl, browser) => signInUrlOf(addresses.gateAddress(), returnUrl, browser));
    const exchange = new TicketExchange({
      tickets: ports.tickets,
      findWorkbench: async (workbenchId) => {
        const key = await workbenches.findByWorkbenchId(workbenchId);
        return key && workbenches.read(key);
      },
      seal,
      sessions,
      frontendOrigins,
      // A request for the workbench leads to the sign-in, and binds it to the browser.
      signInUrl: ({ url }, path) => (signIn === undefined ? undefined : `${url.origin}${path}`),
      ...common,
    });
    const signOut = new SignOut({
      cutoffs: ports.cutoffs,
      forgetCutoffs,
      signOutAtIssuer: async (asked) => signIn?.signOut(asked),
      ...common,
    });
    const ownRoutes: readonly OwnRoute[] = [
      healthRoute(this.#health),
      ...exchange.routes,
      ...signOut.routes,
      ...(signIn?.routes ?? []),
      ...commandRoutes({ workbenches, commands: ports.commands, pages, clock: timers, telemetry }),
    ];
    this.#server = createGate({
      access: { kind: 'sessions', visitors, ...(signInUrl === undefined ? {} : { signInUrl }) },
      workbenches,
      activity: ports.activity,
      addresses,
      baseUrl: () => baseUrl,
      ownRoutes,
      frontendOrigins,
      openRequests: this.#openRequests,
      trustedHops: TRUSTED_HOPS,
      pages,
      timers,
      telemetry,
    });
    this.#server.server.keepAliveTimeout = KEEP_ALIVE_MS;
    limitConnections(this.#server.server, { max: CONNECTIONS_MAX, name: 'browsers', timers, telemetry });
  }

  /** Returns the port. @throws StartError */
  listen(host: string, port: number): Promise<number> {
    return listen(this.#server.server, host, port, 'GATE_PORT');
  }

  /**
   * Ends the gate: reports that it is unhealthy, ends WebSockets one after another, writes what it knows of the use of
   * workbenches, and waits for responses in progress.
   */
  async close({ delayMs = DELAY_MS, spreadMs = SPREAD_MS, graceMs = GRACE_MS } = {}): Promise<void> {
    this.#health.drain();
    const telemetry = this.#telemetry;
    await new Drain({
      openRequests: this.#openRequests,
      timers: this.#timers,
      telemetry,
      delayMs,
      spreadMs,
    }).run();
    await this.#server.close(graceMs);
  }
}

function createIssuer(
  { settings, clientSecret, timers }: AwsGateOptions,
  baseUrl: URL,
): OidcIssuer | undefined {
  const { WB_GATE_ISSUER: issuer, WB_GATE_CLIENT_ID: clientId, WB_GATE_SCOPES: scopes } = settings;
  if (issuer === undefined || clientId === undefined) return undefined;
  const callbackUrl = `${baseUrl.origin}/.wb/callback`;
  return new OidcIssuer({ issuer, clientId, clientSecret, scopes, callbackUrl, clock: timers });
}
