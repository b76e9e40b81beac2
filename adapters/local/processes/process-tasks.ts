import { join } from 'node:path';
import { PortError } from '#core/ports/port-error.ts';
import type {
  MissingTask,
  RunOutcome,
  TaskInput,
  TaskObservation,
  TaskRunner,
} from '#core/ports/task-runner.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { installationOf } from '../installation.ts';
import { RecordFolder } from '../record-folder.ts';
import { settlesWithin, systemTimers, type Timers } from '../timers.ts';
import type { WorkbenchCommand } from './command.ts';
import { endpointOf, type LaunchSettings, launch } from './launch.ts';
import { endLeftOver } from './left-over.ts';
import { LocalPorts } from './local-ports.ts';
import { type ProcessTable, systemProcesses } from './process-table.ts';
import { ProcessTask, type ProcessTaskContext } from './process-task.ts';
import { RunLogs } from './run-logs.ts';
import { newTaskRecord, observationOf, type TaskRecord, taskIdOf, taskRecordSchema } from './task-record.ts';

export interface ProcessTasksOptions {
  /** Everything that is kept lies below this folder, absolute. Nobody else may use it at the same time. */
  readonly dataDir: string;
  readonly command: WorkbenchCommand;
  /** Where people reach a workbench; its path ends in a slash. */
  readonly baseUrl: (workbenchId: string) => string;
  /** Told of each change of a task, once it is on disk. */
  readonly onChange?: (observation: TaskObservation) => void;
  /** Tasks with a process at once, 1 or more; the rest waits in `provisioning`. @default 8 */
  readonly max?: number;
  /** From SIGTERM to SIGKILL, milliseconds. @default 10,000 */
  readonly graceMs?: number;
  /** The environment of this server. @default process.env */
  readonly own?: Readonly<Record<string, string | undefined>>;
  readonly timers?: Timers;
  readonly table?: ProcessTable;
  readonly telemetry?: Telemetry;
  /** Where task records are kept. @default files in `<dataDir>/tasks` */
  readonly records?: TaskRecords;
}

export type TaskRecords = Pick<RecordFolder<TaskRecord>, 'open' | 'save' | 'remove'>;

/** A stopped task is known for this long, milliseconds: twice what the contract asks for. */
const REMEMBERED_MS = 2 * 60 * 60 * 1000;
/** The old are looked for this often at most, milliseconds. */
const PRUNE_EVERY_MS = 10 * 60 * 1000;
/** The longest wait, beyond the grace, for everything to be gone, milliseconds. */
const PATIENCE_MS = 5000;
const PAGE = 100;

interface Held {
  readonly task: ProcessTask;
  /** The write of its record, which everybody who asks for the token waits for. */
  readonly accepted: Promise<boolean>;
}

const SERVER_STOPPED = { code: 'host_lost', message: 'The local server was stopped while it ran.' } as const;

/** Tasks as child processes of this server: see TaskRunner for what it promises. */
export class ProcessTasks implements TaskRunner {
  readonly #options: ProcessTasksOptions;
  readonly #max: number;
  readonly #graceMs: number;
  readonly #timers: Timers;
  readonly #records: TaskRecords;
  readonly #launch: LaunchSettings;
  readonly #context: ProcessTaskContext;
  readonly #giveUp = new AbortController();
  readonly #ports = new LocalPorts();
  readonly #tasks = new Map<string, Held>();
  /** Accepted and not placed yet, in the order of acceptance. */
  readonly #waiting: { readonly task: ProcessTask; readonly input: TaskInput }[] = [];
  #placed = 0;
  #prunedAt: number;
  #closed = false;

  /** Reads what there was, and ends what an earlier server left behind: tasks do not outlive their server. */
  static async open(options: ProcessTasksOptions): Promise<ProcessTasks> {
    const tasks = new ProcessTasks(options, await installationOf(options.dataDir));
    await tasks.#takeOver();
    return tasks;
  }

  private constructor(options: ProcessTasksOptions, installation: string) {
    const { dataDir, telemetry } = options;
    this.#options = options;
    this.#max = options.max ?? 8;
    this.#graceMs = options.graceMs ?? 10_000;
    this.#timers = options.timers ?? systemTimers;
    this.#prunedAt = this.#timers.now();
    this.#records =
      options.records ??
      new RecordFolder<TaskRecord>({
        path: join(dataDir, 'tasks'),
        parse: (value) => taskRecordSchema.parse(value),
        idOf: (record) => record.taskId,
        onUnreadable: (file, cause) => telemetry?.error('a task record cannot be read', { file }, cause),
      });
    this.#launch = {
      command: options.command,
      installation,
      privateRoot: join(dataDir, 'private'),
      logs: new RunLogs(join(dataDir, 'logs'), this.#timers),
      baseUrl: options.baseUrl,
      own: options.own ?? process.env,
    };
    this.#context = {
      records: this.#records,
      table: options.table ?? systemProcesses(),
      timers: this.#timers,
      telemetry,
      graceMs: this.#graceMs,
      givenUp: this.#giveUp.signal,
      onChange: (record) => {
        try {
          options.onChange?.(observationOf(record));
        } catch (error) {
          telemetry?.error('nobody could be told of a task', { taskId: record.taskId }, error);
        }
      },
    };
  }

  async run(input: TaskInput, token: string): Promise<RunOutcome> {
    if (this.#closed) throw new PortError('throttled', 'the task runner is closed');
    const held = this.#tasks.get(taskIdOf(token)) ?? this.#accept(input, token);
    if (!(await held.accepted)) throw new PortError('unavailable', 'the task record could not be written');
    return { kind: 'accepted', task: observationOf(held.task.record) };
  }

  async stop(taskId: string, reason: string): Promise<void> {
    const task = this.#tasks.get(taskId)?.task;
    if (task === undefined) return;
    void task.end({ code: 'requested', message: reason });
    await task.written();
  }

  async endMachine(taskId: string): Promise<void> {
    const task = this.#tasks.get(taskId)?.task;
    if (task === undefined) return;
    void task.kill({ code: 'requested', message: 'Its processes were killed.' });
    await task.written();
  }

  async describe(taskIds: readonly string[]): Promise<readonly (TaskObservation | MissingTask)[]> {
    if (taskIds.length > PAGE) throw new RangeError(`at most ${PAGE} tasks at once`);
    return taskIds.map((taskId) => {
      const held = this.#tasks.get(taskId);
      return held === undefined ? { taskId, missing: true } : observationOf(held.task.record);
    });
  }

  async list(cursor = ''): Promise<{ tasks: readonly TaskObservation[]; cursor?: string }> {
    const rest = [...this.#tasks.values()]
      .map(({ task }) => task.record)
      .filter((record) => record.status !== 'stopped' && record.taskId > cursor)
      .sort((a, b) => (a.taskId < b.taskId ? -1 : 1));
    const tasks = rest.slice(0, PAGE).map(observationOf);
    const last = tasks.at(-1);
    return rest.length > PAGE && last !== undefined ? { tasks, cursor: last.taskId } : { tasks };
  }

  /** Ends every task and waits until all are gone, no longer than the grace and five seconds. Takes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    const ends = [...this.#tasks.values()].map(({ task }) => task.end(SERVER_STOPPED));
    await settlesWithin(this.#timers, this.#graceMs + PATIENCE_MS, Promise.all(ends));
    this.#giveUp.abort();
    await Promise.all([...this.#tasks.values()].map(({ task }) => task.written()));
  }

  #accept(input: TaskInput, token: string): Held {
    this.#prune();
    const detail = `waiting for one of ${this.#max} places`;
    const record = newTaskRecord(input, token, detail, this.#timers.now());
    const task = new ProcessTask(record, this.#context);
    const accepted = this.#records.save(record).then(
      () => {
        this.#waiting.push({ task, input });
        this.#place();
        return true;
      },
      (error: unknown) => {
        this.#options.telemetry?.error(
          'a task record could not be written',
          { taskId: record.taskId },
          error,
        );
        this.#tasks.delete(record.taskId);
        return false;
      },
    );
    return this.#hold(task, accepted);
  }

  #place(): void {
    while (this.#placed < this.#max) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#placed += 1;
      void this.#occupy(next.task, next.input).finally(() => {
        this.#placed -= 1;
        this.#place();
      });
    }
  }

  /** One task's time in its place: resolves when it has stopped and everything of it is gone. */
  async #occupy(task: ProcessTask, input: TaskInput): Promise<void> {
    const port = await this.#ports.take().catch(() => undefined);
    if (port === undefined) {
      await task.end({ code: 'start_refused', message: 'There is no free port for it.' });
      return;
    }
    const endpoint = endpointOf(this.#launch, input.workbenchId, port);
    await task.live(endpoint, this.#launch.command.kind, () => launch(this.#launch, input, port));
    await task.stopped;
    this.#ports.release(port);
  }

  #prune(): void {
    const now = this.#timers.now();
    if (now - this.#prunedAt < PRUNE_EVERY_MS) return;
    this.#prunedAt = now;
    for (const { task } of this.#tasks.values()) void this.#forgetOld(task.record, now);
  }

  async #forgetOld(record: TaskRecord, now: number): Promise<boolean> {
    if (record.status !== 'stopped' || now - (record.stoppedAt ?? now) < REMEMBERED_MS) return false;
    this.#tasks.delete(record.taskId);
    await this.#records.remove(record.taskId).catch(() => {});
    return true;
  }

  async #takeOver(): Promise<void> {
    const now = this.#timers.now();
    const left: TaskRecord[] = [];
    for (const record of await this.#records.open()) {
      if (await this.#forgetOld(record, now)) continue;
      if (record.status === 'stopped')
        this.#hold(new ProcessTask(record, this.#context), Promise.resolve(true));
      else left.push(record);
    }
    const gone = endLeftOver(left, this.#launch.installation, this.#context);
    const ends = left.map((record) => {
      // A power failure may have taken back versions that had been told already: go far beyond them.
      const task = new ProcessTask({ ...record, version: record.version + 1000 }, this.#context);
      this.#hold(task, Promise.resolve(true));
      return task.endWhenGone(SERVER_STOPPED, gone);
    });
    await settlesWithin(this.#timers, PATIENCE_MS, Promise.all([gone, ...ends]));
  }

  #hold(task: ProcessTask, accepted: Promise<boolean>): Held {
    const held = { task, accepted };
    this.#tasks.set(task.record.taskId, held);
    return held;
  }
}
