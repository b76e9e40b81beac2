import { PortError } from '#core/ports/port-error.ts';
import type { MissingTask, RunOutcome, TaskObservation } from '#core/ports/task-runner.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { RetriedRecords } from '../retried-records.ts';
import { RecordFolder } from '../state-files.ts';
import type { Timers } from '../timers.ts';
import type { LocalTask } from './local-task.ts';
import type { TaskFields } from './task-record.ts';

export type TaskRecords<R extends TaskFields> = Pick<RecordFolder<R>, 'open' | 'save' | 'remove'>;

export interface TaskRegistryOptions<R extends TaskFields, T extends LocalTask<R>> {
  readonly records: Pick<RetriedRecords<R>, 'open' | 'create' | 'remove'>;
  readonly timers: Timers;
  readonly telemetry: Telemetry | undefined;
  /** Creates the task of a record. */
  readonly createTask: (record: R) => T;
}

/** How long a stopped task is remembered, milliseconds: twice the time that the contract requires. */
const STOPPED_TASK_RETENTION_MS = 2 * 60 * 60 * 1000;
/** Minimum time between two searches for expired tasks, milliseconds. */
const PRUNE_INTERVAL_MS = 10 * 60 * 1000;
const PAGE_SIZE = 100;

interface Entry<T> {
  readonly task: T;
  /** The first write of the record. All calls with the token wait for it. Resolves to its error when it failed. */
  readonly accepted: Promise<PortError | undefined>;
}

/** @param path absolute path of the folder with one file per task */
export function openTaskRecords<R extends TaskFields>(
  path: string,
  parse: (value: unknown) => R,
  telemetry: Telemetry | undefined,
): TaskRecords<R> {
  return new RecordFolder<R>({
    path,
    parse,
    idOf: (record) => record.taskId,
    onUnreadable: (file, cause) => telemetry?.error('a task record cannot be read', { file }, cause),
  });
}

/** All known tasks by id. Tasks are removed some time after they have stopped. */
export class TaskRegistry<R extends TaskFields, T extends LocalTask<R>> {
  readonly #options: TaskRegistryOptions<R, T>;
  readonly #tasks = new Map<string, Entry<T>>();
  #prunedAt: number;
  #closed = false;

  constructor(options: TaskRegistryOptions<R, T>) {
    this.#options = options;
    this.#prunedAt = options.timers.now();
  }

  /**
   * Returns the task with this id. If there is none, creates it from `createRecord` and calls `begin` when its
   * record is on disk.
   * @throws PortError `throttled` after `close`, `no_space` or `unavailable` when the record could not be written
   */
  async accept(taskId: string, createRecord: () => R, begin: (task: T) => void): Promise<RunOutcome> {
    if (this.#closed) throw new PortError('throttled', 'the task runner is closed');
    const entry = this.#tasks.get(taskId) ?? this.#acceptNew(createRecord(), begin);
    const error = await entry.accepted;
    if (error !== undefined) throw error;
    return { kind: 'accepted', task: entry.task.observation };
  }

  find(taskId: string): T | undefined {
    return this.#tasks.get(taskId)?.task;
  }

  all(): readonly T[] {
    return [...this.#tasks.values()].map(({ task }) => task);
  }

  /** See TaskRunner.describe. */
  describe(taskIds: readonly string[]): readonly (TaskObservation | MissingTask)[] {
    if (taskIds.length > PAGE_SIZE) throw new RangeError(`at most ${PAGE_SIZE} tasks at once`);
    return taskIds.map((taskId) => {
      const task = this.find(taskId);
      return task === undefined ? { taskId, missing: true } : task.observation;
    });
  }

  /** See TaskRunner.list. */
  list(cursor = ''): { tasks: readonly TaskObservation[]; cursor?: string } {
    const rest = this.all()
      .filter(({ record }) => record.status !== 'stopped' && record.taskId > cursor)
      .sort((a, b) => (a.record.taskId < b.record.taskId ? -1 : 1));
    const tasks = rest.slice(0, PAGE_SIZE).map(({ observation }) => observation);
    const last = tasks.at(-1);
    return rest.length > PAGE_SIZE && last !== undefined ? { tasks, cursor: last.taskId } : { tasks };
  }

  /** See TaskRunner.listOf. */
  listOf(workbenchId: string): readonly TaskObservation[] {
    return this.all()
      .filter(({ record }) => record.status !== 'stopped' && record.workbenchId === workbenchId)
      .map(({ observation }) => observation);
  }

  /** Accepts no more tasks. */
  close(): void {
    this.#closed = true;
  }

  /**
   * Reads the records of an earlier server and adds its stopped tasks. Returns the records of the other tasks,
   * which the caller must add.
   */
  async open(): Promise<readonly R[]> {
    const now = this.#options.timers.now();
    const left: R[] = [];
    for (const record of await this.#options.records.open()) {
      if (await this.#removeExpired(record, now)) continue;
      if (record.status === 'stopped') this.add(record);
      else left.push(record);
    }
    return left;
  }

  /** Adds the task of a record that is on disk. */
  add(record: R): T {
    const task = this.#options.createTask(record);
    this.#tasks.set(record.taskId, { task, accepted: Promise.resolve(undefined) });
    return task;
  }

  /**
   * Adds the task with a much higher version. A power failure may have undone the write of versions that were
   * published before.
   */
  addWithVersionGap(record: R): T {
    return this.add({ ...record, version: record.version + 1000 });
  }

  #acceptNew(record: R, begin: (task: T) => void): Entry<T> {
    this.#prune();
    const { taskId } = record;
    const task = this.#options.createTask(record);
    const accepted = this.#options.records.create(record).then(
      () => {
        begin(task);
        return undefined;
      },
      (error: unknown) => {
        this.#options.telemetry?.error('a task record could not be written', { taskId }, error);
        this.#tasks.delete(taskId);
        if (error instanceof PortError) return error;
        return new PortError('unavailable', 'the task record could not be written', error);
      },
    );
    const entry = { task, accepted };
    this.#tasks.set(taskId, entry);
    return entry;
  }

  #prune(): void {
    const now = this.#options.timers.now();
    if (now - this.#prunedAt < PRUNE_INTERVAL_MS) return;
    this.#prunedAt = now;
    for (const { record } of this.all()) void this.#removeExpired(record, now);
  }

  async #removeExpired(record: R, now: number): Promise<boolean> {
    if (record.status !== 'stopped' || now - (record.stoppedAt ?? now) < STOPPED_TASK_RETENTION_MS)
      return false;
    this.#tasks.delete(record.taskId);
    await this.#options.records.remove(record.taskId).catch(() => {});
    return true;
  }
}
