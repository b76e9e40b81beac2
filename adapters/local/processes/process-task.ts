import type { StopReason } from '#core/ports/task-runner.ts';
import { waitUntilResponding } from '../tasks/http-probe.ts';
import { LocalTask, type LocalTaskContext, NO_FREE_PORT } from '../tasks/local-task.ts';
import { pause, settlesWithin } from '../timers.ts';
import { endpointOf, type LaunchedProgram, type LaunchSettings, launchProgram } from './launch.ts';
import type { ProcessRecord } from './process-record.ts';
import type { ProcessTable } from './process-table.ts';
import { endProcessTree, type ProcessTree } from './process-tree.ts';

export interface ProcessTaskContext extends LocalTaskContext<ProcessRecord> {
  readonly table: ProcessTable;
  readonly launchSettings: LaunchSettings;
}

/** The longest wait for the exit of the program after none of its processes was found, milliseconds. */
const REAP_TIMEOUT_MS = 2000;
/** Delay before the process table is read again after an error, milliseconds. */
const PROCESS_TABLE_RETRY_MS = 1000;

/** A task that runs as a tree of processes. */
export class ProcessTask extends LocalTask<ProcessRecord> {
  readonly #context: ProcessTaskContext;
  #launching: Promise<LaunchedProgram | undefined> | undefined;

  constructor(record: ProcessRecord, context: ProcessTaskContext) {
    super(record, context);
    this.#context = context;
  }

  /** Ends a task of an earlier server, once it is known that none of its processes is left. */
  endWhenGone(stop: StopReason, gone: Promise<boolean>): Promise<void> {
    return this.endBy(stop, async () => {
      await this.update({ status: 'stopping' });
      return await gone;
    });
  }

  protected override get hasBegun(): boolean {
    return this.#launching !== undefined;
  }

  protected override async startAndWatch(): Promise<void> {
    const port = await this.allocatePort().catch(() => undefined);
    if (port === undefined) return await this.end(NO_FREE_PORT);
    if (this.isEnding) return;
    const endpoint = endpointOf(this.#context.launchSettings, this.record.workbenchId, port);
    this.#launching = this.#launch(endpoint, port);
    const launched = await this.#launching;
    if (launched !== undefined) await this.#watch(launched, endpoint);
    await this.stopped;
  }

  async #launch(endpoint: string, port: number): Promise<LaunchedProgram | undefined> {
    const { launchSettings, table } = this.#context;
    await this.update({ status: 'pending', endpoint, detail: `starting ${launchSettings.command.kind}` });
    if (this.isEnding) return undefined;
    const launched = await launchProgram(launchSettings, this.record.input, port);
    if ('code' in launched) {
      void this.end(launched);
      return undefined;
    }
    const { pid } = launched.process;
    const [entry, bootId] = await Promise.all([table.read(pid), table.bootId()]);
    // The gate stays shut without the record: a later server could not tell whose process it is.
    const startTime = entry?.startTime;
    const saved = startTime !== undefined && (await this.update({ process: { pid, startTime, bootId } }));
    if (!saved) void this.end({ code: 'start_refused', message: 'Its process could not be recorded.' });
    return launched;
  }

  async #watch({ process, outputName }: LaunchedProgram, endpoint: string): Promise<void> {
    void process.ended.then(({ code, signal }) => {
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      const message = `Its main process ended ${how}. Its output is in ${outputName}.`;
      return this.end({ code: 'exited', message });
    });
    if (this.isEnding) return;
    process.release();
    if (await waitUntilResponding(`${endpoint}/`, this.#context.timers, this.endSignal)) {
      await this.update({ status: 'running' });
    }
  }

  protected override async endRuntime(): Promise<boolean> {
    const launched = await this.#launching;
    return launched === undefined || (await this.#endProcesses(launched));
  }

  /** Returns false when the server gave up. Processes may be left then, and the record stays in `stopping`. */
  async #endProcesses(launched: LaunchedProgram): Promise<boolean> {
    const { timers, giveUpSignal, telemetry } = this.#context;
    const { process, taskId } = this.record;
    const tree: ProcessTree = {
      leaders: process === undefined ? [] : [{ ...process, watched: true }],
      marker: launched.marker,
    };
    launched.process.abandon();
    while (!giveUpSignal.aborted) {
      try {
        const options = { ...this.#context, killNow: this.killSignal, signal: giveUpSignal };
        if (!(await endProcessTree(tree, options))) return false;
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
