import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkbenchCommand } from '#adapters/local/processes/command.ts';
import { systemProcesses } from '#adapters/local/processes/process-table.ts';
import {
  ProcessTaskRunner,
  type ProcessTaskRunnerOptions,
} from '#adapters/local/processes/process-task-runner.ts';
import { isMissing, type TaskInput, type TaskObservation, type TaskRunner } from '#core/ports/task-runner.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';

/** A program that answers HTTP on its port and ends at SIGTERM. */
export const HTTP_SERVER_SCRIPT = `require('http').createServer((request, response) => response.end('here')).listen(process.env.PORT, '127.0.0.1');`;

export function nodeCommand(script: string): WorkbenchCommand {
  return { kind: 'boot command', file: process.execPath, args: () => ['-e', script] };
}

export function shellCommand(script: string): WorkbenchCommand {
  return { kind: 'boot command', file: '/bin/sh', args: () => ['-c', script] };
}

export class ProcessBench {
  readonly dataDir: string;
  readonly observed: TaskObservation[] = [];
  /** Tests look for processes by their run: it must be no other's, also when two test runs share a machine. */
  readonly run = randomBytes(6).toString('hex');
  #tasks: ProcessTaskRunner | undefined;
  #runs = 0;

  private constructor(dataDir: string) {
    this.dataDir = dataDir;
  }

  static async make(): Promise<ProcessBench> {
    return new ProcessBench(await realpath(await mkdtemp(join(tmpdir(), 'wb-processes-'))));
  }

  async open(options: Partial<ProcessTaskRunnerOptions> = {}): Promise<ProcessTaskRunner> {
    this.#tasks = await ProcessTaskRunner.open({
      dataDir: this.dataDir,
      command: nodeCommand(HTTP_SERVER_SCRIPT),
      baseUrl: (workbenchId) => `http://127.0.0.1:9000/project/${workbenchId}/`,
      graceMs: 5000,
      onChange: (observation) => this.observed.push(observation),
      ...options,
    });
    return this.#tasks;
  }

  /** An input with a folder and a run of its own. */
  async input(change: Partial<TaskInput> = {}): Promise<TaskInput> {
    this.#runs += 1;
    const workbenchId = change.workbenchId ?? `wb${this.#runs}`;
    const path = join(this.dataDir, 'volumes', workbenchId);
    await mkdir(path, { recursive: true });
    return {
      userId: 'alice',
      workbenchId,
      runId: `${this.run}-${this.#runs}`,
      attempt: 1,
      name: 'mine',
      cpuUnits: 1024,
      memoryMib: 2048,
      gpuCount: 0,
      placement: { kind: 'provider', provider: 'local' },
      mount: { path },
      ...change,
    };
  }

  async end(): Promise<void> {
    await this.#tasks?.close();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

export async function startTask(tasks: TaskRunner, input: TaskInput, token: string): Promise<string> {
  const outcome = await tasks.run(input, token);
  if (outcome.kind !== 'accepted') throw new Error(outcome.message);
  return outcome.task.taskId;
}

export async function describeTask(tasks: TaskRunner, taskId: string): Promise<TaskObservation> {
  const [answer] = await tasks.describe([taskId]);
  if (answer === undefined || isMissing(answer)) throw new Error(`${taskId} is missing`);
  return answer;
}

export function waitForStatus(
  tasks: TaskRunner,
  taskId: string,
  status: TaskObservation['status'],
): Promise<TaskObservation> {
  return eventually(waitRealStep, `${taskId} ${status}`, async () => {
    const task = await describeTask(tasks, taskId);
    if (task.status === 'stopped' && status !== 'stopped') throw new Error(`stopped: ${task.stop?.message}`);
    return task.status === status && task;
  });
}

/** The processes alive whose environment names this run, or anything else that is unique to a test. */
export async function findProcessesWith(variable: string): Promise<number[]> {
  const table = systemProcesses();
  const found: number[] = [];
  for (const { pid, zombie } of await table.readAll()) {
    if (!zombie && (await table.environment(pid))?.includes(variable)) found.push(pid);
  }
  return found;
}
