import { randomBytes } from 'node:crypto';
import { toEndpoint } from '#adapters/local/tasks/endpoint.ts';
import { systemTimers } from '#adapters/local/timers.ts';
import { readGateSettings } from '#contract/settings/gate-settings.ts';
import type { Ticket } from '#core/ports/ticket-store.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import type { LocalGateSettings } from '#gate/ipc/messages.ts';
import { lookOf } from '#gate/pages/page-renderer.ts';
import { createSealKeys, Seal } from '#gate/session/seal.ts';
import { Sessions } from '#gate/session/sessions.ts';
import { GateProcess } from '#local/gate-process.ts';
import { GateRequests } from '#local/gate-requests.ts';
import { acceptedRun, idAt, running, T0, USER } from '#test/builders/workbench.ts';
import { TelemetryRecorder } from '#test/local/telemetry-recorder.ts';
import { memoryStores } from '#test/memory/memory-stores.ts';
import type { Contender } from './contender.ts';

/**
 * The gate limits the open connections to a workbench and those of a user. So that it accepts all WebSockets, as many visitors
 * have a workbench each.
 */
const VISITORS = 10;

/** A proxy that forwards in the place of the gate. */
export interface AskingProxy {
  readonly kind: 'traefik' | 'nginx';
  /** Of the proxy. */
  readonly port: number;
  /** Where it asks the gate. */
  readonly authPort: number;
}

/**
 * Starts the gate as local mode does: the real process, which asks this one for records and cutoffs by messages. Each
 * workbench has a host of its own.
 * @param kind `sessions`: only requests with the cookie of a session are forwarded
 * @param asking the proxy that asks this gate
 */
export async function openGate(
  name: string,
  kind: 'sessions' | 'open',
  backendPort: number,
  asking?: AskingProxy,
): Promise<Contender> {
  const stores = memoryStores();
  const run = acceptedRun({ endpoint: toEndpoint('127.0.0.1', backendPort) });
  const owned = Array.from({ length: VISITORS }, (_, index) => ({
    workbenchId: idAt(T0, index),
    userId: `${USER}-${index}`,
  }));
  for (const key of owned) await stores.workbenches.create(running({ ...key, run }));
  const telemetry = new TelemetryRecorder();
  const secret = randomBytes(32).toString('hex');
  const gate = new GateProcess({
    settings: {
      bindAddress: '127.0.0.1',
      hostname: '127.0.0.1',
      addressMode: 'host',
      look: lookOf(readGateSettings({})),
      organisationShares: false,
      startsOnVisit: false,
      stopNotice: true,
      guard: { hosts: [], origins: [] },
      ...(kind === 'open' ? {} : { signIn: signInOf(secret) }),
      ...(asking === undefined
        ? {}
        : {
            baseUrl: `http://localhost:${asking.port}`,
            proxy: { kind: asking.kind, port: asking.authPort },
          }),
    },
    requests: new GateRequests(stores, telemetry),
    timers: systemTimers,
    telemetry,
  });
  const port = await gate.listen(0);
  const [first, ...others] = await Promise.all(
    owned.map(async (key) => ({
      host: `${key.workbenchId}.localhost:${asking?.port ?? port}`,
      cookie: kind === 'open' ? 'theme=dark' : `theme=dark; ${await sealSession(secret, key)}`,
    })),
  );
  if (first === undefined) throw new Error('there is no visitor');
  return {
    name,
    port,
    visitors: [first, ...others],
    pids: () => (gate.pid === undefined ? [] : [gate.pid]),
    close: () => gate.close(0),
  };
}

function signInOf(secret: string): NonNullable<LocalGateSettings['signIn']> {
  return {
    method: { kind: 'secret', secret: 'the secret of the benchmark' },
    keys: { current: secret },
    frontendOrigins: [],
  };
}

/** Returns the cookie that the exchange of a ticket sets. */
async function sealSession(secret: string, key: WorkbenchKey): Promise<string> {
  const now = Date.now();
  const keys = createSealKeys(secret);
  const ticket: Ticket = {
    hash: '',
    ...key,
    admin: false,
    signedInAt: now,
    sessionExpiresAt: now + 3_600_000,
    expiresAt: now + 60_000,
  };
  const sessions = new Sessions(new Seal(async () => keys, systemTimers), systemTimers);
  return (await sessions.formatWorkbench(ticket)).split(';')[0] as string;
}
