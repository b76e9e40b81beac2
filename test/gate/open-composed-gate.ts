import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { DEPLOYED_GATE_RULES, DEPLOYED_GATE_SETTINGS } from '#contract/settings/gate-deployment-settings.ts';
import { parseSettings } from '#contract/settings/setting.ts';
import { listStartTimes } from '#core/workbench/start-times.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { createAwsGate } from '#gate/aws/aws-gate.ts';
import { parseSealKeys } from '#gate/aws/secrets.ts';
import type { Gate } from '#gate/gate.ts';
import { createLocalGate } from '#gate/ipc/local-gate.ts';
import type { LocalGateSettings } from '#gate/ipc/messages.ts';
import type { CommandResult, GatePorts } from '#gate/ports.ts';
import { COOKIES } from '#gate/session/cookies.ts';
import { createSealKeys, Seal } from '#gate/session/seal.ts';
import { Sessions } from '#gate/session/sessions.ts';
import { running } from '#test/builders/workbench.ts';
import { NO_LINKS } from '#test/gate/no-links.ts';
import { NO_SHARES } from '#test/gate/no-shares.ts';
import { RecordTable } from '#test/gate/open-signed-in-gate.ts';
import { TelemetryRecorder } from '#test/local/telemetry-recorder.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { MemoryActivityStore } from '#test/memory/memory-activity-store.ts';
import { MemoryAuditStore } from '#test/memory/memory-audit-store.ts';
import { MemorySessionCutoffStore } from '#test/memory/memory-session-cutoff-store.ts';
import { MemoryStartTimesStore } from '#test/memory/memory-start-times-store.ts';
import { MemoryTicketStore } from '#test/memory/memory-ticket-store.ts';
import { HostClient } from './host-client.ts';
import { DEFAULT_LOOK } from './pages/default-look.ts';

const SECRET = 'k'.repeat(48);
/** With which the controller asks the gate about a task. */
export const PROBE_KEY = 'p'.repeat(48);
const ARN = 'arn:aws:secretsmanager:us-west-1:123456789012:secret:some';
export const BASE_URL = 'https://wb.example.com';
const ISSUER = { issuer: 'https://id.example.com', clientId: 'gate', clientSecret: undefined };

/** Who signs users in. */
export type TestSignIn = 'issuer' | 'tickets';

type Compose = (signIn: TestSignIn, ports: GatePorts, timers: ManualClock) => Gate;

/** The ways in which the product composes the gate, each with the same settings. */
export const COMPOSITIONS: readonly (readonly [string, Compose])[] = [
  [
    'on AWS',
    (signIn, ports, timers) =>
      createAwsGate({
        settings: parseSettings(DEPLOYED_GATE_SETTINGS, DEPLOYED_GATE_RULES, {
          BASE_URL,
          RESTAPI_CORS_ORIGIN: 'https://app.example.com',
          WB_AUTH_SECRET_ARN: ARN,
          WB_GATE_API_URL: 'https://api.example.com',
          WB_GATE_KEYS_SECRET_ARN: ARN,
          WB_GATE_AUTO_START: 'visit',
          ...(signIn === 'tickets'
            ? {}
            : { WB_GATE_ISSUER: ISSUER.issuer, WB_GATE_CLIENT_ID: ISSUER.clientId }),
        }),
        ports,
        sealKeys: async () => parseSealKeys(JSON.stringify({ current: SECRET })),
        probeKeys: async () => [PROBE_KEY],
        clientSecret: undefined,
        timers,
      }),
  ],
  [
    'in local mode',
    (signIn, ports, timers) =>
      composeLocally(
        {
          addressMode: 'host',
          signIn: {
            method:
              signIn === 'tickets'
                ? undefined
                : {
                    kind: 'issuer',
                    ...ISSUER,
                    scopes: ['openid'],
                    claims: { userClaim: 'sub', adminClaim: undefined, adminScope: 'workbench:admin' },
                  },
            keys: { current: SECRET },
            frontendOrigins: ['https://app.example.com'],
          },
        },
        ports,
        timers,
      ),
  ],
];

/** Composes the gate of local mode with a sign-in by the secret `a-secret`. */
export function composeWithSecret(addressMode: 'host' | 'prefix'): Compose {
  return (_signIn, ports, timers) =>
    composeLocally(
      {
        addressMode,
        signIn: {
          method: { kind: 'secret', secret: 'a-secret' },
          keys: { current: SECRET },
          frontendOrigins: [],
        },
      },
      ports,
      timers,
    );
}

function composeLocally(
  settings: Pick<LocalGateSettings, 'addressMode' | 'signIn'>,
  ports: GatePorts,
  timers: ManualClock,
): Gate {
  return createLocalGate({
    settings: {
      bindAddress: '127.0.0.1',
      hostname: '127.0.0.1',
      guard: { hosts: [], origins: [] },
      look: DEFAULT_LOOK,
      probeKey: PROBE_KEY,
      organisationShares: false,
      startsOnVisit: true,
      stopNotice: true,
      ...settings,
    },
    ports,
    running: { list: async () => [] },
    baseUrl: () => new URL(BASE_URL),
    timers,
  });
}

/** Opens a gate as the product composes it, with ports in memory. */
export async function openComposedGate(compose: Compose, signIn: TestSignIn = 'issuer') {
  const timers = new ManualClock();
  const telemetry = new TelemetryRecorder();
  const table = new RecordTable();
  const activity = new MemoryActivityStore();
  const audit = new MemoryAuditStore();
  const cutoffs = new MemorySessionCutoffStore();
  const startTimes = new MemoryStartTimesStore();
  const commands: string[] = [];
  const accept = (command: string) => async (userId: string, workbenchId: string) => {
    commands.push(`${command} ${userId} ${workbenchId}`);
    return { kind: 'accepted' } satisfies CommandResult;
  };
  const tickets = new MemoryTicketStore();
  const gate = compose(
    signIn,
    {
      workbenches: table,
      shares: NO_SHARES,
      tickets,
      cutoffs,
      activity,
      audit,
      startTimes: { list: () => listStartTimes({ startTimes }, timers.now()) },
      commands: { start: accept('start'), stop: accept('stop'), ...NO_LINKS },
      telemetry,
    },
    timers,
  );
  const port = await gate.listen('127.0.0.1', 0, 'WB_WORKBENCH_PORT');
  const close = async () => {
    const closed = gate.close({ delayMs: 0, spreadMs: 0, graceMs: 0 });
    await timers.advanceAsync(0);
    await closed;
  };
  onTestFinished(close);
  const keys = createSealKeys(SECRET);
  const sessions = new Sessions(new Seal(async () => keys, timers), timers);
  /** Returns a browser in which a user has a session on the host of a workbench. */
  const browserOf = async (userId: string, { workbenchId }: Workbench) => {
    const browser = new HostClient(port);
    const now = timers.now();
    const cookie = await sessions.formatWorkbench({
      hash: '',
      workbenchId,
      userId,
      admin: false,
      signedInAt: now,
      sessionExpiresAt: now + 8 * 3_600_000,
      expiresAt: now,
    });
    browser.setCookie(originOf({ workbenchId }), COOKIES.workbench, cookieValueOf(cookie));
    return browser;
  };
  return {
    activity,
    audit,
    browserOf,
    close,
    commands,
    cutoffs,
    gate,
    port,
    sessions,
    startTimes,
    table,
    telemetry,
    tickets,
    timers,
  };
}

/** The origin of a workbench on a host of its own. */
export function originOf({ workbenchId }: Pick<Workbench, 'workbenchId'>): string {
  return `https://${workbenchId}.wb.example.com`;
}

/** The value in a Set-Cookie header. */
export function cookieValueOf(header: string): string {
  return /^[^=]+=([^;]*)/.exec(header)?.[1] ?? '';
}

/** Starts a workbench that echoes WebSocket messages and responds with `listener`. */
export async function startWorkbench(
  listener: RequestListener = (_request, response) => response.end('the workbench'),
): Promise<Workbench> {
  const server = createServer(listener);
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
  });
  const record = running();
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { ...record, run: { ...record.run, endpoint } };
}
