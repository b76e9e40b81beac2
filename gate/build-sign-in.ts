import { outsideRequest } from '#adapters/http-server/request-faults.ts';
import type { Timers } from '#adapters/local/timers.ts';
import { type GateAddress, signInUrlOf } from '#core/gate/gate-host.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { isDeleted, type Workbench } from '#core/workbench/workbench.ts';
import type { GateAudit } from './audit/gate-audit.ts';
import type { SignInUrl } from './decision-presenter.ts';
import { clientAddressOf } from './forward/request-headers.ts';
import type { OwnRequest, OwnRoute } from './own-route.ts';
import type { GatePage } from './pages/gate-page.ts';
import type { PageRenderer } from './pages/page-renderer.ts';
import { respond } from './pages/responses.ts';
import type { GatePorts } from './ports.ts';
import { AccountRoute, SignOut } from './session/account.ts';
import { Seal, type SealKeys } from './session/seal.ts';
import { SessionRenewal, Sessions } from './session/sessions.ts';
import { TicketExchange } from './session/ticket-exchange.ts';
import { VisitorReader } from './session/visitor-reader.ts';
import { ShareLinkRoutes } from './sharing/share-link-routes.ts';
import { OidcIssuer } from './sign-in/issuer.ts';
import { IssuerSignIn } from './sign-in/issuer-sign-in.ts';
import { SecretSignIn } from './sign-in/secret-sign-in.ts';
import { SignInAttempts } from './sign-in/sign-in-attempts.ts';
import type { SignInMethod } from './sign-in/sign-in-method.ts';
import { WayBack } from './sign-in/way-back.ts';
import type { WorkbenchShares } from './workbench-shares.ts';

export interface BuildSignInOptions {
  /** Absent if only tickets admit. */
  readonly method?: SignInMethod | undefined;
  /** Returns the keys of the cookies. */
  readonly keys: () => Promise<SealKeys>;
  /** How long groups count after a sign-in, milliseconds: WB_GROUPS_MAX_AGE_MINUTES. @default that of a session */
  readonly groupsMaxAgeMs?: number | undefined;
  readonly ports: Pick<GatePorts, 'tickets' | 'cutoffs' | 'workbenches'> & {
    readonly commands: Pick<GatePorts['commands'], 'previewLink' | 'redeemLink'>;
  };
  readonly shares: Pick<WorkbenchShares, 'find'>;
  /** The origins of RESTAPI_CORS_ORIGIN without `*`, in lower case. */
  readonly frontendOrigins: readonly string[];
  /** With an issuer its result must be known from the beginning. */
  readonly address: () => GateAddress;
  readonly audit: Pick<GateAudit, 'noteSignInFailure'>;
  readonly pages: PageRenderer;
  /** Proxies in front of the gate, each of which appends an address to `X-Forwarded-For`. @default 0 */
  readonly trustedHops?: number;
  readonly clock: Timers;
  readonly telemetry: Telemetry;
}

export interface BuiltSignIn {
  readonly visitors: VisitorReader;
  readonly renewal: SessionRenewal;
  /** Absent if only tickets admit. */
  readonly signInUrl?: SignInUrl;
  readonly routes: readonly OwnRoute[];
}

/** Builds the sign-in, the exchange of tickets, and the sessions that both begin. */
export function buildSignIn(options: BuildSignInOptions): BuiltSignIn {
  const { method, keys, ports, address, pages, trustedHops = 0, clock, telemetry } = options;
  const { tickets, cutoffs } = ports;
  const seal = new Seal(keys, clock);
  const sessions = new Sessions(seal, clock, options.groupsMaxAgeMs);
  const visitors = new VisitorReader(sessions, cutoffs, clock);
  const wayBack = new WayBack({ tickets, address, clock });
  const show = ({ request, response }: OwnRequest, page: GatePage) => respond(request, response, page, pages);
  const shared = { sessions, wayBack, address, show, clock, telemetry, audit: options.audit };
  // The port may not be known yet.
  const signInUrl: SignInUrl = (returnUrl, browser) => signInUrlOf(address(), returnUrl, browser);
  const forgetCutoffs = (userId: string) => visitors.forget(userId);
  const issuer =
    method?.kind === 'issuer'
      ? new IssuerSignIn({
          ...shared,
          issuer: buildIssuer(method, address(), clock),
          attempts: new SignInAttempts(seal, clock),
          cutoffs,
          forgetCutoffs,
          claims: method.claims,
        })
      : undefined;
  const signIn =
    method?.kind === 'secret'
      ? new SecretSignIn({ ...shared, cutoffs, seal, trustedHops, secret: method.secret })
      : issuer;
  const exchange = new TicketExchange({
    ...shared,
    tickets,
    findWorkbench: (workbenchId) => findWorkbench(ports.workbenches, workbenchId),
    findShares: (workbenchId) => outsideRequest(() => options.shares.find(workbenchId)),
    seal,
    clientAddress: (request) => clientAddressOf(request, trustedHops),
    frontendOrigins: options.frontendOrigins,
    // A request for the workbench leads to the sign-in, and binds it to the browser.
    signInUrl: ({ url }, target) => (signIn === undefined ? undefined : `${url.origin}${target}`),
  });
  const links = new ShareLinkRoutes({
    ...shared,
    commands: ports.commands,
    seal,
    clientAddress: (request) => clientAddressOf(request, trustedHops),
    signInUrl: (returnUrl) => (signIn === undefined ? undefined : signInUrl(returnUrl)),
  });
  const signOut = new SignOut({
    ...shared,
    cutoffs,
    forgetCutoffs,
    signOutAtIssuer: async (asked) => issuer?.signOut(asked),
    mayBeFramed: pages.mayBeFramed,
  });
  const account = new AccountRoute({
    hasSignIn: signIn !== undefined,
    signOutTargets: () => signOutTargetsOf(method, address()),
    show,
  });
  return {
    visitors,
    renewal: new SessionRenewal(sessions, telemetry),
    ...(signIn === undefined ? {} : { signInUrl }),
    routes: [
      ...(signIn?.routes ?? []),
      ...exchange.routes,
      ...links.routes,
      ...signOut.routes,
      ...account.routes,
    ],
  };
}

/**
 * Returns to where a sign-out leads: to the issuer and back to the sign-in host. Browsers compare each redirect, and an issuer
 * may lead on to others with which it shares its users. So every host is allowed, by the scheme of the issuer.
 */
function signOutTargetsOf(
  method: SignInMethod | undefined,
  { signInOrigin }: GateAddress,
): readonly string[] {
  return method?.kind === 'issuer' ? [new URL(method.issuer).protocol, signInOrigin] : [];
}

async function findWorkbench(
  workbenches: GatePorts['workbenches'],
  workbenchId: string,
): Promise<Workbench | undefined> {
  return await outsideRequest(async () => {
    const key = await workbenches.findByWorkbenchId(workbenchId);
    const workbench = key === undefined ? undefined : await workbenches.read(key);
    return workbench === undefined || isDeleted(workbench) ? undefined : workbench;
  });
}

function buildIssuer(
  { issuer, clientId, clientSecret, scopes }: Extract<SignInMethod, { kind: 'issuer' }>,
  { signInOrigin, path }: GateAddress,
  clock: Clock,
): OidcIssuer {
  const callbackUrl = `${signInOrigin}${path}/.wb/callback`;
  return new OidcIssuer({ issuer, clientId, clientSecret, scopes, callbackUrl, clock });
}
