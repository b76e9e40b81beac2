import type { StopReason, TaskObservation } from '#core/ports/task-runner.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { RetriedRecords } from '../retried-records.ts';
import type { Timers } from '../timers.ts';
import type { ConcurrencyLimit, WaitingWork } from './concurrency-limit.ts';
import type { PortAllocator } from './port-allocator.ts';
import { isAllowedTransition, type TaskFields, toTaskObservation } from './task-record.ts';

export interface LocalTaskContext<R extends TaskFields> {
  readonly records: Pick<RetriedRecords<R>, 'save'>;
  readonly ports: PortAllocator;
  readonly timers: Timers;
  readonly telemetry: Telemetry | undefined;
  /** From SIGTERM to SIGKILL, milliseconds. */
  readonly graceMs: number;
  /** Aborts when the server stops waiting. Processes and containers that are still alive are left to the next server. */
  readonly giveUpSignal: AbortSignal;
  /** Called after each change of a record, once the change is on disk or is to be saved again. */
  readonly onChange: (record: R) => void;
}

export const NO_FREE_PORT = { code: 'start_refused', message: 'There is no free port for it.' } as const;

/**
 * One task from its record to its end. A subclass starts, watches and ends the processes or the container. This
 * class keeps the record, each change of which is on disk before it is visible, and the rule that the first
 * reason to end the task counts.
 */
export abstract class LocalTask<R extends TaskFields> {
  #record: R;
  readonly #context: LocalTaskContext<R>;
  #changes: Promise<unknown> = Promise.resolve();
  readonly #stopped = Promise.withResolvers<void>();
  /** Set once, by the first reason to end the task. Later reasons are only consequences of it. */
  #ended: Promise<void> | undefined;
  /** Where it waits for a slot. */
  #waiting: WaitingWork | undefined;
  /** Allocated for this task and held until the task has stopped. */
  #port: number | undefined;
  readonly #ending = new AbortController();
  readonly #killing = new AbortController();

  constructor(record: R, context: LocalTaskContext<R>) {
    this.#record = record;
    this.#context = context;
  }

  get record(): R {
    return this.#record;
  }

  /** The state of the task. While it waits, the detail says how many others wait before it. */
  get observation(): TaskObservation {
    const observation = toTaskObservation(this.#record);
    const before = this.#waiting?.countBefore();
    return before === undefined || this.#record.status !== 'provisioning'
      ? observation
      : { ...observation, detail: `${observation.detail}, ${before} before it` };
  }

  /** Whether the task is being ended or has stopped. */
  get isEnding(): boolean {
    return this.#ended !== undefined || this.#record.status === 'stopped';
  }

  /** Resolves when the task has stopped. */
  get stopped(): Promise<void> {
    if (this.#record.status === 'stopped') this.#stopped.resolve();
    return this.#stopped.promise;
  }

  /** Runs the task when it is its turn. A task that is ended before does not run. */
  enqueue(limit: ConcurrencyLimit): void {
    const waiting = limit.enqueue(this.#record.userId, () => this.run());
    this.#waiting = waiting;
    void this.stopped.then(() => waiting.leave());
  }

  /** Starts or resumes the task and watches it. Resolves when the task has stopped, or when the server gave up. */
  async run(): Promise<void> {
    if (!this.isEnding) await this.startAndWatch();
    await this.#ended;
    if (this.#port !== undefined) this.#context.ports.release(this.#port);
  }

  /** Ends the task in any state. Resolves when the task has stopped, or when the server gave up. */
  end(stop: StopReason): Promise<void> {
    return this.endBy(stop, async () => {
      if (this.hasBegun) await this.update({ status: 'stopping', ending: stop });
      return await this.endRuntime();
    });
  }

  /** Like `end`, without the grace period. */
  kill(stop: StopReason): Promise<void> {
    this.#killing.abort();
    return this.end(stop);
  }

  /** Resolves when all changes made so far are on disk. */
  async flush(): Promise<void> {
    await this.#changes;
  }

  /**
   * Changes the record, on disk first. Ignores a change to an earlier status. Returns whether the record is on
   * disk, or is to be saved again. The change is made in memory in both cases: a full disk must not keep a task
   * from being stopped.
   */
  update(fields: Partial<Omit<TaskFields, 'version'>> | Partial<Omit<R, 'version'>>): Promise<boolean> {
    const next = this.#changes.then(async () => {
      const { status } = fields;
      if (!isAllowedTransition(this.#record.status, status ?? this.#record.status)) return true;
      const record = { ...this.#record, ...fields, version: this.#record.version + 1 };
      if (status !== undefined && fields.detail === undefined) delete record.detail;
      const saved = await this.#context.records.save(record);
      this.#record = record;
      this.#context.onChange(record);
      if (record.status === 'stopped') this.#stopped.resolve();
      return saved;
    });
    this.#changes = next;
    return next;
  }

  /** Aborts when the task is to end. */
  protected get endSignal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Aborts when the grace period is over at once. */
  protected get killSignal(): AbortSignal {
    return this.#killing.signal;
  }

  /** Whether there may be a process or a container, so that `endRuntime` can take time. */
  protected abstract get hasBegun(): boolean;

  /** Starts the process or container and watches it. Resolves when the task ends, or when the server gave up. */
  protected abstract startAndWatch(): Promise<void>;

  /** Ends the process or container. Returns false when the server gave up before. */
  protected abstract endRuntime(): Promise<boolean>;

  /**
   * Ends the task with `act`, unless something else has begun to end it.
   * @param act returns whether nothing of the task is left; the record becomes `stopped` only then
   */
  protected endBy(stop: StopReason, act: () => Promise<boolean>): Promise<void> {
    if (this.#record.status === 'stopped') return Promise.resolve();
    if (this.#ended === undefined) {
      this.#ended = this.#finish(stop, act);
      this.#ending.abort();
    }
    return this.#ended;
  }

  /**
   * Returns a free port that belongs to this task until it has stopped.
   * @throws Error when there is none
   */
  protected async allocatePort(): Promise<number> {
    this.#port ??= await this.#context.ports.allocate();
    return this.#port;
  }

  async #finish(stop: StopReason, act: () => Promise<boolean>): Promise<void> {
    if (await act()) await this.update({ status: 'stopped', stop, stoppedAt: this.#context.timers.now() });
  }
}
