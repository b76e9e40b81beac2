import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type GateAddress, gateAddressOf } from '#core/gate/gate-host.ts';
import type { GateAudit } from '#gate/audit/gate-audit.ts';
import { type OwnRequest, type OwnRoute, OwnRoutes } from '#gate/own-route.ts';
import type { GatePage } from '#gate/pages/gate-page.ts';
import { createSealKeys, Seal } from '#gate/session/seal.ts';
import { Sessions } from '#gate/session/sessions.ts';
import { VisitorReader } from '#gate/session/visitor-reader.ts';
import { WayBack } from '#gate/sign-in/way-back.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { MemorySessionCutoffStore } from '#test/memory/memory-session-cutoff-store.ts';
import { MemoryTicketStore } from '#test/memory/memory-ticket-store.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';

export const WID = '01k5w3p8xg7t2mzq4v9r6ehbnc';

/** How long the groups of a session count, milliseconds: less than the session of a sign-in host lasts. */
export const GROUPS_MAX_AGE_MS = 30 * 60_000;

/** What the routes of a sign-in are made of. */
export interface SignInParts {
  readonly clock: ManualClock;
  readonly telemetry: RecordingTelemetry;
  readonly seal: Seal;
  readonly sessions: Sessions;
  readonly visitors: VisitorReader;
  readonly tickets: MemoryTicketStore;
  readonly cutoffs: MemorySessionCutoffStore;
  /** The reasons of the failed sign-ins that were recorded. */
  readonly failures: string[];
  readonly audit: Pick<GateAudit, 'noteSignInFailure'>;
  readonly wayBack: WayBack;
  readonly address: () => GateAddress;
  readonly show: (asked: OwnRequest, page: GatePage) => void;
}

export interface SignInHost extends SignInParts {
  /** The origin of the sign-in host. */
  readonly origin: string;
  /** Returns the URL of a path of the workbench WID. */
  workbenchUrl(path?: string): string;
  loginUrl(returnUrl: string): string;
  close(): Promise<void>;
}

/** Starts a server with the routes of a sign-in, which it finds as the gate does. It forwards nothing. */
export async function startSignInHost(
  mode: 'host' | 'prefix',
  routesOf: (parts: SignInParts, origin: string) => readonly OwnRoute[],
  clock: ManualClock = new ManualClock(Date.now()),
): Promise<SignInHost> {
  const keys = createSealKeys('a-key-'.repeat(8));
  const seal = new Seal(async () => keys, clock);
  const sessions = new Sessions(seal, clock, GROUPS_MAX_AGE_MS);
  const cutoffs = new MemorySessionCutoffStore();
  const tickets = new MemoryTicketStore();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  const gate = gateAddressOf(new URL(origin), mode);
  const address = () => gate;
  const failures: string[] = [];
  const parts: SignInParts = {
    failures,
    audit: { noteSignInFailure: (reason) => failures.push(reason) },
    clock,
    telemetry: new RecordingTelemetry(),
    seal,
    sessions,
    visitors: new VisitorReader(sessions, cutoffs, clock),
    tickets,
    cutoffs,
    wayBack: new WayBack({ tickets, address, clock }),
    address,
    show: showAsText,
  };
  const routes = new OwnRoutes(routesOf(parts, origin));
  server.on('request', (request, response) => {
    handle(request, response, { routes, origin, visitors: parts.visitors }).catch((error: unknown) => {
      response.writeHead(503).end(String(error));
    });
  });
  return {
    ...parts,
    origin,
    workbenchUrl: (path = '/') =>
      mode === 'host'
        ? `http://${WID}.localhost:${new URL(origin).port}${path}`
        : `${origin}/project/${WID}${path}`,
    loginUrl: (returnUrl) => `${origin}/.wb/login?rd=${encodeURIComponent(returnUrl)}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Served {
  readonly routes: OwnRoutes;
  readonly origin: string;
  readonly visitors: VisitorReader;
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  { routes, origin, visitors }: Served,
): Promise<void> {
  const target = request.url ?? '/';
  const { method = 'GET', headers, headersDistinct } = request;
  const site = headers['sec-fetch-site'];
  const found = routes.find({
    source: {
      method,
      webSocket: false,
      origins: headersDistinct.origin ?? [],
      ...(typeof site === 'string' ? { secFetchSite: site } : {}),
    },
    target,
    host: 'sign_in_host',
    ownOrigins: [origin],
  });
  if (found.kind !== 'route') {
    response.writeHead({ unknown: 404, wrong_method: 405, foreign_origin: 403 }[found.kind]).end(found.kind);
    return;
  }
  const visitor = found.route.from === 'any' ? ({ kind: 'none' } as const) : await visitors.read(request);
  await found.route.handle({ request, response, url: new URL(target, origin), prefix: '', visitor });
}

/** The tests read the title of a page, and its message for programs. */
function showAsText({ response }: OwnRequest, { status, title, json, headers, body }: GatePage): void {
  response.writeHead(status, { ...headers, 'content-type': 'text/plain' });
  response.end(`${title}\n${JSON.stringify(json)}\n${body.text}`);
}
