import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { respondToClientErrors } from '#adapters/http-server/client-errors.ts';
import { closeServer } from '#adapters/http-server/listen.ts';
import { attributeExceptions } from '#adapters/http-server/request-faults.ts';
import type { Timers } from '#adapters/local/timers.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { DecisionPresenter, RefusalDecision } from './decision-presenter.ts';
import {
  deferContinue,
  type ForwardTarget,
  isRepeatable,
  type RequestForwarder,
} from './forward/forwarder.ts';
import { hasBody } from './forward/request-headers.ts';
import type { OpenRequest, OpenRequests } from './open-requests.ts';
import type { OwnRoutes } from './own-route.ts';
import { indexPage, otherHostPage, tooLargePage, unknownPage } from './pages/fault-pages.ts';
import type { GatePage } from './pages/gate-page.ts';
import type { PageRenderer } from './pages/page-renderer.ts';
import { refuseUpgrade, respond } from './pages/responses.ts';
import {
  FULL_RELOAD_SECONDS,
  FULL_STATUS,
  invalidResponsePage,
  tooManyRequestsPage,
} from './pages/workbench-pages.ts';
import type { Decided, RequestDecider, WorkbenchRequest } from './request-decider.ts';
import { checkHead, PARSED_HEAD_MAX_BYTES } from './request-head.ts';
import { isWebSocket, type LocatedRequest, type RequestLocator } from './request-locator.ts';
import { serveOwnRoute } from './serve-own-route.ts';
import { deleteRepeatedCookies } from './session/cookies.ts';
import type { SessionRenewal } from './session/sessions.ts';
import type { VisitorSource } from './session/visitor-reader.ts';
import type { ActivityTracker } from './watch/activity-tracker.ts';
import type { RevocationWatch } from './watch/revocation-watch.ts';
import type { WorkbenchTarget } from './workbench-addresses.ts';
import type { WorkbenchRecords } from './workbench-records.ts';

export interface GateOptions {
  readonly locator: RequestLocator;
  readonly ownRoutes: OwnRoutes;
  readonly visitors: Pick<VisitorSource, 'read'>;
  /** Absent without sign-in. */
  readonly renewal?: SessionRenewal;
  readonly decider: RequestDecider;
  readonly records: Pick<WorkbenchRecords, 'invalidate'>;
  readonly forwarder: RequestForwarder;
  readonly openRequests: OpenRequests;
  readonly revocation: RevocationWatch;
  readonly activity: ActivityTracker;
  readonly presenter: DecisionPresenter;
  readonly pages: PageRenderer;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
}

type DecidedForward = Extract<Decided, { kind: 'forward' }>;

/** The status of a refused WebSocket. */
const UPGRADE_STATUS: Readonly<Record<RefusalDecision['kind'], number>> = {
  sign_in: 401,
  foreign_origin: 403,
  unknown: 404,
  not_running: 503,
  unreadable: 503,
};

/** The responses to requests that are for no workbench. */
const OTHER_RESPONSES: Readonly<Record<'index' | 'unknown' | 'other_host', GatePage>> = {
  index: indexPage(),
  unknown: unknownPage(),
  other_host: otherHostPage(),
};

/**
 * The server between browsers and workbenches. It checks the host, serves the paths of the gate itself, finds out who the
 * visitor is, decides, and forwards: requests, responses and WebSockets as streams.
 */
export class GateServer {
  readonly server: Server;
  readonly #options: GateOptions;
  readonly #upgraded = new Set<Duplex>();
  /** Connections whose last request has no complete response yet. */
  readonly #responding = new WeakMap<Duplex, IncomingMessage>();
  #closing = false;

  constructor(options: GateOptions) {
    this.#options = options;
    this.server = createServer(
      {
        maxHeaderSize: PARSED_HEAD_MAX_BYTES,
        // Uploads and long polling have no time limit. Headers have one.
        headersTimeout: 15_000,
        requestTimeout: 0,
        connectionsCheckingInterval: 2_000,
        // A client that offers another protocol, as `curl --http2` does, accepts a response in HTTP/1.1.
        shouldUpgradeCallback: isHandshake,
      },
      (request, response) => {
        this.#serve(request, response).catch((error: unknown) => this.#logFailure(request, error));
      },
    );
    attributeExceptions(this.server);
    deferContinue(this.server);
    this.server.on('upgrade', (request, socket, head) => {
      this.#upgrade(request, socket as Socket, head).catch((error: unknown) =>
        this.#logFailure(request, error),
      );
    });
    const tooLarge = tooLargePage();
    const { pages } = options;
    respondToClientErrors(this.server, { html: pages.render(tooLarge), headers: pages.headersOf(tooLarge) });
  }

  /** Closes WebSockets at once and waits at most `graceMs` for responses in progress. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    for (const socket of this.#upgraded) socket.destroy();
    this.#options.revocation.stop();
    // It is written meanwhile: the responses in progress may take all the time.
    const written = this.#options.activity.close();
    await closeServer(this.server, graceMs);
    this.#options.forwarder.close();
    await written;
  }

  #logFailure(request: IncomingMessage, error: unknown): void {
    this.#options.telemetry.error('a request to the gate failed', {}, error);
    request.socket.destroy();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {});
    const { socket } = request;
    this.#responding.set(socket, request);
    response.once('close', () => {
      if (this.#responding.get(socket) === request) this.#responding.delete(socket);
    });
    // Node.js drops what follows an offer to upgrade in the same packet, so the connection must end with the response.
    if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false;
    if (!hasReadableLength(request)) {
      response.writeHead(400, { connection: 'close' }).end();
      return;
    }
    const { locator, pages } = this.#options;
    const refusedHead = checkHead(request);
    if (refusedHead !== undefined) {
      response.shouldKeepAlive = false;
      respond(request, response, refusedHead, pages);
      return;
    }
    const located = locator.locate(request);
    if (await serveOwnRoute(request, response, located, this.#options)) return;
    if (located.kind === 'refused') {
      response.writeHead(located.status, { 'content-type': 'text/plain', connection: 'close' });
      response.end(`${located.message}\n`);
      return;
    }
    const { asked } = located;
    if (asked.kind === 'moved') {
      // Temporary, because browsers cache permanent redirects beyond the deletion of the workbench.
      response.writeHead(307, { location: asked.location, 'cache-control': 'no-store' }).end();
      return;
    }
    const page =
      asked.kind === 'workbench'
        ? await this.#serveWorkbench(request, response, located, asked)
        : OTHER_RESPONSES[asked.kind === 'own' ? 'unknown' : asked.kind];
    if (page !== undefined && !response.headersSent) respond(request, response, page, pages);
  }

  async #serveWorkbench(
    request: IncomingMessage,
    response: ServerResponse,
    located: LocatedRequest,
    target: WorkbenchTarget,
  ): Promise<GatePage | undefined> {
    const { decider, renewal } = this.#options;
    const asked = await decider.prepare(request, located, target);
    deleteRepeatedCookies(request, response);
    if (asked.visitor !== 'unreadable') await renewal?.renew(asked.visitor, response);
    return this.#forward(request, response, asked);
  }

  /**
   * Forwards a request. Returns undefined when the workbench has responded or the client has disconnected, otherwise
   * the response of the gate.
   */
  async #forward(
    request: IncomingMessage,
    response: ServerResponse,
    asked: WorkbenchRequest,
  ): Promise<GatePage | undefined> {
    const { decider, forwarder, records, presenter } = this.#options;
    // Only safe methods without a body are retried. A body cannot be sent a second time.
    const attempts = isRepeatable(request) ? 2 : 1;
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const decided = await decider.decide(asked);
      if (decided.kind === 'refuse') return presenter.present(request, decided.decision, asked);
      // The client may have closed its connection while the record was read.
      if (response.destroyed || request.socket.destroyed) return undefined;
      const full = this.#options.openRequests.findFull(decided.decision);
      if (full !== undefined) return tooManyRequestsPage(full);
      const opened = toOpenRequest(asked, decided, () => request.socket.destroy());
      const remove = this.#options.openRequests.add(opened);
      // The workbench may have closed all kept connections at the same time: the retry must not use another of them.
      const connection = attempt === 1 ? 'kept' : 'new';
      const result = await forwarder
        .forward(request, response, toForwardTarget(decided, asked), connection)
        .finally(remove);
      if (result === 'done') return undefined;
      if (result === 'invalid_response') return invalidResponsePage();
      records.invalidate(asked.target.workbenchId);
    }
    const decided = await decider.decide(asked);
    return decided.kind === 'refuse'
      ? presenter.present(request, decided.decision, asked)
      : presenter.presentUnresponsive(asked, decided.decision);
  }

  async #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    socket.on('error', () => {});
    this.#upgraded.add(socket);
    socket.once('close', () => this.#upgraded.delete(socket));
    if (this.#responding.has(socket)) {
      // The client would take this response for that of an earlier request.
      socket.destroy();
      return;
    }
    const refusedHead = checkHead(request);
    if (refusedHead !== undefined) return refuseUpgrade(socket, refusedHead.status);
    const located = this.#options.locator.locate(request);
    if (located.kind === 'refused') return refuseUpgrade(socket, located.status);
    const { asked: target } = located;
    if (target.kind !== 'workbench') return refuseUpgrade(socket, target.kind === 'other_host' ? 403 : 404);
    const { decider } = this.#options;
    const asked = await decider.prepare(request, located, target);
    const decided = await decider.decide(asked);
    if (decided.kind === 'refuse') return refuseUpgrade(socket, UPGRADE_STATUS[decided.decision.kind]);
    if (this.#closing) return refuseUpgrade(socket, 503);
    if (socket.destroyed) return;
    const { openRequests, forwarder } = this.#options;
    const full = openRequests.findFull(decided.decision);
    if (full !== undefined) return refuseUpgrade(socket, FULL_STATUS[full], FULL_RELOAD_SECONDS);
    const opened = toOpenRequest(asked, decided, (why) => forwarder.endWebSocket(socket, why));
    socket.once('close', openRequests.add(opened));
    const result = await forwarder.upgrade(request, socket, head, toForwardTarget(decided, asked), () =>
      openRequests.noteClientData(opened),
    );
    if (result === 'done') return;
    if (result === 'unreachable') this.#options.records.invalidate(target.workbenchId);
    refuseUpgrade(socket, 502);
  }
}

function toOpenRequest(
  { gateRequest, target }: WorkbenchRequest,
  { decision, visitor }: DecidedForward,
  close: OpenRequest['close'],
): OpenRequest {
  return { request: gateRequest, target: target.rest, visitor, forwarded: decision, close };
}

function toForwardTarget(
  { decision: { workbenchId, runId, userId }, endpoint }: DecidedForward,
  { target: { prefix, rest } }: WorkbenchRequest,
): ForwardTarget {
  return { workbenchId, runId, prefix, rest, endpoint, ...(userId === undefined ? {} : { userId }) };
}

/**
 * Whether a request begins a WebSocket (RFC 6455, section 4.1). Node.js passes the body of an upgrade on as frames, so that
 * the gate and a workbench could disagree about where it ends: with a body, the request is one like any other.
 */
function isHandshake(request: IncomingMessage): boolean {
  return isWebSocket(request) && request.method === 'GET' && !hasBody(request);
}

/** Node.js reports an invalid transfer coding as an error, but not in a request that offers to upgrade. */
function hasReadableLength({ headers }: IncomingMessage): boolean {
  const coding = headers['transfer-encoding'];
  return coding === undefined || /^(?:[^"]*,\s*)?chunked$/i.test(coding);
}
