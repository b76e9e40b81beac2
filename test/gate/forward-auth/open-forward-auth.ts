import { onTestFinished } from 'vitest';
import { listen } from '#adapters/http-server/listen.ts';
import type { Timers } from '#adapters/local/timers.ts';
import { signInUrlOf } from '#core/gate/gate-host.ts';
import { listRunning } from '#core/gate/list-running.ts';
import { createForwardAuth, createGate, type GateSetup } from '#gate/create-gate.ts';
import type { ProxyKind } from '#gate/forward-auth/proxy-kind.ts';
import { OpenRequests } from '#gate/open-requests.ts';
import type { OwnRoute } from '#gate/own-route.ts';
import { PageRenderer } from '#gate/pages/page-renderer.ts';
import { WorkbenchAddresses } from '#gate/workbench-addresses.ts';
import { NO_SHARES } from '#test/gate/no-shares.ts';
import { PlainVisitors, RecordTable } from '#test/gate/open-signed-in-gate.ts';
import { DEFAULT_LOOK } from '#test/gate/pages/default-look.ts';
import { TelemetryRecorder } from '#test/local/telemetry-recorder.ts';
import { MemoryActivityStore } from '#test/memory/memory-activity-store.ts';

export interface ForwardAuthGateOptions {
  readonly proxy: ProxyKind;
  readonly timers: Timers;
  readonly baseUrl?: string;
  readonly ownRoutes?: readonly OwnRoute[];
  /** Local mode without sign-in. */
  readonly open?: true;
  /** Closes the servers; by default the end of the test does. */
  readonly onEnd?: (close: () => Promise<void>) => void;
}

/** Opens a gate with sign-in and a host for each workbench, behind another proxy. */
export async function openForwardAuth({
  proxy,
  timers,
  baseUrl = 'https://wb.example',
  ownRoutes = [],
  open,
  onEnd = onTestFinished,
}: ForwardAuthGateOptions) {
  const telemetry = new TelemetryRecorder();
  const table = new RecordTable();
  const activity = new MemoryActivityStore();
  const visitors = new PlainVisitors(timers);
  const addresses = new WorkbenchAddresses('host', () => new URL(baseUrl));
  const signInUrl = (returnUrl: string, browser?: string) =>
    signInUrlOf(addresses.gateAddress(), returnUrl, browser);
  const setup: GateSetup = {
    access: open
      ? { kind: 'open', guard: { hosts: [], origins: [] } }
      : { kind: 'sessions', visitors, signInUrl },
    workbenches: table,
    shares: NO_SHARES,
    activity,
    openRequests: new OpenRequests(),
    addresses,
    baseUrl: () => new URL(baseUrl),
    ownRoutes,
    trustedHops: 1,
    pages: new PageRenderer(DEFAULT_LOOK),
    timers,
    telemetry,
  };
  const gate = createGate(setup);
  const port = await listen(gate.server, '127.0.0.1', 0, 'WB_WORKBENCH_PORT');
  onEnd(() => gate.close(0));
  const running = { lists: 0, list: () => listRunning(table) };
  const auth = createForwardAuth(setup, {
    proxy,
    running: {
      list: () => {
        running.lists += 1;
        return running.list();
      },
    },
    gateUrl: () => `http://127.0.0.1:${port}`,
  });
  const authPort = await auth.listen(0);
  onEnd(() => auth.close(0));
  return { gate, auth, port, authPort, timers, telemetry, table, activity, visitors, running };
}
