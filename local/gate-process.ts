import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { StartError } from '#adapters/http-server/listen.ts';
import { settlesWithin, type Timers } from '#adapters/local/timers.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { FromGate, LocalGateSettings, ToGate } from '#gate/ipc/messages.ts';
import type { GateRequests } from './gate-requests.ts';

const ENTRY = join(import.meta.dirname, '../gate/main.ts');

/** The variables that the gate gets. All others may have secrets: those of the settings, or of the user's shell. */
const PASSED_VARIABLES = ['TZ', 'LANG', 'LC_ALL', 'NODE_EXTRA_CA_CERTS', 'TMPDIR'];

/**
 * V8 keeps several times of what is in use, without these limits: see `npm start`. New objects get more space than there:
 * those of concurrent requests live until the responses end, and a small space has them copied many times. With 2 MiB, a
 * request takes a quarter more processor time.
 */
const NODE_OPTIONS = ['--max-semi-space-size=16', '--heap-growing-percent=50', '--max-old-space-size=512'];

/** How long the gate may take to load and to listen, milliseconds. A busy computer is slow. */
const START_TIMEOUT_MS = 60_000;
/** The shortest and the longest wait before a gate that ended is started again, milliseconds. */
const RESTART_DELAY_MIN_MS = 100;
const RESTART_DELAY_MAX_MS = 5_000;
/** After a gate has listened for this long, the wait begins at its minimum again. Milliseconds. */
const STABLE_AFTER_MS = 10_000;
/** How long the gate may take to exit after the drain time, milliseconds. Then it is killed. */
const EXIT_TIMEOUT_MS = 1_000;
/**
 * How long after SIGTERM the controller replaces the gate, milliseconds. A service manager sends SIGTERM to all processes, and
 * by then the controller has begun to end the gate itself.
 */
const TERMINATION_DELAY_MS = 5_000;
/** How long a gate that is replaced waits for responses in progress, milliseconds. */
const REPLACEMENT_GRACE_MS = 1_000;
/** How often the controller asks whether the gate still responds, milliseconds. */
const PING_INTERVAL_MS = 2_000;
/**
 * After so many pings in a row without a response, the gate hangs. Pings are counted, and the time is not measured: after a
 * pause of the controller, or of the whole computer, much time has passed in which the gate could not respond.
 */
const UNANSWERED_MAX = 5;

export interface GateProcessOptions {
  readonly settings: LocalGateSettings;
  readonly requests: GateRequests;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
}

/**
 * The gate in a process of its own: a fault in what browsers and workbenches send ends neither the controller nor a
 * workbench. A gate that ended is started again on the same port.
 */
export class GateProcess {
  readonly #options: GateProcessOptions;
  #child: GateChild | undefined;
  #port: number | undefined;
  #failures = 0;
  #cancelRestart = () => {};
  #closing = false;

  constructor(options: GateProcessOptions) {
    this.#options = options;
  }

  /** The process id of the gate; undefined between its end and its restart. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Starts the gate, unless an earlier call for another port did, and listens. From then on it is started again
   * whenever it ends.
   * @throws StartError when the gate cannot start or cannot listen on the port
   */
  async listen(port: number): Promise<number> {
    this.#child ??= this.#start();
    this.#port = await this.#child.listen(port);
    this.#watch(this.#child);
    return this.#port;
  }

  /** Ends the gate. It waits at most `graceMs` for responses in progress. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    this.#cancelRestart();
    await this.#child?.end(graceMs);
    this.#child = undefined;
  }

  #start(): GateChild {
    const { settings, requests, timers, telemetry } = this.#options;
    const child = new GateChild(timers, (message, reply) => {
      requests.respond(message).then(
        (response) => response !== undefined && reply(response),
        (error: unknown) => telemetry.error('the gate sent an invalid message', {}, error),
      );
    });
    child.send({ type: 'settings', settings });
    return child;
  }

  /** Starts the gate again when this process, which listens, has ended. */
  #watch(child: GateChild): void {
    const { timers, telemetry } = this.#options;
    const since = timers.elapsed();
    const stopPings = child.killIfSilent(() =>
      telemetry.error('the gate does not respond and is killed', { pid: child.pid }),
    );
    let cancelEnd = () => {};
    void child.terminated.then(() => {
      cancelEnd = timers.after(TERMINATION_DELAY_MS, () => {
        if (!this.#closing) void child.end(REPLACEMENT_GRACE_MS);
      });
    });
    void child.exited.then((exit) => {
      stopPings();
      cancelEnd();
      if (this.#closing) return;
      if (timers.elapsed() - since >= STABLE_AFTER_MS) this.#failures = 0;
      telemetry.error('the gate ended and is started again', { exit });
      this.#scheduleRestart();
    });
  }

  #scheduleRestart(): void {
    this.#child = undefined;
    const delayMs = Math.min(RESTART_DELAY_MAX_MS, RESTART_DELAY_MIN_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#cancelRestart = this.#options.timers.after(delayMs, () => void this.#restart());
  }

  async #restart(): Promise<void> {
    const { telemetry } = this.#options;
    const child = this.#start();
    this.#child = child;
    try {
      const port = await child.listen(this.#port ?? 0);
      telemetry.info('the gate was started again', { port });
    } catch (error) {
      if (this.#closing) return;
      telemetry.error('the gate could not be started again', {}, error);
      await child.end(0);
      if (!this.#closing) this.#scheduleRestart();
      return;
    }
    this.#watch(child);
  }
}

/** One process of the gate. */
class GateChild {
  /** How the process ended, for the log: `code 1`. */
  readonly exited: Promise<string>;
  /** Resolves when the process has received SIGTERM. It has not ended. */
  readonly terminated: Promise<void>;
  readonly #process: ChildProcess;
  readonly #timers: Timers;
  /** The pings since the last pong. */
  #unanswered = 0;
  #onListening: (message: Extract<FromGate, { type: 'listening' | 'not_listening' }>) => void = () => {};

  constructor(
    timers: Timers,
    onRequest: (message: Extract<FromGate, { type: 'request' }>, reply: (response: ToGate) => void) => void,
  ) {
    this.#timers = timers;
    // Its log is written to the same place by the process itself, also while the controller is busy or paused.
    this.#process = fork(ENTRY, [], {
      env: Object.fromEntries(
        PASSED_VARIABLES.flatMap((name) => {
          const value = process.env[name];
          return value === undefined ? [] : [[name, value]];
        }),
      ),
      execArgv: NODE_OPTIONS,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.exited = new Promise((resolve) => {
      this.#process.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
      // If the process was not created there is no `exit`. A message that cannot be sent has a callback.
      this.#process.once('error', (error) => resolve(error.message));
    });
    let terminate = () => {};
    this.terminated = new Promise((resolve) => {
      terminate = resolve;
    });
    this.#process.on('message', (message: FromGate) => {
      if (message.type === 'request') onRequest(message, (response) => this.send(response));
      else if (message.type === 'pong') this.#unanswered = 0;
      else if (message.type === 'terminated') terminate();
      else this.#onListening(message);
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Sends a message. Nothing happens if the process has ended. */
  send(message: ToGate): void {
    if (this.#process.connected) this.#process.send(message, () => {});
  }

  /** @throws StartError */
  async listen(port: number): Promise<number> {
    const listening = new Promise<number>((resolve, reject) => {
      this.#onListening = (message) => {
        if (message.type === 'listening') resolve(message.port);
        else reject(toStartError(message));
      };
      void this.exited.then((exit) => reject(new StartError(`The gate could not be started (${exit}).`)));
    });
    this.send({ type: 'listen', port });
    if (!(await settlesWithin(this.#timers, START_TIMEOUT_MS, listening)))
      throw new StartError(`The gate did not start within ${START_TIMEOUT_MS / 1000} seconds.`);
    return await listening;
  }

  /**
   * Kills the process when it no longer responds to pings. Returns a function that ends the pings.
   * @param onKill is called before
   */
  killIfSilent(onKill: () => void): () => void {
    let cancel = () => {};
    const ping = () => {
      if (this.#unanswered >= UNANSWERED_MAX) {
        onKill();
        this.#process.kill('SIGKILL');
        return;
      }
      this.#unanswered += 1;
      this.send({ type: 'ping' });
      cancel = this.#timers.after(PING_INTERVAL_MS, ping);
    };
    ping();
    return () => cancel();
  }

  /** Ends the process after the responses in progress, for which it waits at most `graceMs`. */
  async end(graceMs: number): Promise<void> {
    this.send({ type: 'close', graceMs });
    if (await settlesWithin(this.#timers, graceMs + EXIT_TIMEOUT_MS, this.exited)) return;
    this.#process.kill('SIGKILL');
    await this.exited;
  }
}

/** The error of `listen` in the gate, with the code by which `isPortInUse` recognizes it. */
function toStartError({ message, code }: Extract<FromGate, { type: 'not_listening' }>): StartError {
  return new StartError(message, Object.assign(new Error(message), { code }));
}
