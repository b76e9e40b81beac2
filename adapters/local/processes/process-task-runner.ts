import { join } from 'node:path';
import type {
  MissingTask,
  RunOutcome,
  TaskInput,
  TaskObservation,
  TaskRunner,
} from '#core/ports/task-runner.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { readInstallationId } from '../installation-id.ts';
import { ConcurrencyLimit } from '../tasks/concurrency-limit.ts';
import { PortAllocator } from '../tasks/port-allocator.ts';
import { RunLogs } from '../tasks/run-logs.ts';
import { toTaskObservation } from '../tasks/task-record.ts';
import { openTaskRecords, type TaskRecords, TaskRegistry } from '../tasks/task-registry.ts';
import { settlesWithin, systemTimers, type Timers } from '../timers.ts';
import type { WorkbenchCommand } from './command.ts';
import { endpointOf, type LaunchSettings, launchProgram } from './launch.ts';
import {
  newProcessRecord,
  type ProcessRecord,
  processRecordSchema,
  toProcessTaskId,
} from './process-record.ts';
import { type ProcessTable, systemProcesses } from './process-table.ts';
import { ProcessTask, type ProcessTaskContext } from './process-task.ts';
import { endProcessesOfEarlierServer } from './process-tree.ts';

export interface ProcessTaskRunnerOptions {
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
  readonly serverEnvironment?: Readonly<Record<string, string | undefined>>;
  readonly timers?: Timers;
  readonly table?: ProcessTable;
  readonly telemetry?: Telemetry;
  /** Where task records are kept. @default files in `<dataDir>/tasks` */
  readonly records?: TaskRecords<ProcessRecord>;
}

/** The longest wait, beyond the grace, for everything to be gone, milliseconds. */
const CLOSE_TIMEOUT_MS = 5000;

const SERVER_STOPPED = {
  code: 'instance_lost',
  message: 'The local server was stopped, and it with it.',
} as const;

/** Tasks as child processes of this server: see TaskRunner for what it promises. */
export class ProcessTaskRunner implements TaskRunner {
  readonly #max: number;
  readonly #graceMs: number;
  readonly #timers: Timers;
  readonly #launchSettings: LaunchSettings;
  readonly #context: ProcessTaskContext;
  readonly #registry: TaskRegistry<ProcessRecord, ProcessTask>;
  readonly #limit: ConcurrencyLimit;
  readonly #giveUp = new AbortController();
  readonly #ports = new PortAllocator();

  /** Reads what there was, and ends what an earlier server left behind: tasks do not outlive their server. */
  static async open(options: ProcessTaskRunnerOptions): Promise<ProcessTaskRunner> {
    const tasks = new ProcessTaskRunner(options, await readInstallationId(options.dataDir));
    await tasks.#recover();
    return tasks;
  }

  private constructor(options: ProcessTaskRunnerOptions, installation: string) {
    const { dataDir, telemetry } = options;
    this.#max = options.max ?? 8;
    this.#limit = new ConcurrencyLimit(this.#max);
    this.#graceMs = options.graceMs ?? 10_000;
    this.#timers = options.timers ?? systemTimers;
    const records =
      options.records ?? openTaskRecords(dataDir, (value) => processRecordSchema.parse(value), telemetry);
    this.#launchSettings = {
      command: options.command,
      installation,
      privateRoot: join(dataDir, 'private'),
      logs: new RunLogs(join(dataDir, 'logs'), this.#timers),
      baseUrl: options.baseUrl,
      serverEnvironment: options.serverEnvironment ?? process.env,
    };
    this.#context = {
      records,
      table: options.table ?? systemProcesses(),
      timers: this.#timers,
      telemetry,
      graceMs: this.#graceMs,
      giveUpSignal: this.#giveUp.signal,
      onChange: (record) => {
        try {
          options.onChange?.(toTaskObservation(record));
        } catch (error) {
          telemetry?.error('a task change could not be published', { taskId: record.taskId }, error);
        }
      },
    };
    const make = (record: ProcessRecord) => new ProcessTask(record, this.#context);
    this.#registry = new TaskRegistry({ records, timers: this.#timers, telemetry, createTask: make });
  }

  async run(input: TaskInput, token: string): Promise<RunOutcome> {
    const detail = `waiting for one of ${this.#max} places`;
    const fresh = () => newProcessRecord(input, token, detail, this.#timers.now());
    return this.#registry.accept(toProcessTaskId(token), fresh, (task) =>
      this.#limit.enqueue(() => this.#runInSlot(task, input)),
    );
  }

  async stop(taskId: string, reason: string): Promise<void> {
    const task = this.#registry.find(taskId);
    if (task === undefined) return;
    void task.end({ code: 'requested', message: reason });
    await task.flush();
  }

  async terminateInstance(taskId: string): Promise<void> {
    const task = this.#registry.find(taskId);
    if (task === undefined) return;
    void task.kill({ code: 'requested', message: 'Its processes were killed.' });
    await task.flush();
  }

  async describe(taskIds: readonly string[]): Promise<readonly (TaskObservation | MissingTask)[]> {
    return this.#registry.describe(taskIds);
  }

  async list(cursor?: string): Promise<{ tasks: readonly TaskObservation[]; cursor?: string }> {
    return this.#registry.list(cursor);
  }

  /** Ends every task and waits until all are gone, no longer than the grace and five seconds. Takes no more. */
  async close(): Promise<void> {
    this.#registry.close();
    const ends = this.#registry.all().map((task) => task.end(SERVER_STOPPED));
    await settlesWithin(this.#timers, this.#graceMs + CLOSE_TIMEOUT_MS, Promise.all(ends));
    this.#giveUp.abort();
    await Promise.all(this.#registry.all().map((task) => task.flush()));
  }

  /** One task's time in its place: resolves when it has stopped and everything of it is gone. */
  async #runInSlot(task: ProcessTask, input: TaskInput): Promise<void> {
    const port = await this.#ports.allocate().catch(() => undefined);
    if (port === undefined) {
      await task.end({ code: 'start_refused', message: 'There is no free port for it.' });
      return;
    }
    const endpoint = endpointOf(this.#launchSettings, input.workbenchId, port);
    await task.run(endpoint, this.#launchSettings.command.kind, () =>
      launchProgram(this.#launchSettings, input, port),
    );
    await task.stopped;
    this.#ports.release(port);
  }

  async #recover(): Promise<void> {
    const left = await this.#registry.open();
    const gone = endProcessesOfEarlierServer(left, this.#launchSettings.installation, this.#context);
    const ends = left.map((record) =>
      this.#registry.addWithVersionGap(record).endWhenGone(SERVER_STOPPED, gone),
    );
    await settlesWithin(this.#timers, CLOSE_TIMEOUT_MS, Promise.all([gone, ...ends]));
  }
}
