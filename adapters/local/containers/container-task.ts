import { waitUntilResponding } from '../tasks/http-probe.ts';
import { LocalTask, type LocalTaskContext } from '../tasks/local-task.ts';
import type { PortAllocator } from '../tasks/port-allocator.ts';
import type { StopReason } from '../tasks/task-record.ts';
import { pause, type Timers } from '../timers.ts';
import type { ContainerRecord } from './container-record.ts';
import {
  belongsToTask,
  type ContainerSettings,
  containerName,
  containerSpec,
  memoryMibOf,
} from './container-spec.ts';
import type { ContainerState, Engine } from './engine.ts';
import { toExitReason, wasOomKilled } from './exit-reason.ts';
import type { Images } from './images.ts';
import { prepareFolder } from './prepare-folder.ts';
import type { RunOutput } from './run-output.ts';
import { StartFailure, startFailureReason } from './start-failure.ts';

export interface ContainerTaskContext extends LocalTaskContext<ContainerRecord> {
  readonly engine: Engine;
  readonly images: Images;
  readonly settings: ContainerSettings;
  readonly output: RunOutput;
  readonly ports: PortAllocator;
  readonly timers: Timers;
  /** From SIGTERM to SIGKILL, milliseconds. */
  readonly graceMs: number;
  /** Aborts when nothing is to be waited for any more: what still lives stays, and is adopted by the next server. */
  readonly giveUpSignal: AbortSignal;
}

/** When the engine could not be asked, or has nothing new to say, it is asked again after this, milliseconds. */
const ENGINE_RETRY_MS = 1000;
/** How often a container is looked at, whatever the engine says or does not say of its own accord, milliseconds. */
const WAIT_MAX_MS = 5000;
/** How often a container that is being ended is looked at, milliseconds. */
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
 * One task in its life. Every step asks the engine what there is before it does anything, so that it can be
 * taken at any time again: by this server after a lost answer, or by the next one after a crash.
 */
export class ContainerTask extends LocalTask<ContainerRecord> {
  readonly #context: ContainerTaskContext;
  readonly #name: string;
  /** Set once, at the first thing that ends the task: what comes later is only a consequence. */
  #stop: StopReason | undefined;
  #starting: Promise<void> | undefined;
  /** Taken for its container, and held until that is gone. */
  #hostPort: number | undefined;
  #ended: Promise<void> | undefined;
  readonly #ending = new AbortController();
  readonly #killNow = new AbortController();

  constructor(record: ContainerRecord, context: ContainerTaskContext) {
    super(record, context);
    this.#context = context;
    this.#name = containerName(context.settings.installation, record.taskId);
  }

  /** Whether something is ending it, or has. */
  get isEnding(): boolean {
    return this.#stop !== undefined || this.record.status === 'stopped';
  }

  /** Brings the task to life from wherever it is, and watches it; resolves when it has stopped, or was given up. */
  async run(): Promise<void> {
    if (!this.isEnding) {
      this.#starting = this.#start();
      await this.#starting;
    }
    if (this.isEnding) await this.#ended;
    else await this.#watch();
  }

  /** Ends the task, whatever it does just now; the first reason given counts. Resolves when it has stopped. */
  end(stop: StopReason): Promise<void> {
    if (this.record.status === 'stopped') return Promise.resolve();
    if (this.#ended === undefined) {
      this.#stop = stop;
      this.#ending.abort();
      this.#ended = this.#finish(stop);
    }
    return this.#ended;
  }

  /** Ends the task like `end`, and kills its container at once. */
  kill(stop: StopReason): Promise<void> {
    this.#killNow.abort();
    return this.end(stop);
  }

  async #start(): Promise<void> {
    const { timers } = this.#context;
    await this.update({ status: 'pending', detail: 'waiting for the container engine' });
    while (!this.#ending.signal.aborted) {
      try {
        const container = await this.#ensureStarted();
        if (container === undefined || (await this.#updateEndpoint(container))) return;
        await pause(timers, POLL_INTERVAL_MS, this.#ending.signal);
      } catch (error) {
        const stop = startFailureReason(error);
        if (stop === undefined) await this.#recordEngineSilent(error);
        else void this.end(stop);
        await pause(timers, ENGINE_RETRY_MS, this.#ending.signal);
      }
    }
  }

  /** The task's container, started; undefined when it is to end before. */
  async #ensureStarted(): Promise<ContainerState | undefined> {
    const { engine, settings } = this.#context;
    for (;;) {
      const seen = await engine.find(this.#name);
      if (this.#ending.signal.aborted) return undefined;
      if (seen === undefined) {
        // It had been made, so somebody has deleted it.
        if (this.record.containerId !== undefined)
          throw new StartFailure(CONTAINER_REMOVED.code, CONTAINER_REMOVED.message);
        await this.#create();
        continue;
      }
      if (!belongsToTask(seen, settings.installation, this.record.taskId)) {
        throw new StartFailure('start_refused', `Another container has the name ${this.#name}.`);
      }
      if (this.record.containerId === undefined) await this.update({ containerId: seen.id });
      if (seen.phase !== 'created') return seen;
      // podman forgets at a restart of the machine that a container ran.
      if (this.record.startedAt !== undefined)
        throw new StartFailure(ENGINE_RESTARTED.code, ENGINE_RESTARTED.message);
      await this.update({ detail: 'starting' });
      if (this.#ending.signal.aborted) return undefined;
      await engine.start(seen.id);
      await this.update({ startedAt: this.#context.timers.now() });
    }
  }

  /** Answers false when a container that runs does not show its port yet. */
  async #updateEndpoint(seen: ContainerState): Promise<boolean> {
    const port = seen.hostPort(this.#context.settings.port);
    // One that has ended has none any more.
    if (port === undefined) return seen.phase === 'exited';
    const endpoint = `http://127.0.0.1:${port}`;
    if (this.record.endpoint !== endpoint || this.record.engineSilent)
      await this.update({ endpoint, engineSilent: false });
    return true;
  }

  async #create(): Promise<void> {
    const { engine, images, settings, ports } = this.#context;
    const { input, image, taskId } = this.record;
    if (input.gpuCount > 0 && !settings.engine.gpus) {
      throw new StartFailure('cannot_fit', 'The container engine of this machine has no GPUs to give.');
    }
    const folder = await prepareFolder(input, settings.user);
    await images.ensure(image, (detail) => void this.update({ detail }), this.#ending.signal);
    if (this.#ending.signal.aborted) return;
    await this.update({ detail: 'creating its container' });
    this.#hostPort ??= await ports.allocate().catch(() => {
      throw new StartFailure('start_refused', 'There is no free port for it.');
    });
    await engine.create(containerSpec(settings, input, folder, { taskId, image, hostPort: this.#hostPort }));
  }

  /** Watches the container until it ends; whoever cannot be asked is asked again. */
  async #watch(): Promise<void> {
    const { engine, timers, giveUpSignal } = this.#context;
    void this.#waitUntilRunning();
    while (!this.#ending.signal.aborted && !giveUpSignal.aborted) {
      try {
        const seen = await engine.find(this.#name);
        if (this.record.engineSilent) await this.update({ engineSilent: false });
        if (seen === undefined) void this.end(CONTAINER_REMOVED);
        else if (seen.phase === 'created') void this.end(ENGINE_RESTARTED);
        else if (seen.phase === 'exited') void this.end(await this.#exitReasonOf(seen));
        else {
          await this.#waitForExit(seen.id);
          await pause(timers, POLL_INTERVAL_MS, this.#ending.signal);
        }
      } catch (error) {
        if (this.#ending.signal.aborted || giveUpSignal.aborted) break;
        await this.#recordEngineSilent(error);
        await pause(timers, ENGINE_RETRY_MS, this.#ending.signal, giveUpSignal);
      }
    }
    await this.#ended;
  }

  /** Resolves when it has ended, and at the latest when it is time to look again. */
  async #waitForExit(id: string): Promise<void> {
    const { engine, timers, giveUpSignal } = this.#context;
    const enough = new AbortController();
    const cancel = timers.after(WAIT_MAX_MS, () => enough.abort());
    try {
      await engine.wait(id, AbortSignal.any([this.#ending.signal, giveUpSignal, enough.signal]));
    } finally {
      cancel();
    }
  }

  async #waitUntilRunning(): Promise<void> {
    const { timers, giveUpSignal } = this.#context;
    const { status, endpoint } = this.record;
    if (status === 'running' || endpoint === undefined) return;
    const signal = AbortSignal.any([this.#ending.signal, giveUpSignal]);
    if (await waitUntilResponding(`${endpoint}/`, timers, signal)) {
      await this.update({ status: 'running' });
    }
  }

  async #exitReasonOf(seen: ContainerState): Promise<StopReason> {
    const { settings, output, timers } = this.#context;
    const { input, workbenchId, runId } = this.record;
    return toExitReason({
      seen,
      kernelOomKilled: await wasOomKilled(seen.id, seen.finishedAt ?? timers.now()),
      memoryMib: memoryMibOf(settings, input),
      outputName: output.fileName(workbenchId, runId),
    });
  }

  async #finish(stop: StopReason): Promise<void> {
    const begun = this.#starting !== undefined || this.record.status !== 'provisioning';
    if (begun) await this.update({ status: 'stopping', ending: stop });
    await this.#starting;
    if (!(await this.#removeContainer())) return;
    if (this.#hostPort !== undefined) this.#context.ports.release(this.#hostPort);
    await this.update({ status: 'stopped', stop, stoppedAt: this.#context.timers.now() });
  }

  /** Ends and removes the container; answers false when it was given up. */
  async #removeContainer(): Promise<boolean> {
    const { engine, settings, timers, giveUpSignal } = this.#context;
    while (!giveUpSignal.aborted) {
      try {
        const seen = await engine.find(this.#name);
        if (seen === undefined || !belongsToTask(seen, settings.installation, this.record.taskId))
          return true;
        if (seen.phase === 'running') await this.#stopContainer(seen.id);
        else {
          await this.#saveOutput(seen);
          await engine.remove(seen.id);
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
    const { signal: killNow } = this.#killNow;
    // The engine answers a stop only when it is done.
    const kill = () => void engine.kill(id).catch(() => {});
    killNow.addEventListener('abort', kill);
    try {
      if (killNow.aborted) await engine.kill(id);
      else await engine.stop(id, Math.ceil(graceMs / 1000));
    } finally {
      killNow.removeEventListener('abort', kill);
    }
  }

  async #saveOutput(seen: ContainerState): Promise<void> {
    const { workbenchId, runId, taskId } = this.record;
    if (seen.phase === 'created') return;
    // That there is no room for it must not keep anything from ending.
    await this.#context.output.save(seen.id, workbenchId, runId).catch((error: unknown) => {
      this.#context.telemetry?.error('container output could not be stored', { taskId }, error);
    });
  }

  /** The engine could not be asked: what was last seen may be old. */
  async #recordEngineSilent(error: unknown): Promise<void> {
    if (this.record.engineSilent) return;
    const { taskId } = this.record;
    this.#context.telemetry?.error('the container engine does not respond', { taskId }, error);
    await this.update({ engineSilent: true });
  }
}
