import type { WorkbenchCommand } from '#adapters/local/processes/command.ts';
import { systemProcesses } from '#adapters/local/processes/process-table.ts';
import {
  ProcessTaskRunner,
  type ProcessTaskRunnerOptions,
} from '#adapters/local/processes/process-task-runner.ts';
import { type CommonOptions, makeDataDir, TaskBench } from '../tasks/task-bench.ts';

/** A program that serves HTTP on its port and ends on SIGTERM. */
export const HTTP_SERVER_SCRIPT = `require('http').createServer((request, response) => response.end('here')).listen(process.env.PORT, '127.0.0.1');`;

export function nodeCommand(script: string): WorkbenchCommand {
  return { kind: 'boot command', file: process.execPath, args: () => ['-e', script] };
}

export function shellCommand(script: string): WorkbenchCommand {
  return { kind: 'boot command', file: '/bin/sh', args: () => ['-c', script] };
}

export class ProcessBench extends TaskBench {
  protected override readonly size = { cpuUnits: 1024, memoryMib: 2048 };
  #tasks: ProcessTaskRunner | undefined;

  /** A bench on an existing data folder. */
  static at(dataDir: string): ProcessBench {
    return new ProcessBench(dataDir);
  }

  static async make(): Promise<ProcessBench> {
    return new ProcessBench(await makeDataDir('wb-processes-'));
  }

  override async open(options: Partial<ProcessTaskRunnerOptions> = {}): Promise<ProcessTaskRunner> {
    this.#tasks = await ProcessTaskRunner.open({
      ...this.commonOptions(),
      command: nodeCommand(HTTP_SERVER_SCRIPT),
      ...options,
    });
    return this.#tasks;
  }

  override openWithScript(script: string, options: CommonOptions = {}): Promise<ProcessTaskRunner> {
    return this.open({ ...options, command: nodeCommand(script) });
  }

  override async end(): Promise<void> {
    await this.#tasks?.close();
    await this.removeFolder();
  }
}

/** Returns the live processes that have this environment variable (`NAME=value`). */
export async function findProcessesWith(variable: string): Promise<number[]> {
  const table = systemProcesses();
  const found: number[] = [];
  for (const { pid, zombie } of await table.readAll()) {
    if (!zombie && (await table.environment(pid))?.includes(variable)) found.push(pid);
  }
  return found;
}
