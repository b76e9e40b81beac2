import type { StopReason } from '#core/ports/task-runner.ts';
import { errorCode } from '../../system-error.ts';
import { toEndpoint, toSocketEndpoint } from '../tasks/endpoint.ts';
import type { NotReady } from '../tasks/http-probe.ts';
import { LocalTask, type LocalTaskContext, NO_FREE_PORT } from '../tasks/local-task.ts';
import { describeNotReady, waitUntilReady } from '../tasks/readiness.ts';
import { pause, settlesWithin } from '../timers.ts';
import {
  filePathsOf,
  type LaunchedProgram,
  type LaunchSettings,
  launchProgram,
  pathOf,
  toStartRefusal,
} from './launch.ts';
import { findListeningAddresses } from './listening-sockets.ts';
import type { ProcessRecord } from './process-record.ts';
import type { ProcessTable } from './process-table.ts';
import { endProcessTree, findProcessTree, type ProcessTree } from './process-tree.ts';
import { createRunCgroup, removeRunCgroup } from './run-cgroups.ts';

export interface ProcessTaskContext extends LocalTaskContext<ProcessRecord> {
  readonly table: ProcessTable;
  readonly launchSettings: LaunchSettings;
  /** The folder of this server's cgroup, undefined if it may not create cgroups below it. All tasks share this object. */
  readonly cgroups: { own: Promise<string | undefined> };
}

/** The longest wait for the exit of the program after none of its processes was found, milliseconds. */
const REAP_TIMEOUT_MS = 2000;
/** Delay before the process table is read again after an error, milliseconds. */
const PROCESS_TABLE_RETRY_MS = 1000;
/** Addresses of other ports that a detail names. A detail has at most 200 characters. */
const NAMED_ADDRESSES_MAX = 2;

const NOT_RECORDED = { code: 'start_refused', message: 'Its process could not be recorded.' } as const;

/** A task that runs as a tree of processes. */
export class ProcessTask extends LocalTask<ProcessRecord> {
  readonly #context: ProcessTaskContext;
  #launching: Promise<LaunchedProgram | undefined> | undefined;
  #cgroup: string | undefined;

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
    const { sockets, privateRoot } = this.#context.launchSettings;
    try {
      await sockets.prepare();
    } catch (error) {
      return await this.end(toStartRefusal(error, privateRoot));
    }
    if (this.isEnding) return;
    const socket = sockets.pathOf(this.record.taskId);
    const endpoints = this.#endpointsOf(socket, port);
    this.#launching = this.#launch(endpoints, socket, port);
    const launched = await this.#launching;
    if (launched !== undefined) await this.#watch(launched, endpoints, port);
    await this.stopped;
  }

  /** Returns where the program may listen, in order of preference. */
  #endpointsOf(socket: string, port: number): readonly [string, ...string[]] {
    const { launchSettings } = this.#context;
    const path = pathOf(launchSettings, this.record.workbenchId);
    const first = toSocketEndpoint(socket, path);
    if (launchSettings.command.kind !== 'boot command') return [first];
    // Programs that listen on `localhost` may choose the IPv6 address.
    return [first, toEndpoint('127.0.0.1', port, path), toEndpoint('::1', port, path)];
  }

  async #launch(
    [endpoint]: readonly [string, ...string[]],
    socket: string,
    port: number,
  ): Promise<LaunchedProgram | undefined> {
    const { launchSettings, table } = this.#context;
    await this.update({ status: 'pending', endpoint, detail: `starting ${launchSettings.command.kind}` });
    if (this.isEnding) return undefined;
    const launched = await launchProgram(launchSettings, this.record.input, { port, socket });
    if ('code' in launched) {
      void this.end(launched);
      return undefined;
    }
    const { pid } = launched.process;
    const [entry, bootId] = await Promise.all([table.read(pid), table.bootId()]);
    // The gate stays shut without the record: a later server could not tell whose process it is.
    const startTime = entry?.startTime;
    this.#cgroup = await this.#createCgroup(pid);
    if (startTime === undefined) {
      void this.end(NOT_RECORDED);
      return launched;
    }
    const saved = await this.update({
      process: { pid, startTime, bootId },
      ...(this.#cgroup === undefined ? { mayLeaveProcesses: true } : { cgroup: this.#cgroup }),
    });
    // Most often the disk is full.
    if (!saved) void this.end({ ...NOT_RECORDED, retryable: true });
    return launched;
  }

  /** Returns undefined where this server may not create cgroups. */
  async #createCgroup(pid: number): Promise<string | undefined> {
    const { cgroups, launchSettings, telemetry } = this.#context;
    const own = await cgroups.own;
    if (own === undefined) return undefined;
    try {
      const { installation } = launchSettings;
      return await createRunCgroup(own, { installation, runId: this.record.runId, pid });
    } catch (error) {
      cgroups.own = Promise.resolve(undefined);
      const code = errorCode(error) || 'unknown error';
      telemetry?.info('workbenches get no cgroups', { own, code });
      return undefined;
    }
  }

  async #watch(launched: LaunchedProgram, endpoints: readonly string[], port: number): Promise<void> {
    const { process, outputName } = launched;
    void process.ended.then(({ code, signal }) => {
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      const message = `Its main process ended ${how}. Its output is in ${outputName}.`;
      return this.end({ code: 'exited', message });
    });
    if (this.isEnding) return;
    process.release();
    const endpoint = await waitUntilReady({
      endpoints,
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
    const { kind } = this.#context.launchSettings.command;
    if (kind !== 'boot command') return describeNotReady(seen, 'its socket');
    if (seen.kind !== 'refused') return describeNotReady(seen, `port ${port} or WB_SOCKET`);
    // The program may have begun to listen since the attempt.
    const expected = ['127.0.0.1', '0.0.0.0', '[::1]', '[::]'].map((host) => `${host}:${port}`);
    const all = await this.#findListeningAddresses(launched);
    const addresses = all.filter((address) => !expected.includes(address));
    return addresses.length === 0
      ? describeNotReady(seen, `port ${port} (PORT) of localhost or WB_SOCKET`)
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
    const cgroups = this.#cgroup === undefined ? [] : [this.#cgroup];
    const { marker } = launched;
    if (process === undefined) return { leaders: [], marker, cgroups };
    const leaders = [{ ...process, watched: true }];
    // No process leaves its cgroup, so that the files of others need not be read.
    if (cgroups.length > 0) return { leaders, marker, cgroups };
    const folders = filePathsOf(this.#context.launchSettings, input);
    return { leaders, marker, files: [{ folders, since: process.startTime, marker }] };
  }

  protected override async endRuntime(): Promise<boolean> {
    const launched = await this.#launching;
    return launched === undefined || (await this.#endProcesses(launched));
  }

  /** Returns false when the server gave up. Processes may be left then, and the record stays in `stopping`. */
  async #endProcesses(launched: LaunchedProgram): Promise<boolean> {
    const { timers, giveUpSignal, telemetry, launchSettings } = this.#context;
    const { taskId } = this.record;
    const tree = this.#treeOf(launched);
    launched.process.abandon();
    while (!giveUpSignal.aborted) {
      try {
        const options = { ...this.#context, killNow: this.killSignal, signal: giveUpSignal };
        if (!(await endProcessTree(tree, options))) return false;
        await settlesWithin(timers, REAP_TIMEOUT_MS, launched.process.ended);
        if (this.#cgroup !== undefined) await removeRunCgroup(this.#cgroup);
        await launched.finishOutput();
        await launchSettings.sockets.remove(taskId).catch((error: unknown) => {
          telemetry?.warn('a socket could not be removed', { taskId, code: errorCode(error) });
        });
        return true;
      } catch (error) {
        telemetry?.error('processes could not be listed', { taskId }, error);
        await pause(timers, PROCESS_TABLE_RETRY_MS, giveUpSignal);
      }
    }
    return false;
  }
}
