import type { IncomingMessage, ServerResponse } from 'node:http';
import { outsideRequest } from '#adapters/http-server/request-faults.ts';
import type { Timers } from '#adapters/local/timers.ts';
import type { Visitor } from '#core/gate/visitor.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { setBodyDeadline } from './form-body.ts';
import type { FoundOwnRoute, OwnRoute, OwnRoutes } from './own-route.ts';
import { foreignOriginPage, unknownPathPage, unreadablePage, wrongMethodPage } from './pages/fault-pages.ts';
import type { GatePage } from './pages/gate-page.ts';
import type { PageRenderer } from './pages/page-renderer.ts';
import { respond } from './pages/responses.ts';
import type { LocatedRequest, OwnTarget, RefusedRequest } from './request-locator.ts';
import { deleteRepeatedCookies } from './session/cookies.ts';
import type { SessionRenewal } from './session/sessions.ts';
import type { VisitorSource } from './session/visitor-reader.ts';

export interface OwnRouteOptions {
  readonly ownRoutes: OwnRoutes;
  readonly visitors: Pick<VisitorSource, 'read'>;
  /** Absent without sign-in. */
  readonly renewal?: SessionRenewal | undefined;
  readonly pages: PageRenderer;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
}

/**
 * Responds to a request for a path of the gate. No such request reaches a workbench, even if the path does not exist.
 * @returns whether it was one
 */
export async function serveOwnRoute(
  request: IncomingMessage,
  response: ServerResponse,
  located: LocatedRequest | RefusedRequest,
  options: OwnRouteOptions,
): Promise<boolean> {
  const own = ownRequestOf(located);
  if (own === undefined) return false;
  const { ownRoutes, pages, telemetry } = options;
  const deadline = setBodyDeadline(request, response, options.timers);
  const found = ownRoutes.find({ ...own, source: located.source, target: own.target.target });
  if (found.kind !== 'route') {
    respond(request, response, pageOf(found), pages);
    return true;
  }
  try {
    const { publicPath, prefix, workbenchId } = own.target;
    const visitor = await readVisitor(request, found.route, own.target, options);
    // Before the route, whose own cookies come later and count: a sign-out ends the session.
    deleteRepeatedCookies(request, response);
    if (found.route.renewsSession !== false) await options.renewal?.renew(visitor, response);
    await found.route.handle({
      request,
      response,
      url: new URL(`${own.origin}${publicPath}`),
      prefix,
      ...(workbenchId === undefined ? {} : { workbenchId }),
      visitor,
    });
  } catch (error) {
    if (deadline.hasPassed()) return true;
    telemetry.error('a path of the gate failed', { path: found.route.path }, error);
    if (response.headersSent) response.destroy();
    else respond(request, response, unreadablePage(), pages);
  }
  return true;
}

/** What is compared with the table. */
interface AskedOwnRoute {
  readonly target: OwnTarget;
  readonly host: 'sign_in_host' | 'workbench_host' | 'other_host';
  readonly origin: string;
  readonly ownOrigins: readonly string[];
}

function ownRequestOf(located: LocatedRequest | RefusedRequest): AskedOwnRoute | undefined {
  if (located.kind === 'located') {
    const { asked, host, origin, ownOrigins } = located;
    return asked.kind === 'own' ? { target: asked, host, origin, ownOrigins } : undefined;
  }
  const { ownTarget: target } = located;
  if (target === undefined) return undefined;
  // The Host header is not repeated: it may be anything.
  const own: OwnTarget = { kind: 'own', target, publicPath: target, prefix: '' };
  return { target: own, host: 'other_host', origin: 'http://unknown.invalid', ownOrigins: [] };
}

async function readVisitor(
  request: IncomingMessage,
  { from }: OwnRoute,
  { prefix, workbenchId }: OwnTarget,
  { visitors }: OwnRouteOptions,
): Promise<Visitor> {
  if (from === 'any') return { kind: 'none' };
  return outsideRequest(() => visitors.read(request, prefix === '' ? workbenchId : undefined));
}

function pageOf(found: Exclude<FoundOwnRoute, { kind: 'route' }>): GatePage {
  switch (found.kind) {
    case 'unknown':
      return unknownPathPage();
    case 'wrong_method':
      return wrongMethodPage(found.allow);
    case 'foreign_origin':
      return foreignOriginPage();
  }
}
