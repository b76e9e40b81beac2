import { onTestFinished } from 'vitest';
import { listen } from '#adapters/http-server/listen.ts';
import { toEndpoint } from '#adapters/local/tasks/endpoint.ts';
import { createTicketSecret, hashTicketSecret } from '#adapters/ticket-secret.ts';
import type { Ticket } from '#core/ports/ticket-store.ts';
import { GateAudit } from '#gate/audit/gate-audit.ts';
import { buildSignIn } from '#gate/build-sign-in.ts';
import { commandRoutes } from '#gate/command-routes.ts';
import { createGate } from '#gate/create-gate.ts';
import { PageRenderer } from '#gate/pages/page-renderer.ts';
import type { CommandResult } from '#gate/ports.ts';
import { createSealKeys, Seal, type SealPurpose } from '#gate/session/seal.ts';
import { Sessions, type SignIn } from '#gate/session/sessions.ts';
import { healthRoute, TableHealth } from '#gate/table-health.ts';
import { type AddressMode, WorkbenchAddresses } from '#gate/workbench-addresses.ts';
import { acceptedRun, ID, idAt, running, stopped, T0 } from '#test/builders/workbench.ts';
import { NO_LINKS } from '#test/gate/no-links.ts';
import { NO_SHARES } from '#test/gate/no-shares.ts';
import { RecordTable } from '#test/gate/open-signed-in-gate.ts';
import { DEFAULT_LOOK } from '#test/gate/pages/default-look.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { MemoryActivityStore } from '#test/memory/memory-activity-store.ts';
import { MemoryAuditStore } from '#test/memory/memory-audit-store.ts';
import { MemorySessionCutoffStore } from '#test/memory/memory-session-cutoff-store.ts';
import { MemoryTicketStore } from '#test/memory/memory-ticket-store.ts';
import { type Exchange, exchange } from '../exchange.ts';
import { LogRecorder } from './log-recorder.ts';
import { RecordingWorkbench } from './recording-workbench.ts';

export const BASE_URL = 'https://wb.example';
export const FRONTEND = 'https://app.example';
/** The workbench of ada, that of eve, a stopped one of ada, and one that does not exist. */
export const ADAS = ID;
export const EVES = idAt(T0, 2);
export const STOPPED = idAt(T0, 3);
export const MISSING = idAt(T0, 4);

/** The secret of the sign-in page, and the keys of the cookies. */
export const LOCAL_SECRET = 'the-secret-of-local-mode-0123456789';
export const SEAL_SECRETS = { current: 'c'.repeat(40), previous: 'p'.repeat(40) };

export type User = 'ada' | 'eve' | 'root';

export interface AttackedGateOptions {
  readonly mode?: AddressMode;
}

/** The gate with sign-in between real sockets: a workbench of ada and one of eve, both running. */
export async function openAttackedGate({ mode = 'host' }: AttackedGateOptions = {}) {
  const clock = new ManualClock();
  const telemetry = new LogRecorder();
  const [adas, eves] = [new RecordingWorkbench(), new RecordingWorkbench()];
  const table = new RecordTable();
  const runningAt = (port: number) => ({ run: acceptedRun({ endpoint: toEndpoint('127.0.0.1', port) }) });
  table.put(
    { ...running(runningAt(await adas.listen())), workbenchId: ADAS, userId: 'ada' },
    { ...running(runningAt(await eves.listen())), workbenchId: EVES, userId: 'eve' },
    { ...stopped(), workbenchId: STOPPED, userId: 'ada' },
  );
  const tickets = new MemoryTicketStore();
  const cutoffs = new MemorySessionCutoffStore();
  const addresses = new WorkbenchAddresses(mode, () => new URL(BASE_URL));
  const pages = new PageRenderer(DEFAULT_LOOK);
  const keys = createSealKeys(SEAL_SECRETS.current, SEAL_SECRETS.previous);
  const { visitors, signInUrl, routes } = buildSignIn({
    method: { kind: 'secret', secret: LOCAL_SECRET },
    keys: async () => keys,
    ports: { tickets, cutoffs, workbenches: table, commands: NO_LINKS },
    shares: NO_SHARES,
    audit: new GateAudit({ audit: new MemoryAuditStore(), clock, telemetry }),
    frontendOrigins: [FRONTEND],
    address: () => addresses.gateAddress(),
    pages,
    clock,
    telemetry,
  });
  const commands: string[] = [];
  const command = (name: string) => async (userId: string, workbenchId: string) => {
    commands.push(`${name} ${userId} ${workbenchId}`);
    return { kind: 'accepted' } satisfies CommandResult;
  };
  const gate = createGate({
    access: { kind: 'sessions', visitors, signInUrl },
    workbenches: table,
    shares: NO_SHARES,
    activity: new MemoryActivityStore(),
    addresses,
    baseUrl: () => new URL(BASE_URL),
    ownRoutes: [
      healthRoute(new TableHealth(table, clock, telemetry)),
      ...commandRoutes({
        workbenches: table,
        shares: NO_SHARES,
        commands: { start: command('start'), stop: command('stop') },
        pages,
        clock,
        telemetry,
      }),
      ...routes,
    ],
    frontendOrigins: [FRONTEND],
    pages,
    timers: clock,
    telemetry,
  });
  const port = await listen(gate.server, '127.0.0.1', 0, 'WB_WORKBENCH_PORT');
  onTestFinished(async () => {
    await gate.close(0);
    await Promise.all([adas.close(), eves.close()]);
  });
  const seal = new Seal(async () => keys, clock);
  const sessions = new Sessions(seal, clock);
  const signInOf = (user: User): SignIn => ({
    userId: user,
    admin: user === 'root',
    signedInAt: clock.now(),
  });
  const ticketOf = (secret: string, user: User, workbenchId: string): Ticket => ({
    ...signInOf(user),
    hash: hashTicketSecret(secret),
    workbenchId,
    sessionExpiresAt: clock.now() + 3_600_000,
    expiresAt: clock.now() + 60_000,
  });
  return {
    gate,
    port,
    clock,
    telemetry,
    table,
    tickets,
    cutoffs,
    commands,
    adas,
    eves,
    /** Sends bytes and returns the last response. */
    send: (bytes: string): Promise<Exchange> => exchange(port, Buffer.from(bytes, 'latin1')),
    /** Returns a Cookie pair: the session on the host of a workbench. */
    workbenchSession: async (user: User, workbenchId: string) =>
      pairOf(await sessions.formatWorkbench(ticketOf(createTicketSecret(), user, workbenchId))),
    /** Returns a Cookie pair: the session on the sign-in host. */
    signInSession: async (user: User) => pairOf(await sessions.formatSignIn(signInOf(user))),
    sealFor: (purpose: SealPurpose, content: Readonly<Record<string, unknown>>, lifetimeMs = 3_600_000) =>
      seal.seal(purpose, content, clock.now() + lifetimeMs),
    /** Stores a ticket. Returns its secret. */
    createTicket: async (user: User, workbenchId: string): Promise<string> => {
      const secret = createTicketSecret();
      await tickets.create(ticketOf(secret, user, workbenchId));
      return secret;
    },
    /** Closes the gate, and waits until nothing more can reach a workbench. */
    settle: async () => {
      await gate.close(0);
      await Promise.all([adas.waitForSilence(), eves.waitForSilence()]);
    },
  };
}

export type AttackedGate = Awaited<ReturnType<typeof openAttackedGate>>;

export function hostOf(workbenchId: string): string {
  return `${workbenchId}.wb.example`;
}

/** Returns the name and the value of a Set-Cookie header. */
export function pairOf(setCookie: string): string {
  return setCookie.split(';')[0] ?? '';
}

/** Returns a request with these header lines, which closes its connection. */
export function requestOf(line: string, headers: readonly string[], body = ''): string {
  const length = body === '' ? [] : [`Content-Length: ${body.length}`];
  return [`${line} HTTP/1.1`, ...headers, ...length, 'Connection: close', '', body].join('\r\n');
}

/** Returns the values of a header of a response. */
export function headerOf({ head }: Pick<Exchange, 'head'>, name: string): string | undefined {
  const found = head.split('\r\n').find((line) => line.toLowerCase().startsWith(`${name}:`));
  return found?.slice(name.length + 1).trim();
}
