import type { StopReason } from '#core/ports/task-runner.ts';
import { toEndpoint } from '../tasks/endpoint.ts';
import type { NotReady } from '../tasks/http-probe.ts';
import { LocalTask, type LocalTaskContext, NO_FREE_PORT } from '../tasks/local-task.ts';
import { describeNotReady, waitUntilReady } from '../tasks/readiness.ts';
import { pause, settlesWithin } from '../timers.ts';
import { filePathsOf, type LaunchedProgram, type LaunchSettings, launchProgram, pathOf } from './launch.ts';
import { findListeningAddresses } from './listening-sockets.ts';
import type { ProcessRecord } from './process-record.ts';
import type { ProcessTable } from './process-table.ts';
import { endProcessTree, findProcessTree, type ProcessTree } from './process-tree.ts';

export interface ProcessTaskContext extends LocalTaskContext<ProcessRecord> {
  readonly table: ProcessTable;
  readonly launchSettings: LaunchSettings;
}

/** The longest wait for the exit of the program after none of its processes was found, milliseconds. */
const REAP_TIMEOUT_MS = 2000;
/** Delay before the process table is read again after an error, milliseconds. */
const PROCESS_TABLE_RETRY_MS = 1000;
/** Addresses of other ports that a detail names. A detail has at most 200 characters. */
const NAMED_ADDRESSES_MAX = 2;

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
    const path = pathOf(this.#context.launchSettings, this.record.workbenchId);
    this.#launching = this.#launch(toEndpoint('127.0.0.1', port, path), port);
    const launched = await this.#launching;
    if (launched !== undefined) await this.#watch(launched, port, path);
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

  async #watch(launched: LaunchedProgram, port: number, path: string): Promise<void> {
    const { process, outputName } = launched;
    void process.ended.then(({ code, signal }) => {
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      const message = `Its main process ended ${how}. Its output is in ${outputName}.`;
      return this.end({ code: 'exited', message });
    });
    if (this.isEnding) return;
    process.release();
    const endpoint = await waitUntilReady({
      // Programs that listen on `localhost` may choose the IPv6 address.
      endpoints: [toEndpoint('127.0.0.1', port, path), toEndpoint('::1', port, path)],
      timers: this.#context.timers,
      signal: this.endSignal,
      report: async (seen) => {
        const detail = `${await this.#describe(seen, launched, port)}; its output is in ${outputName}`;
        if (detail !== this.record.detail) await this.update({ detail });
      },
    });
    if (endpoint !== undefined) await this.update({ status: 'running', endpoint });
  }

  async #describe(seen: NotReady, launched: LaunchedProgram, port: number): Promise<string> {
    if (seen.kind !== 'refused') return describeNotReady(seen, `port ${port}`);
    // The program may have begun to listen since the attempt.
    const expected = ['127.0.0.1', '0.0.0.0', '[::1]', '[::]'].map((host) => `${host}:${port}`);
    const all = await this.#findListeningAddresses(launched);
    const addresses = all.filter((address) => !expected.includes(address));
    return addresses.length === 0
      ? describeNotReady(seen, `port ${port} (PORT) of localhost`)
      : `it listens on ${addresses.slice(0, NAMED_ADDRESSES_MAX).join(' and ')}, not on 127.0.0.1:${port} (PORT)`;
  }

  /** Returns where the processes of the task listen, as far as the system shows it. */
  async #findListeningAddresses(launched: LaunchedProgram): Promise<readonly string[]> {
    try {
      const { members } = await findProcessTree(this.#context.table, this.#treeOf(launched));
      return await findListeningAddresses(members.map(({ pid }) => pid));
    } catch (error) {
      const { taskId } = this.record;
      this.#context.telemetry?.error('processes could not be listed', { taskId }, error);
      return [];
    }
  }

  #treeOf(launched: LaunchedProgram): ProcessTree {
    const { process, input } = this.record;
    const { marker } = launched;
    if (process === undefined) return { leaders: [], marker };
    const folders = filePathsOf(this.#context.launchSettings, input);
    const files = [{ folders, since: process.startTime, marker }];
    return { leaders: [{ ...process, watched: true }], marker, files };
  }

  protected override async endRuntime(): Promise<boolean> {
    const launched = await this.#launching;
    return launched === undefined || (await this.#endProcesses(launched));
  }

  /** Returns false when the server gave up. Processes may be left then, and the record stays in `stopping`. */
  async #endProcesses(launched: LaunchedProgram): Promise<boolean> {
    const { timers, giveUpSignal, telemetry } = this.#context;
    const { taskId } = this.record;
    const tree = this.#treeOf(launched);
    launched.process.abandon();
    while (!giveUpSignal.aborted) {
      try {
        const options = { ...this.#context, killNow: this.killSignal, signal: giveUpSignal };
        if (!(await endProcessTree(tree, options))) return false;
        await settlesWithin(timers, REAP_TIMEOUT_MS, launched.process.ended);
        await launched.finishOutput();
        return true;
      } catch (error) {
        telemetry?.error('processes could not be listed', { taskId }, error);
        await pause(timers, PROCESS_TABLE_RETRY_MS, giveUpSignal);
      }
    }
    return false;
  }
}
