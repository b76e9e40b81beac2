import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalTaskRunnerOptions } from '#adapters/local/tasks/local-task-runner.ts';
import type { TaskFields } from '#adapters/local/tasks/task-record.ts';
import { isMissing, type TaskInput, type TaskObservation, type TaskRunner } from '#core/ports/task-runner.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';

/** A runner of local mode, as its tests need it. */
export type ClosableTaskRunner = TaskRunner & { close(): Promise<void> };

/** The options that the tests of both runtimes change. */
export type CommonOptions = Pick<LocalTaskRunnerOptions<TaskFields>, 'max' | 'graceMs' | 'onChange'>;

/** A data folder, inputs for its tasks, and what the runner reported. */
export abstract class TaskBench {
  readonly dataDir: string;
  readonly observed: TaskObservation[] = [];
  /** First part of run ids. It is unique, because tests find processes and containers by their run. */
  readonly run: string;
  #runs = 0;

  protected constructor(dataDir: string, run = randomBytes(6).toString('hex')) {
    this.dataDir = dataDir;
    this.run = run;
  }

  /** Resources of a task in tests. */
  protected abstract readonly size: Pick<TaskInput, 'cpuUnits' | 'memoryMib'>;

  /** Opens a runner whose tasks serve HTTP and end on SIGTERM. */
  abstract open(options?: CommonOptions): Promise<ClosableTaskRunner>;

  /** Opens a runner whose tasks run this Node.js script. */
  abstract openWithScript(script: string, options?: CommonOptions): Promise<ClosableTaskRunner>;

  /** Closes the runner and removes everything. */
  abstract end(): Promise<void>;

  /** The options of every runner on this folder. */
  protected commonOptions() {
    return {
      dataDir: this.dataDir,
      baseUrl: (workbenchId: string) => `http://127.0.0.1:9000/project/${workbenchId}/`,
      graceMs: 5000,
      onChange: (observation: TaskObservation) => void this.observed.push(observation),
    };
  }

  /** Returns an input with its own volume and run. */
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
      ...this.size,
      gpuCount: 0,
      placement: { kind: 'provider', provider: 'local' },
      mount: { path },
      ...change,
    };
  }

  protected async removeFolder(): Promise<void> {
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

export async function makeDataDir(prefix: string): Promise<string> {
  return await realpath(await mkdtemp(join(tmpdir(), prefix)));
}

export async function startTask(tasks: TaskRunner, input: TaskInput, token: string): Promise<string> {
  const outcome = await tasks.run(input, token);
  if (outcome.kind !== 'accepted') throw new Error(outcome.message);
  return outcome.task.taskId;
}

export async function describeTask(tasks: TaskRunner, taskId: string): Promise<TaskObservation> {
  const [task] = await tasks.describe([taskId]);
  if (task === undefined || isMissing(task)) throw new Error(`${taskId} is missing`);
  return task;
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

/** Runs a server script that must kill itself by SIGKILL and write nothing to stderr. */
export async function runUntilKilled(script: string, ...args: readonly string[]): Promise<void> {
  const server = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  server.stderr.on('data', (data) => {
    errors += data;
  });
  const signal = await new Promise((resolve) => server.once('exit', (_code, name) => resolve(name)));
  if (signal !== 'SIGKILL' || errors !== '') throw new Error(`the server was not killed: ${errors}`);
}
