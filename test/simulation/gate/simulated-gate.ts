import type { Timers } from '#adapters/local/timers.ts';
import type { Clock } from '#core/ports/clock.ts';
import { cutoffOf, type SessionCutoffStore } from '#core/ports/session-cutoff-store.ts';
import type { ShareStore } from '#core/ports/share-store.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { TicketStore } from '#core/ports/ticket-store.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import { createGate } from '#gate/create-gate.ts';
import type { ForwardResult, ForwardTarget, RequestForwarder } from '#gate/forward/forwarder.ts';
import type { GateServer } from '#gate/gate-server.ts';
import type { OwnRequest } from '#gate/own-route.ts';
import type { GatePage } from '#gate/pages/gate-page.ts';
import { PageRenderer } from '#gate/pages/page-renderer.ts';
import { respond } from '#gate/pages/responses.ts';
import { SignOut } from '#gate/session/account.ts';
import type { Sealing } from '#gate/session/seal.ts';
import { Sessions } from '#gate/session/sessions.ts';
import { TicketExchange } from '#gate/session/ticket-exchange.ts';
import { VisitorReader } from '#gate/session/visitor-reader.ts';
import { WorkbenchAddresses } from '#gate/workbench-addresses.ts';
import { WorkbenchShares } from '#gate/workbench-shares.ts';
import { DEFAULT_LOOK } from '../../gate/pages/default-look.ts';
import type { Kernel } from '../kernel.ts';
import { Exchange, type Received, type Sent } from './exchange.ts';
import type { ForwardedRun } from './gate-checks.ts';
import type { GateCalls } from './gate-reads.ts';

const BASE_URL = new URL('https://gate.example/');
/** Its pages may send tickets. */
export const FRONTEND_ORIGIN = 'https://app.example';

const ADDRESSES = new WorkbenchAddresses('host', () => BASE_URL);
const PAGES = new PageRenderer(DEFAULT_LOOK);

/** How long a gate tries to connect to a workbench, milliseconds. */
const CONNECT_TIMEOUT_MS = 2000;
/** A workbench responds within this time, milliseconds. */
const RESPONSE_MAX_MS = 100;

/** Returns the Host header for a workbench. */
export function hostOf(workbenchId: string): string {
  return new URL(ADDRESSES.urlOf(workbenchId)).host;
}

/** Returns the origin of the pages of a workbench. */
export function originOf(workbenchId: string): string {
  return new URL(ADDRESSES.urlOf(workbenchId)).origin;
}

export interface SimulatedGateOptions {
  readonly kernel: Kernel;
  readonly calls: GateCalls;
  /** How far the clock is behind the actual time, milliseconds. */
  readonly clockBehindMs: number;
  readonly workbenches: Pick<WorkbenchStore, 'findByWorkbenchId' | 'read'>;
  readonly shares: Pick<ShareStore, 'listByWorkbench'>;
  readonly tickets: Pick<TicketStore, 'read' | 'burn'>;
  readonly cutoffs: SessionCutoffStore;
  readonly telemetry: Telemetry;
  /** Called when a request is forwarded. Must not throw. */
  readonly onForward: (sent: Sent, run: ForwardedRun) => void;
  /** Called when a WebSocket is connected. Returns a function for its end. */
  readonly onOpen: (sent: Sent, run: ForwardedRun) => () => void;
  /** Whether a workbench listens at the host of an endpoint. */
  readonly isUp: (address: string) => boolean;
}

/**
 * A process of the gate: the product without its sockets and its HMAC, which take time that the kernel does not control.
 * Requests come as exchanges, and what it forwards is checked.
 */
export class SimulatedGate {
  readonly #options: SimulatedGateOptions;
  readonly #gate: GateServer;
  readonly #cutoffs: SessionCutoffStore;
  readonly #visitors: VisitorReader;
  readonly #timers: Timers;
  #alive = true;

  constructor(options: SimulatedGateOptions) {
    const { kernel, calls, telemetry, clockBehindMs } = options;
    this.#options = options;
    const timers: Timers = {
      now: () => kernel.now() - clockBehindMs,
      elapsed: () => kernel.elapsed(),
      after: (ms, action) => kernel.after(ms, () => this.#alive && action()),
    };
    this.#timers = timers;
    const workbenches: SimulatedGateOptions['workbenches'] = {
      findByWorkbenchId: (id) => calls.readIndex(() => options.workbenches.findByWorkbenchId(id)),
      read: (key) => calls.readRecord(key.workbenchId, () => options.workbenches.read(key)),
    };
    this.#cutoffs = {
      raise: (...args) => calls.write(() => options.cutoffs.raise(...args)),
      read: (userId) => calls.read(() => options.cutoffs.read(userId)),
    };
    const shares = new WorkbenchShares({
      shares: {
        listByWorkbench: (workbenchId) => calls.read(() => options.shares.listByWorkbench(workbenchId)),
      },
      organisationShares: false,
      timers,
    });
    const seal = plainSealing(timers);
    const sessions = new Sessions(seal, timers);
    this.#visitors = new VisitorReader(sessions, this.#cutoffs, timers);
    const show = ({ request, response }: OwnRequest, page: GatePage) =>
      respond(request, response, page, PAGES);
    const exchange = new TicketExchange({
      tickets: {
        read: (hash) => calls.read(() => options.tickets.read(hash)),
        burn: (hash) => calls.write(() => options.tickets.burn(hash)),
      },
      findWorkbench: async (workbenchId) => {
        const key = await workbenches.findByWorkbenchId(workbenchId);
        return key === undefined ? undefined : workbenches.read(key);
      },
      findShares: (workbenchId) => shares.find(workbenchId),
      seal,
      sessions,
      frontendOrigins: [FRONTEND_ORIGIN],
      signInUrl: () => undefined,
      show,
      clientAddress: () => '192.0.2.1',
      clock: timers,
      telemetry,
    });
    const signOut = new SignOut({
      cutoffs: this.#cutoffs,
      forgetCutoffs: (userId) => this.#visitors.forget(userId),
      signOutAtIssuer: async () => undefined,
      mayBeFramed: false,
      show,
      clock: timers,
      telemetry,
    });
    this.#gate = createGate({
      access: { kind: 'sessions', visitors: this.#visitors },
      workbenches,
      shares,
      activity: { record: async () => {} },
      addresses: ADDRESSES,
      baseUrl: () => BASE_URL,
      ownRoutes: [...exchange.routes, ...signOut.routes],
      frontendOrigins: [FRONTEND_ORIGIN],
      forwarder: this.#forwarder(),
      pages: PAGES,
      timers,
      telemetry,
    });
  }

  /** Ends the process. Its timers no longer fire. */
  kill(): void {
    this.#alive = false;
  }

  /** Sends a request. Returns the response. */
  async send(sent: Sent): Promise<Received> {
    const exchange = new Exchange(sent);
    this.#gate.server.emit('request', exchange.request, exchange.serverResponse);
    return exchange.response.received;
  }

  /** Opens a WebSocket. Returns a function that closes it. */
  open(sent: Sent): () => void {
    const exchange = new Exchange({ ...sent, webSocket: true });
    this.#gate.server.emit('upgrade', exchange.request, exchange.connection, Buffer.alloc(0));
    return () => exchange.socket.destroy();
  }

  /** Ends sessions of a user as a logout token of the issuer does. @throws PortError */
  async signOutByIssuer(userId: string, issuerSession: string): Promise<void> {
    await this.#cutoffs.raise(userId, cutoffOf(this.#timers.now()), issuerSession);
    this.#visitors.forget(userId);
  }

  #forwarder(): RequestForwarder {
    const { kernel, onForward, onOpen } = this.#options;
    return {
      forward: async (request, response, target) => {
        onForward(Exchange.of(request).sent, runOf(target));
        if (!(await this.#connect(target))) return 'unreachable';
        await kernel.sleep(RESPONSE_MAX_MS);
        response.writeHead(200).end();
        return 'done';
      },
      upgrade: async (request, socket, _head, target): Promise<ForwardResult> => {
        const { sent } = Exchange.of(request);
        onForward(sent, runOf(target));
        if (!(await this.#connect(target))) return 'unreachable';
        if (!socket.destroyed) socket.once('close', onOpen(sent, runOf(target)));
        return 'done';
      },
      endWebSocket: (socket) => socket.destroy(),
      close: () => {},
    };
  }

  async #connect(target: ForwardTarget): Promise<boolean> {
    const { kernel, isUp } = this.#options;
    if (isUp(addressOf(target))) return true;
    await kernel.sleep(CONNECT_TIMEOUT_MS);
    return false;
  }
}

function addressOf({ endpoint }: ForwardTarget): string {
  return 'host' in endpoint ? endpoint.host : endpoint.socketPath;
}

function runOf(target: ForwardTarget): ForwardedRun {
  const { workbenchId, runId, endpoint } = target;
  const port = 'host' in endpoint ? endpoint.port : 0;
  return { workbenchId, runId, endpoint: `http://${addressOf(target)}:${port}` };
}

/** Values that visitors cannot forge because the simulated ones do not try. The real seal works in threads of its own. */
function plainSealing(clock: Clock): Sealing {
  return {
    seal: async (purpose, content, expiresAt) =>
      encodeURIComponent(JSON.stringify({ purpose, content, exp: expiresAt / 1000 })),
    unseal: async (purpose, sealed) => {
      const value = JSON.parse(decodeURIComponent(sealed));
      const isValid = value.purpose === purpose && value.exp * 1000 > clock.now();
      return isValid ? { ...value.content, exp: value.exp } : undefined;
    },
  };
}
