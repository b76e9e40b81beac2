import { waitUntilResponding } from '../tasks/http-probe.ts';
import { LocalTask, type LocalTaskContext } from '../tasks/local-task.ts';
import type { StopReason } from '../tasks/task-record.ts';
import { pause, settlesWithin, type Timers } from '../timers.ts';
import type { GatedProcess } from './launch.ts';
import type { ProcessRecord } from './process-record.ts';
import type { ProcessTable } from './process-table.ts';
import { endProcessTree, type ProcessTree } from './process-tree.ts';

export interface ProcessTaskContext extends LocalTaskContext<ProcessRecord> {
  readonly table: ProcessTable;
  readonly timers: Timers;
  /** From SIGTERM to SIGKILL, milliseconds. */
  readonly graceMs: number;
  /** Aborts when nothing is to be waited for any more: what still lives stays. */
  readonly giveUpSignal: AbortSignal;
}

/** A process started for a task, which waits at its gate. */
export interface LaunchedProgram {
  readonly process: GatedProcess;
  /** What its processes carry in their environment and no others do. */
  readonly marker: readonly string[];
  /** What to tell people when it ends by itself: where its output is. */
  readonly outputName: string;
  /** Called once when everything of it is gone. */
  dispose(): void;
}

/** How long the program's own end is waited for after nothing of it was found any more, milliseconds. */
const REAP_TIMEOUT_MS = 2000;
/** When the process table could not be read it is tried again after this, milliseconds. */
const PROCESS_TABLE_RETRY_MS = 1000;

/** One task in its life: from its record, through its process, to its end. */
export class ProcessTask extends LocalTask<ProcessRecord> {
  readonly #context: ProcessTaskContext;
  /** Set once, at the first thing that ends the task: what comes later is only a consequence. */
  #stop: StopReason | undefined;
  #launching: Promise<LaunchedProgram | undefined> | undefined;
  #ended: Promise<void> | undefined;
  readonly #ending = new AbortController();
  readonly #killNow = new AbortController();

  constructor(record: ProcessRecord, context: ProcessTaskContext) {
    super(record, context);
    this.#context = context;
  }

  /** Whether something is ending it, or has. */
  get isEnding(): boolean {
    return this.#stop !== undefined || this.record.status === 'stopped';
  }

  /**
   * Brings the task to life. `launch` may answer why it could not be done, and is not called when the task
   * is to end before.
   *
   * @param endpoint where its program will answer, without a slash at the end
   * @param programKind the kind of program, for people
   */
  async run(
    endpoint: string,
    programKind: string,
    launch: () => Promise<LaunchedProgram | StopReason>,
  ): Promise<void> {
    this.#launching = this.#launch(endpoint, programKind, launch);
    const launched = await this.#launching;
    if (launched === undefined) return;
    void launched.process.ended.then(({ code, signal }) => {
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      const message = `Its main process ended ${how}. Its output is in ${launched.outputName}.`;
      return this.end({ code: 'exited', message });
    });
    if (this.isEnding) return;
    launched.process.release();
    if (await waitUntilResponding(`${endpoint}/`, this.#context.timers, this.#ending.signal)) {
      await this.update({ status: 'running' });
    }
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

  /** Ends the task like `end`, and kills its processes at once. */
  kill(stop: StopReason): Promise<void> {
    this.#killNow.abort();
    return this.end(stop);
  }

  /** Ends a task of an earlier server, once it is known that nothing is left of it. */
  endWhenGone(stop: StopReason, gone: Promise<boolean>): Promise<void> {
    this.#stop = stop;
    this.#ended = this.update({ status: 'stopping' }).then(async () => {
      if (await gone) await this.update({ status: 'stopped', stop, stoppedAt: this.#context.timers.now() });
    });
    return this.#ended;
  }

  async #launch(
    endpoint: string,
    programKind: string,
    launch: () => Promise<LaunchedProgram | StopReason>,
  ): Promise<LaunchedProgram | undefined> {
    await this.update({ status: 'pending', endpoint, detail: `starting ${programKind}` });
    if (this.isEnding) return undefined;
    const launched = await launch();
    if ('code' in launched) {
      void this.end(launched);
      return undefined;
    }
    const { pid } = launched.process;
    const { table } = this.#context;
    const [entry, bootId] = await Promise.all([table.read(pid), table.bootId()]);
    // Without the record the gate stays shut: nobody could tell later whose process it is.
    const startTime = entry?.startTime;
    const saved = startTime !== undefined && (await this.update({ process: { pid, startTime, bootId } }));
    if (!saved) void this.end({ code: 'start_refused', message: 'Its process could not be recorded.' });
    return launched;
  }

  async #finish(stop: StopReason): Promise<void> {
    const launching = this.#launching;
    if (launching !== undefined) {
      await this.update({ status: 'stopping' });
      const launched = await launching;
      if (launched !== undefined && !(await this.#endProcesses(launched))) return;
    }
    await this.update({ status: 'stopped', stop, stoppedAt: this.#context.timers.now() });
  }

  /** Answers false when it was given up: something may live on, and the record goes on saying so. */
  async #endProcesses(launched: LaunchedProgram): Promise<boolean> {
    const { timers, giveUpSignal, telemetry } = this.#context;
    const { process, taskId } = this.record;
    const family: ProcessTree = {
      leaders: process === undefined ? [] : [{ ...process, watched: true }],
      marker: launched.marker,
    };
    launched.process.abandon();
    while (!giveUpSignal.aborted) {
      try {
        if (
          !(await endProcessTree(family, {
            ...this.#context,
            killNow: this.#killNow.signal,
            signal: giveUpSignal,
          }))
        )
          return false;
        await settlesWithin(timers, REAP_TIMEOUT_MS, launched.process.ended);
        launched.dispose();
        return true;
      } catch (error) {
        telemetry?.error('processes could not be listed', { taskId }, error);
        await pause(timers, PROCESS_TABLE_RETRY_MS, giveUpSignal);
      }
    }
    return false;
  }
}
