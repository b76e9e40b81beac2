import { join } from 'node:path';
import { PortError } from '#core/ports/port-error.ts';
import type { MissingTask, RunOutcome, TaskObservation } from '#core/ports/task-runner.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { RecordFolder } from '../state-files.ts';
import type { Timers } from '../timers.ts';
import type { LocalTask } from './local-task.ts';
import { type TaskFields, toTaskObservation } from './task-record.ts';

export type TaskRecords<R extends TaskFields> = Pick<RecordFolder<R>, 'open' | 'save' | 'remove'>;

export interface TaskRegistryOptions<R extends TaskFields, T extends LocalTask<R>> {
  readonly records: TaskRecords<R>;
  readonly timers: Timers;
  readonly telemetry: Telemetry | undefined;
  /** The task of a record. */
  readonly createTask: (record: R) => T;
}

/** A stopped task is known for this long, milliseconds: twice what the contract asks for. */
const STOPPED_TASK_RETENTION_MS = 2 * 60 * 60 * 1000;
/** The old are looked for this often at most, milliseconds. */
const PRUNE_INTERVAL_MS = 10 * 60 * 1000;
const PAGE_SIZE = 100;

interface Entry<T> {
  readonly task: T;
  /** The write of its record, which everybody who asks for the token waits for. */
  readonly accepted: Promise<boolean>;
}

/** Task records as files in `<dataDir>/tasks`. */
export function openTaskRecords<R extends TaskFields>(
  dataDir: string,
  parse: (value: unknown) => R,
  telemetry: Telemetry | undefined,
): TaskRecords<R> {
  return new RecordFolder<R>({
    path: join(dataDir, 'tasks'),
    parse,
    idOf: (record) => record.taskId,
    onUnreadable: (file, cause) => telemetry?.error('a task record cannot be read', { file }, cause),
  });
}

/** Every task that is known, by its id: accepted once, found again, and forgotten when it is long over. */
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
   * Answers the task of this id. Where there is none, `record` makes one, which `begin` is told of once it is
   * on disk.
   * @throws PortError
   */
  async accept(taskId: string, record: () => R, begin: (task: T) => void): Promise<RunOutcome> {
    if (this.#closed) throw new PortError('throttled', 'the task runner is closed');
    const held = this.#tasks.get(taskId) ?? this.#acceptNew(record(), begin);
    if (!(await held.accepted)) throw new PortError('unavailable', 'the task record could not be written');
    return { kind: 'accepted', task: toTaskObservation(held.task.record) };
  }

  find(taskId: string): T | undefined {
    return this.#tasks.get(taskId)?.task;
  }

  all(): readonly T[] {
    return [...this.#tasks.values()].map(({ task }) => task);
  }

  /** As TaskRunner.describe. */
  describe(taskIds: readonly string[]): readonly (TaskObservation | MissingTask)[] {
    if (taskIds.length > PAGE_SIZE) throw new RangeError(`at most ${PAGE_SIZE} tasks at once`);
    return taskIds.map((taskId) => {
      const task = this.find(taskId);
      return task === undefined ? { taskId, missing: true } : toTaskObservation(task.record);
    });
  }

  /** As TaskRunner.list. */
  list(cursor = ''): { tasks: readonly TaskObservation[]; cursor?: string } {
    const rest = this.all()
      .map(({ record }) => record)
      .filter((record) => record.status !== 'stopped' && record.taskId > cursor)
      .sort((a, b) => (a.taskId < b.taskId ? -1 : 1));
    const tasks = rest.slice(0, PAGE_SIZE).map(toTaskObservation);
    const last = tasks.at(-1);
    return rest.length > PAGE_SIZE && last !== undefined ? { tasks, cursor: last.taskId } : { tasks };
  }

  /** Accepts nothing new any more. */
  close(): void {
    this.#closed = true;
  }

  /** Reads what an earlier server has left, and answers the records of the tasks that had not stopped; they are not held yet. */
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

  /** Holds the task of a record that is on disk. */
  add(record: R): T {
    const task = this.#options.createTask(record);
    this.#tasks.set(record.taskId, { task, accepted: Promise.resolve(true) });
    return task;
  }

  /** A power failure may have taken back versions that had been told already: goes far beyond them. */
  addWithVersionGap(record: R): T {
    return this.add({ ...record, version: record.version + 1000 });
  }

  #acceptNew(record: R, begin: (task: T) => void): Entry<T> {
    this.#prune();
    const { taskId } = record;
    const task = this.#options.createTask(record);
    const accepted = this.#options.records.save(record).then(
      () => {
        begin(task);
        return true;
      },
      (error: unknown) => {
        this.#options.telemetry?.error('a task record could not be written', { taskId }, error);
        this.#tasks.delete(taskId);
        return false;
      },
    );
    const held = { task, accepted };
    this.#tasks.set(taskId, held);
    return held;
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
