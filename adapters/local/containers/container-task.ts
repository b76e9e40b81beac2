import type { StopReason } from '#core/ports/task-runner.ts';
import { prefixOf, toEndpoint } from '../tasks/endpoint.ts';
import type { NotReady } from '../tasks/http-probe.ts';
import { LocalTask, type LocalTaskContext, NO_FREE_PORT } from '../tasks/local-task.ts';
import { describeNotReady, waitUntilReady } from '../tasks/readiness.ts';
import { pause } from '../timers.ts';
import type { ContainerRecord } from './container-record.ts';
import {
  belongsToTask,
  type ContainerSettings,
  containerName,
  containerSpec,
  memoryMibOf,
} from './container-spec.ts';
import { prepareFolder } from './container-user.ts';
import type { ContainerState, Engine } from './engine.ts';
import type { Images } from './images.ts';
import type { RunOutput } from './run-output.ts';
import { StartFailure, startFailureReason, toExitReason, wasOomKilled } from './stop-reasons.ts';

export interface ContainerTaskContext extends LocalTaskContext<ContainerRecord> {
  readonly engine: Engine;
  readonly images: Images;
  readonly settings: ContainerSettings;
  readonly output: RunOutput;
}

/** Delay before the next call after a failed call of the engine, milliseconds. */
const ENGINE_RETRY_MS = 1000;
/** The longest wait for the engine to report an exit. The container is inspected after it, milliseconds. */
const WAIT_MAX_MS = 5000;
/** The longest wait for the end of the output of a container that has ended, milliseconds. */
const OUTPUT_END_MAX_MS = 10_000;
/** Polling interval for a container that is being started or ended, milliseconds. */
const POLL_INTERVAL_MS = 50;

const CONTAINER_REMOVED = {
  code: 'stopped_externally',
  message: 'Its container was deleted from outside.',
} as const;
const ENGINE_RESTARTED = {
  code: 'instance_lost',
  message: 'The container engine was restarted while it ran.',
} as const;

/**
 * A task that runs as a container. Every step inspects the container before it acts, so that it can be repeated
 * at any time: by this server after a lost response, or by the next server after a crash.
 */
export class ContainerTask extends LocalTask<ContainerRecord> {
  readonly #context: ContainerTaskContext;
  readonly #name: string;
  #starting: Promise<void> | undefined;
  /** Resolves when the container has ended, with whether its output is stored up to its end. */
  #storing: Promise<boolean> | undefined;
  /** Whether this server has created the container, and read none of its output. */
  #isNew = false;

  constructor(record: ContainerRecord, context: ContainerTaskContext) {
    super(record, context);
    this.#context = context;
    this.#name = containerName(context.settings.installation, record.taskId);
  }

  /** A record beyond `provisioning` may have a container of an earlier server. */
  protected override get hasBegun(): boolean {
    return this.#starting !== undefined || this.record.status !== 'provisioning';
  }

  protected override async startAndWatch(): Promise<void> {
    this.#starting = this.#start();
    await this.#starting;
    if (!this.isEnding) await this.#watch();
  }

  async #start(): Promise<void> {
    const { timers } = this.#context;
    await this.update({ status: 'pending', detail: 'waiting for the container engine' });
    while (!this.endSignal.aborted) {
      try {
        const container = await this.#ensureStarted();
        if (container === undefined || (await this.#updateEndpoint(container))) return;
        await pause(timers, POLL_INTERVAL_MS, this.endSignal);
      } catch (error) {
        const stop = startFailureReason(error);
        if (stop === undefined) await this.#recordEngineSilent(error);
        else void this.end(stop);
        await pause(timers, ENGINE_RETRY_MS, this.endSignal);
      }
    }
  }

  /** Returns the started container of the task, or undefined when the task is to end. */
  async #ensureStarted(): Promise<ContainerState | undefined> {
    const { engine, settings } = this.#context;
    for (;;) {
      const container = await engine.find(this.#name);
      if (this.endSignal.aborted) return undefined;
      if (container === undefined) {
        // The container was created before, so it was deleted from outside.
        if (this.record.containerId !== undefined)
          throw new StartFailure(CONTAINER_REMOVED.code, CONTAINER_REMOVED.message);
        await this.#create();
        continue;
      }
      if (!belongsToTask(container, settings.installation, this.record.taskId)) {
        throw new StartFailure('start_refused', `Another container has the name ${this.#name}.`);
      }
      if (this.record.containerId === undefined) await this.update({ containerId: container.id });
      if (container.phase !== 'created') return container;
      // After a restart of the computer podman reports a container that ran as created.
      if (this.record.startedAt !== undefined)
        throw new StartFailure(ENGINE_RESTARTED.code, ENGINE_RESTARTED.message);
      await this.update({ detail: 'starting' });
      if (this.endSignal.aborted) return undefined;
      await engine.start(container.id);
      await this.update({ startedAt: this.#context.timers.now() });
    }
  }

  /** Returns false when a running container has no host port yet. */
  async #updateEndpoint(container: ContainerState): Promise<boolean> {
    const port = container.hostPort(this.#context.settings.port);
    // An exited container has no host port.
    if (port === undefined) return container.phase === 'exited';
    const endpoint = toEndpoint('127.0.0.1', port, this.#path());
    if (this.record.endpoint !== endpoint || this.record.engineSilent)
      await this.update({ endpoint, engineSilent: false });
    return true;
  }

  /** The path before the paths of the program. */
  #path(): string {
    const { keepPrefix, baseUrl } = this.#context.settings;
    return keepPrefix ? prefixOf(baseUrl(this.record.input.workbenchId)) : '';
  }

  async #create(): Promise<void> {
    const { engine, images, settings } = this.#context;
    const { input, image, taskId } = this.record;
    if (input.gpuCount > 0 && !settings.engine.gpus) {
      throw new StartFailure('cannot_fit', 'The container engine of this computer has no GPUs.');
    }
    const folder = await prepareFolder(input, settings.user);
    await images.ensure(image, (detail) => void this.update({ detail }), this.endSignal);
    if (this.endSignal.aborted) return;
    await this.update({ detail: 'creating its container' });
    const hostPort = await this.allocatePort().catch(() => {
      throw new StartFailure(NO_FREE_PORT.code, NO_FREE_PORT.message);
    });
    const isCreated = await engine.create(
      containerSpec(settings, input, folder, { taskId, image, hostPort }),
    );
    if (isCreated) this.#isNew = true;
  }

  /** Watches the container until it ends. Retries when the engine does not respond. */
  async #watch(): Promise<void> {
    const { engine, timers, giveUpSignal } = this.#context;
    void this.#waitUntilRunning();
    this.#storing ??= this.#storeOutput();
    while (!this.endSignal.aborted && !giveUpSignal.aborted) {
      try {
        const container = await engine.find(this.#name);
        if (this.record.engineSilent) await this.update({ engineSilent: false });
        if (container === undefined) void this.end(CONTAINER_REMOVED);
        else if (container.phase === 'created') void this.end(ENGINE_RESTARTED);
        else if (container.phase === 'exited') void this.end(await this.#exitReasonOf(container));
        else {
          await this.#waitForExit(container.id);
          await pause(timers, POLL_INTERVAL_MS, this.endSignal);
        }
      } catch (error) {
        if (this.endSignal.aborted || giveUpSignal.aborted) break;
        await this.#recordEngineSilent(error);
        await pause(timers, ENGINE_RETRY_MS, this.endSignal, giveUpSignal);
      }
    }
  }

  /** Resolves when the container has exited, and at the latest after WAIT_MAX_MS. */
  async #waitForExit(id: string): Promise<void> {
    const { engine, timers, giveUpSignal } = this.#context;
    const timeout = new AbortController();
    const cancel = timers.after(WAIT_MAX_MS, () => timeout.abort());
    try {
      await engine.wait(id, AbortSignal.any([this.endSignal, giveUpSignal, timeout.signal]));
    } finally {
      cancel();
    }
  }

  async #waitUntilRunning(): Promise<void> {
    const { timers, giveUpSignal } = this.#context;
    const { status, endpoint } = this.record;
    if (status === 'running' || endpoint === undefined) return;
    const signal = AbortSignal.any([this.endSignal, giveUpSignal]);
    const ready = await waitUntilReady({
      endpoints: [endpoint],
      timers,
      signal,
      report: async (seen) => {
        const detail = this.#describe(seen);
        if (detail !== this.record.detail) await this.update({ detail });
      },
    });
    if (ready !== undefined) await this.update({ status: 'running' });
  }

  #describe(seen: NotReady): string {
    const { settings, output } = this.#context;
    const { workbenchId, runId } = this.record;
    const port = `port ${settings.port} in its container`;
    // The engine accepts connections to the published port even if nothing listens in the container.
    const what =
      seen.kind === 'refused' || seen.kind === 'reset'
        ? `nothing listens on 0.0.0.0:${settings.port} in its container, or it closes connections`
        : describeNotReady(seen, port);
    return `${what}; its output is in ${output.fileName(workbenchId, runId)}`;
  }

  async #exitReasonOf(container: ContainerState): Promise<StopReason> {
    const { settings, output, timers } = this.#context;
    const { input, workbenchId, runId } = this.record;
    return toExitReason({
      container,
      kernelOomKilled: await wasOomKilled(container.id, container.finishedAt ?? timers.now()),
      memoryMib: memoryMibOf(settings, input),
      outputName: output.fileName(workbenchId, runId),
    });
  }

  protected override async endRuntime(): Promise<boolean> {
    await this.#starting;
    return await this.#removeContainer();
  }

  /** Ends and removes the container. Returns false when the server gave up. */
  async #removeContainer(): Promise<boolean> {
    const { engine, settings, timers, giveUpSignal } = this.#context;
    while (!giveUpSignal.aborted) {
      try {
        const container = await engine.find(this.#name);
        if (container === undefined || !belongsToTask(container, settings.installation, this.record.taskId))
          return true;
        if (container.phase === 'running') await this.#stopContainer(container.id);
        else {
          await this.#completeOutput(container);
          await engine.remove(container.id);
        }
        await pause(timers, POLL_INTERVAL_MS, giveUpSignal);
      } catch (error) {
        await this.#recordEngineSilent(error);
        await pause(timers, ENGINE_RETRY_MS, giveUpSignal);
      }
    }
    return false;
  }

  async #stopContainer(id: string): Promise<void> {
    const { engine, graceMs } = this.#context;
    // The engine responds to a stop only when the container has ended.
    const kill = () => void engine.kill(id).catch(() => {});
    this.killSignal.addEventListener('abort', kill);
    try {
      if (this.killSignal.aborted) await engine.kill(id);
      else await engine.stop(id, Math.ceil(graceMs / 1000));
    } finally {
      this.killSignal.removeEventListener('abort', kill);
    }
  }

  /** Stores the output of the container while it runs. Continues after a lost connection, and until the server ends. */
  async #storeOutput(): Promise<boolean> {
    const { engine, timers, giveUpSignal, output } = this.#context;
    const { workbenchId, runId } = this.record;
    let isReported = false;
    while (!giveUpSignal.aborted) {
      try {
        const options = { follow: true, isNew: this.#isNew, signal: giveUpSignal };
        this.#isNew = false;
        await output.store(this.#name, workbenchId, runId, options);
        if ((await engine.find(this.#name))?.phase !== 'running') return true;
      } catch (error) {
        if (giveUpSignal.aborted) break;
        if (!isReported) this.#reportOutputFailure(error);
        isReported = true;
      }
      // Even if the container has ended: then the output is complete after the next reading.
      await pause(timers, ENGINE_RETRY_MS, giveUpSignal);
    }
    return false;
  }

  /** Stores the rest of the output of a container that is about to be removed. */
  async #completeOutput(container: ContainerState): Promise<void> {
    const { timers, giveUpSignal, output } = this.#context;
    const { workbenchId, runId } = this.record;
    if (container.phase === 'created') return;
    const timeout = new AbortController();
    const cancel = timers.after(OUTPUT_END_MAX_MS, () => timeout.abort());
    try {
      const signal = AbortSignal.any([giveUpSignal, timeout.signal]);
      if (await Promise.race([this.#storing, aborted(signal)])) return;
      // The server that watched the container has ended.
      if (this.#storing === undefined)
        await output.store(container.id, workbenchId, runId, {
          follow: false,
          isNew: this.#isNew,
          signal,
        });
    } catch (error) {
      // A full disk must not keep the container from being removed.
      this.#reportOutputFailure(error);
    } finally {
      cancel();
    }
  }

  #reportOutputFailure(error: unknown): void {
    const { taskId } = this.record;
    this.#context.telemetry?.error('container output could not be stored', { taskId }, error);
  }

  /** Marks the record as possibly stale. */
  async #recordEngineSilent(error: unknown): Promise<void> {
    if (this.record.engineSilent) return;
    const { taskId } = this.record;
    this.#context.telemetry?.error('the container engine does not respond', { taskId }, error);
    await this.update({ engineSilent: true });
  }
}

/** Resolves with undefined when the signal aborts. */
function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
