import { limitConnections, MAX_WORKBENCH_CONNECTIONS } from '#adapters/http-server/connection-limit.ts';
import { listen, StartError } from '#adapters/http-server/listen.ts';
import { RequestFaults } from '#adapters/http-server/request-faults.ts';
import { LocalTelemetry } from '#adapters/local/local-telemetry.ts';
import { systemTimers } from '#adapters/local/timers.ts';
import { errorCode } from '#adapters/system-error.ts';
import { PageRenderer } from '#gate/pages/page-renderer.ts';
import type { ApiAddress } from '#gate/pages/start-command.ts';
import { buildSignIn } from './build-sign-in.ts';
import { commandRoutes } from './command-routes.ts';
import { createForwardAuth, createGate, type GateAccess, type GateSetup } from './create-gate.ts';
import type { ForwardAuth } from './forward-auth/forward-auth.ts';
import type { GateServer } from './gate-server.ts';
import { ControllerClient, type Send } from './ipc/controller-client.ts';
import { ipcPorts } from './ipc/ipc-ports.ts';
import type { FromGate, GateSettings, ToGate } from './ipc/messages.ts';
import { OpenRequests } from './open-requests.ts';
import type { OwnRoute } from './own-route.ts';
import { createSealKeys } from './session/seal.ts';
import { healthRoute, TableHealth } from './table-health.ts';
import { VisitStart } from './visit-start.ts';
import { WorkbenchAddresses } from './workbench-addresses.ts';

/**
 * The process of the gate in local mode. The controller starts it with a channel for messages; it has no database. It
 * ends when the channel closes: the controller has ended, and its successor needs the port.
 */

const telemetry = new LocalTelemetry();
const timers = systemTimers;

const send: Send = (message, sent) => {
  if (process.send === undefined || !process.connected) {
    sent(new Error('there is no channel'));
    return;
  }
  process.send(message, undefined, {}, sent);
};

/** The controller ends without an event of its own if it does not take a message. */
const tell = (message: FromGate) => send(message, () => {});

const client = new ControllerClient({ send, timers });

const ports = ipcPorts(client);

/** Returns who is let in, and the paths of the sign-in. */
function buildAccess(
  { signIn, guard }: GateSettings,
  addresses: WorkbenchAddresses,
  pages: PageRenderer,
): { readonly access: GateAccess; readonly routes: readonly OwnRoute[] } {
  if (signIn === undefined) return { access: { kind: 'open', guard }, routes: [] };
  const keys = createSealKeys(signIn.keys.current, signIn.keys.previous);
  const { visitors, signInUrl, routes } = buildSignIn({
    method: signIn.method,
    keys: async () => keys,
    ports,
    frontendOrigins: signIn.frontendOrigins,
    address: () => addresses.gateAddress(),
    pages,
    clock: timers,
    telemetry,
  });
  return { access: { kind: 'sessions', visitors, signInUrl }, routes };
}

/** The server, with the settings that the controller has sent. */
class Gate {
  readonly #settings: GateSettings;
  readonly #server: GateServer;
  readonly #forwardAuth: ForwardAuth | undefined;
  #api: ApiAddress;
  #port = 0;

  constructor(settings: GateSettings) {
    this.#settings = settings;
    this.#api = settings.api;
    const addresses = new WorkbenchAddresses(settings.addressMode, () => this.#baseUrl());
    const pages = new PageRenderer(settings.look);
    const health = new TableHealth(ports.workbenches, timers, telemetry);
    const { workbenches } = health;
    const { access, routes } = buildAccess(settings, addresses, pages);
    const setup: GateSetup = {
      access,
      ownRoutes: [
        healthRoute(health),
        ...commandRoutes({ workbenches, commands: ports.commands, pages, clock: timers, telemetry }),
        ...routes,
      ],
      frontendOrigins: settings.signIn?.frontendOrigins ?? [],
      workbenches,
      activity: ports.activity,
      ...(settings.startsOnVisit ? { visitStart: new VisitStart(ports.commands) } : {}),
      telemetry,
      api: () => this.#api,
      baseUrl: () => this.#baseUrl(),
      addresses,
      pages,
      timers,
      openRequests: new OpenRequests(),
      ...(settings.proxy === undefined ? {} : { trustedHops: 1 }),
    };
    this.#server = createGate(setup);
    limitConnections(this.#server.server, {
      max: MAX_WORKBENCH_CONNECTIONS,
      name: 'workbenches',
      timers,
      telemetry,
    });
    if (settings.proxy !== undefined)
      this.#forwardAuth = createForwardAuth(setup, {
        proxy: settings.proxy.kind,
        running: ports.running,
        gateUrl: () => `http://127.0.0.1:${this.#port}`,
      });
  }

  setApi(api: ApiAddress): void {
    this.#api = api;
  }

  async listen(port: number): Promise<void> {
    const forwardAuth = this.#forwardAuth;
    try {
      // First, because a repeated call must find the server of the workbenches closed.
      if (forwardAuth !== undefined && !forwardAuth.server.listening)
        await forwardAuth.listen(this.#settings.proxy?.port ?? 0);
      this.#port = await listen(this.#server.server, this.#settings.bindAddress, port, 'WB_WORKBENCH_PORT');
      tell({ type: 'listening', port: this.#port });
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      tell({ type: 'not_listening', message: error.message, code: errorCode(error.cause) });
    }
  }

  async close(graceMs: number): Promise<void> {
    await Promise.all([this.#server.close(graceMs), this.#forwardAuth?.close(graceMs)]);
  }

  #baseUrl(): URL {
    const { baseUrl, hostname } = this.#settings;
    return new URL(baseUrl ?? `http://${hostname}:${this.#port}`);
  }
}

let gate: Gate | undefined;

async function receive(message: ToGate): Promise<void> {
  switch (message.type) {
    case 'settings':
      gate = new Gate(message.settings);
      return;
    case 'listen':
      return gate?.listen(message.port);
    case 'api':
      return gate?.setApi(message.api);
    case 'result':
    case 'failure':
      return client.receive(message);
    case 'close':
      await gate?.close(message.graceMs);
      process.exit(0);
  }
}

function fail(error: unknown): never {
  telemetry.error('the gate failed and ends', {}, error);
  process.exit(1);
}

for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
// A terminal and a service manager send these to the controller as well, which ends the gate in its turn.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
const faults = new RequestFaults(telemetry);
const onUncaught = (error: unknown) => {
  if (!faults.contain(error)) fail(error);
};
process.on('uncaughtException', onUncaught);
process.on('unhandledRejection', onUncaught);
process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToGate) => void receive(message).catch(fail));
if (process.send === undefined) {
  process.stderr.write('The gate is started by the controller: npm start\n');
  process.exit(1);
}
