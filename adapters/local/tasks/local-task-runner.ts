import type {
  MissingTask,
  RunOutcome,
  TaskInput,
  TaskObservation,
  TaskRunner,
} from '#core/ports/task-runner.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { RetriedRecords } from '../retried-records.ts';
import { settlesWithin, systemTimers, type Timers } from '../timers.ts';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import type { LocalTask, LocalTaskContext } from './local-task.ts';
import { PortAllocator } from './port-allocator.ts';
import { newTaskFields, type TaskFields, toTaskId, toTaskObservation } from './task-record.ts';
import { type TaskRecords, TaskRegistry } from './task-registry.ts';

/** Options that both runtimes have. */
export interface LocalTaskRunnerOptions<R extends TaskFields> {
  /** Absolute path of the data folder. Only one server may use it at a time. */
  readonly dataDir: string;
  /** The URL of a workbench. Its path ends with a slash. */
  readonly baseUrl: (workbenchId: string) => string;
  /** Called after each change of a task, once the change is on disk or is to be saved again. */
  readonly onChange?: (observation: TaskObservation) => void;
  /** Tasks that run at the same time, at least 1. Further tasks wait in `provisioning`. @default 8 */
  readonly max?: number;
  /** From SIGTERM to SIGKILL, milliseconds. @default 10,000 */
  readonly graceMs?: number;
  /** Where task records are stored. @default files in the data folder */
  readonly records?: TaskRecords<R>;
  readonly timers?: Timers;
  readonly telemetry?: Telemetry;
}

/** The differences between the runtimes that are plain values. */
export interface LocalRuntimeTraits {
  /** First part of task ids: lower-case letters. */
  readonly idPrefix: string;
  /** Stop reason of a task whose instance was terminated. */
  readonly killMessage: string;
  /** The longest wait of `close` beyond the grace period, milliseconds. */
  readonly closeTimeoutMs: number;
}

const DEFAULT_MAX = 8;
const DEFAULT_GRACE_MS = 10_000;

export const SERVER_STOPPED = {
  code: 'instance_lost',
  message: 'The local server ended, and the workbench with it.',
} as const;

/**
 * The TaskRunner of local mode without the part that starts something. A subclass creates the tasks, and
 * recovers the tasks of an earlier server in its `open`.
 *
 * The constructor of this class calls no method of the subclass: its private fields are not set by then.
 */
export abstract class LocalTaskRunner<R extends TaskFields, T extends LocalTask<R>> implements TaskRunner {
  protected readonly context: LocalTaskContext<R>;
  protected readonly registry: TaskRegistry<R, T>;
  protected readonly limit: ConcurrencyLimit;
  readonly #traits: LocalRuntimeTraits;
  readonly #records: RetriedRecords<R>;
  readonly #max: number;
  readonly #giveUp = new AbortController();

  protected constructor(
    options: LocalTaskRunnerOptions<R>,
    traits: LocalRuntimeTraits,
    records: TaskRecords<R>,
  ) {
    const { telemetry, timers = systemTimers, max = DEFAULT_MAX } = options;
    this.#traits = traits;
    this.#max = max;
    this.limit = new ConcurrencyLimit(max);
    this.#records = new RetriedRecords({ records, idOf: ({ taskId }) => taskId, timers, telemetry });
    this.context = {
      records: this.#records,
      ports: new PortAllocator(),
      timers,
      telemetry,
      graceMs: options.graceMs ?? DEFAULT_GRACE_MS,
      giveUpSignal: this.#giveUp.signal,
      onChange: (record) => {
        try {
          options.onChange?.(toTaskObservation(record));
        } catch (error) {
          telemetry?.error('a task change could not be published', { taskId: record.taskId }, error);
        }
      },
    };
    const createTask = (record: R) => this.createTask(record);
    this.registry = new TaskRegistry({ records: this.#records, timers, telemetry, createTask });
  }

  /** Resumes the tasks of an earlier server. Called once, when `baseUrl` is known. */
  resume(): void {}

  /** A local task needs nothing that takes long to prepare. */
  async prepare(): Promise<void> {}

  async run(input: TaskInput, token: string): Promise<RunOutcome> {
    const taskId = toTaskId(this.#traits.idPrefix, token);
    const detail = `waiting for a slot (${this.#max} in total)`;
    const toRecord = () =>
      this.createRecord(newTaskFields(taskId, input, token, detail, this.context.timers.now()));
    return this.registry.accept(taskId, toRecord, (task) => task.enqueue(this.limit));
  }

  async stop(taskId: string, reason: string): Promise<void> {
    const task = this.registry.find(taskId);
    if (task === undefined) return;
    void task.end({ code: 'requested', message: reason });
    await task.flush();
  }

  async terminateInstance(taskId: string): Promise<void> {
    const task = this.registry.find(taskId);
    if (task === undefined) return;
    void task.kill({ code: 'requested', message: this.#traits.killMessage });
    await task.flush();
  }

  async describe(taskIds: readonly string[]): Promise<readonly (TaskObservation | MissingTask)[]> {
    return this.registry.describe(taskIds);
  }

  async list(cursor?: string): Promise<{ tasks: readonly TaskObservation[]; cursor?: string }> {
    return this.registry.list(cursor);
  }

  async listOf(workbenchId: string): Promise<readonly TaskObservation[]> {
    return this.registry.listOf(workbenchId);
  }

  /**
   * Accepts no more tasks, ends all tasks, and waits until they have stopped: at most the grace period and the
   * close timeout of the runtime.
   */
  async close(): Promise<void> {
    this.registry.close();
    const ends = this.registry.all().map((task) => task.end(SERVER_STOPPED));
    const { timers, graceMs } = this.context;
    await settlesWithin(timers, graceMs + this.#traits.closeTimeoutMs, Promise.all(ends));
    this.#giveUp.abort();
    await Promise.all(this.registry.all().map((task) => task.flush()));
    await this.#records.close();
  }

  /** Adds what the runtime stores of a new task. */
  protected abstract createRecord(fields: TaskFields): R;

  protected abstract createTask(record: R): T;
}
