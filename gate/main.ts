import { StartError } from '#adapters/http-server/listen.ts';
import { RequestFaults } from '#adapters/http-server/request-faults.ts';
import { LocalTelemetry } from '#adapters/local/local-telemetry.ts';
import { systemTimers } from '#adapters/local/timers.ts';
import { errorCode } from '#adapters/system-error.ts';
import type { Gate } from './gate.ts';
import { ControllerClient, type Send } from './ipc/controller-client.ts';
import { ipcPorts } from './ipc/ipc-ports.ts';
import { createLocalGate } from './ipc/local-gate.ts';
import type { FromGate, LocalGateSettings, ToGate } from './ipc/messages.ts';

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

/** The gate, with the settings that the controller has sent. */
class LocalGate {
  readonly #settings: LocalGateSettings;
  readonly #gate: Gate;
  #port = 0;
  #parsed: { readonly text: string; readonly url: URL } | undefined;

  constructor(settings: LocalGateSettings) {
    this.#settings = settings;
    const { running, ...ports } = ipcPorts(client);
    this.#gate = createLocalGate({
      settings,
      ports: { ...ports, telemetry },
      running,
      baseUrl: () => this.#baseUrl(),
      timers,
    });
  }

  async listen(port: number): Promise<void> {
    try {
      this.#port = await this.#gate.listen(this.#settings.bindAddress, port, 'WB_WORKBENCH_PORT');
      tell({ type: 'listening', port: this.#port });
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      tell({ type: 'not_listening', message: error.message, code: errorCode(error.cause) });
    }
  }

  /** No load balancer checks the health of this gate: it ends at once. */
  close(graceMs: number): Promise<void> {
    return this.#gate.close({ delayMs: 0, spreadMs: 0, graceMs });
  }

  /** Every request needs it, so it is parsed once for each port. */
  #baseUrl(): URL {
    const { baseUrl, hostname } = this.#settings;
    const text = baseUrl ?? `http://${hostname}:${this.#port}`;
    if (this.#parsed?.text !== text) this.#parsed = { text, url: new URL(text) };
    return this.#parsed.url;
  }
}

let gate: LocalGate | undefined;

async function receive(message: ToGate): Promise<void> {
  switch (message.type) {
    case 'settings':
      gate = new LocalGate(message.settings);
      return;
    case 'listen':
      return gate?.listen(message.port);
    case 'ping':
      return tell({ type: 'pong' });
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
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('SIGTERM', () => tell({ type: 'terminated' }));
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
