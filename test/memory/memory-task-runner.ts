import type { Timers } from '#adapters/local/timers.ts';
import type {
  MissingTask,
  RunOutcome,
  TaskInput,
  TaskObservation,
  TaskRunner,
} from '#core/ports/task-runner.ts';

export interface MemoryTaskRunnerOptions {
  readonly timers: Timers;
  /** The maximum number of placed tasks. @default no limit */
  readonly max?: number;
  /** Milliseconds that a placed task is `provisioning`. @default 1,000 */
  readonly provisioningMs?: number;
  /** Milliseconds that it is `pending`. @default 1,000 */
  readonly pendingMs?: number;
  /** Milliseconds that a stop takes. @default 1,000 */
  readonly stoppingMs?: number;
  readonly onChange?: (observation: TaskObservation) => void;
}

/** A stopped task is returned for this time: one hour, in milliseconds. */
const STOPPED_TASK_RETENTION_MS = 60 * 60 * 1000;
const PAGE_SIZE = 100;

interface MemoryTask {
  observation: TaskObservation;
  placed: boolean;
  stoppedAt?: number;
  cancel?: () => void;
}

/** A TaskRunner in memory. It is deterministic, and no call fails unless the test plans it. */
export class MemoryTaskRunner implements TaskRunner {
  readonly #options: MemoryTaskRunnerOptions;
  readonly #tasks = new Map<string, MemoryTask>();
  readonly #byToken = new Map<string, string>();
  #count = 0;
  #plannedOutcomes: (() => RunOutcome | undefined)[] = [];
  /** The token of each call of `run`, in this order. */
  readonly runTokens: string[] = [];

  constructor(options: MemoryTaskRunnerOptions) {
    this.#options = options;
  }

  /**
   * Plans the outcome of the next call of `run` with a new token. `outcome` may throw, or return a refusal; if it returns
   * undefined, the call succeeds.
   */
  onNextRun(outcome: () => RunOutcome | undefined): void {
    this.#plannedOutcomes.push(outcome);
  }

  /** Ends a task without a stop request. */
  exitTask(taskId: string, stop: NonNullable<TaskObservation['stop']>): void {
    this.#markStopped(taskId, stop);
  }

  async prepare(): Promise<void> {}

  async run(input: TaskInput, token: string): Promise<RunOutcome> {
    this.runTokens.push(token);
    const known = this.#find(this.#byToken.get(token));
    if (known !== undefined) return { kind: 'accepted', task: known.observation };
    const planned = this.#plannedOutcomes.shift()?.();
    if (planned !== undefined) return planned;
    this.#count += 1;
    const taskId = `task-${String(this.#count).padStart(6, '0')}`;
    const { userId, workbenchId, runId, attempt, placement } = input;
    const location =
      placement.kind === 'host'
        ? { containerInstance: placement.instanceId }
        : { provider: placement.provider };
    const task: MemoryTask = {
      observation: {
        taskId,
        userId,
        workbenchId,
        runId,
        attempt,
        createdAt: this.#options.timers.now(),
        version: 1,
        status: 'provisioning',
        ...location,
      },
      placed: false,
    };
    this.#tasks.set(taskId, task);
    this.#byToken.set(token, taskId);
    this.#place();
    return { kind: 'accepted', task: task.observation };
  }

  async stop(taskId: string, reason: string): Promise<void> {
    const task = this.#find(taskId);
    const status = task?.observation.status;
    if (task === undefined || status === 'stopping' || status === 'stopped') return;
    const stop = { code: 'requested' as const, message: reason };
    if (!task.placed) {
      this.#markStopped(taskId, stop);
      return;
    }
    this.#change(task, { status: 'stopping' });
    this.#schedule(task, this.#options.stoppingMs, () => this.#markStopped(taskId, stop));
  }

  async terminateInstance(taskId: string): Promise<void> {
    this.#markStopped(taskId, { code: 'requested', message: 'The instance was terminated.' });
  }

  async describe(taskIds: readonly string[]): Promise<readonly (TaskObservation | MissingTask)[]> {
    if (taskIds.length > PAGE_SIZE) throw new RangeError(`at most ${PAGE_SIZE} tasks at once`);
    return taskIds.map((taskId) => this.#find(taskId)?.observation ?? { taskId, missing: true });
  }

  async list(cursor = ''): Promise<{ tasks: readonly TaskObservation[]; cursor?: string }> {
    const rest = [...this.#tasks.values()]
      .map((task) => task.observation)
      .filter((task) => task.status !== 'stopped' && task.taskId > cursor);
    const tasks = rest.slice(0, PAGE_SIZE);
    const last = tasks.at(-1);
    return rest.length > PAGE_SIZE && last !== undefined ? { tasks, cursor: last.taskId } : { tasks };
  }

  async listOf(workbenchId: string): Promise<readonly TaskObservation[]> {
    return [...this.#tasks.values()]
      .map((task) => task.observation)
      .filter((task) => task.status !== 'stopped' && task.workbenchId === workbenchId);
  }

  #find(taskId: string | undefined): MemoryTask | undefined {
    if (taskId === undefined) return undefined;
    const task = this.#tasks.get(taskId);
    if (task?.stoppedAt === undefined) return task;
    return this.#options.timers.now() - task.stoppedAt <= STOPPED_TASK_RETENTION_MS ? task : undefined;
  }

  #place(): void {
    const max = this.#options.max ?? Number.POSITIVE_INFINITY;
    let placed = 0;
    for (const task of this.#tasks.values()) {
      if (task.placed && task.observation.status !== 'stopped') placed += 1;
    }
    for (const task of this.#tasks.values()) {
      if (task.placed || task.observation.status === 'stopped') continue;
      if (placed >= max) return;
      placed += 1;
      task.placed = true;
      this.#schedule(task, this.#options.provisioningMs, () => {
        this.#change(task, { status: 'pending', instance: 'connected' });
        this.#schedule(task, this.#options.pendingMs, () => {
          this.#change(task, { status: 'running', endpoint: 'http://127.0.0.1:1' });
        });
      });
    }
  }

  #markStopped(taskId: string, stop: NonNullable<TaskObservation['stop']>): void {
    const task = this.#tasks.get(taskId);
    if (task === undefined || task.observation.status === 'stopped') return;
    task.cancel?.();
    task.stoppedAt = this.#options.timers.now();
    this.#change(task, { status: 'stopped', stop });
    this.#place();
  }

  #change(task: MemoryTask, change: Partial<TaskObservation>): void {
    task.observation = { ...task.observation, ...change, version: task.observation.version + 1 };
    this.#options.onChange?.(task.observation);
  }

  #schedule(task: MemoryTask, ms: number | undefined, action: () => void): void {
    task.cancel?.();
    task.cancel = this.#options.timers.after(ms ?? 1000, action);
  }
}
