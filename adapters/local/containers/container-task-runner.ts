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
import { type TaskRecords, TaskRegistry } from '../tasks/task-registry.ts';
import { settlesWithin, systemTimers, type Timers } from '../timers.ts';
import {
  type ContainerRecord,
  containerRecords,
  newContainerRecord,
  toContainerTaskId,
} from './container-record.ts';
import { containerName, installationLabel } from './container-spec.ts';
import { ContainerTask, type ContainerTaskContext } from './container-task.ts';
import { containerUserFor } from './container-user.ts';
import type { Engine } from './engine.ts';
import type { EngineInfo } from './engine-info.ts';
import { Images } from './images.ts';
import { RunOutput } from './run-output.ts';

export interface ContainerTaskRunnerOptions {
  /** Everything that is kept lies below this folder, absolute. Nobody else may use it at the same time. */
  readonly dataDir: string;
  readonly engine: Engine;
  readonly engineInfo: EngineInfo;
  /** The image of a workbench; a change reaches a workbench at its next start. */
  readonly image: string;
  /** What a workbench boots with instead of the image's own command: for `sh -c`, in the project folder. */
  readonly bootCommand?: string | undefined;
  /** The port on which the workbench's container answers HTTP. */
  readonly port: number;
  /** Where people reach a workbench; its path ends in a slash. */
  readonly baseUrl: (workbenchId: string) => string;
  /** Told of each change of a task, once it is on disk. */
  readonly onChange?: (observation: TaskObservation) => void;
  /** Tasks with a container at once, 1 or more; the rest waits in `provisioning`. @default 8 */
  readonly max?: number;
  /** From SIGTERM to SIGKILL, milliseconds. @default 10,000 */
  readonly graceMs?: number;
  /** Where records are kept. @default files in `<dataDir>/containers/tasks` */
  readonly records?: TaskRecords<ContainerRecord>;
  readonly images?: Images;
  readonly timers?: Timers;
  readonly telemetry?: Telemetry;
}

/** The longest wait, beyond the grace, for everything to be gone, milliseconds. */
const CLOSE_TIMEOUT_MS = 10_000;

const SERVER_STOPPED = {
  code: 'instance_lost',
  message: 'The local server was stopped, and it with it.',
} as const;

/**
 * Tasks as containers of an engine on this machine: see TaskRunner for what it promises. Containers outlive a
 * server that is killed, and the next one on the same folder adopts them; one that is closed ends them. Only
 * containers that carry this installation's label are ever touched.
 */
export class ContainerTaskRunner implements TaskRunner {
  readonly #options: ContainerTaskRunnerOptions;
  readonly #max: number;
  readonly #context: ContainerTaskContext;
  readonly #registry: TaskRegistry<ContainerRecord, ContainerTask>;
  readonly #limit: ConcurrencyLimit;
  readonly #giveUp = new AbortController();
  /** What an earlier server left, in the order in which it is gone on with. */
  #recovered: readonly ContainerRecord[] = [];

  /** Reads what there was, and removes containers of this installation that nobody wants. */
  static async open(options: ContainerTaskRunnerOptions): Promise<ContainerTaskRunner> {
    const tasks = new ContainerTaskRunner(options, await readInstallationId(options.dataDir));
    await tasks.#recover();
    return tasks;
  }

  /** Goes on with the tasks of an earlier server. To be called once, when the address of workbenches is known. */
  resume(): void {
    for (const record of this.#recovered) {
      const task = this.#registry.find(record.taskId);
      if (task === undefined || task.record.status === 'stopped') continue;
      if (record.status === 'stopping') void task.end(record.ending ?? SERVER_STOPPED);
      if (record.status === 'provisioning') this.#limit.enqueue(() => task.run());
      else this.#limit.startNow(() => task.run());
    }
  }

  private constructor(options: ContainerTaskRunnerOptions, installation: string) {
    const { dataDir, engine, engineInfo, telemetry, timers = systemTimers } = options;
    this.#options = options;
    this.#max = options.max ?? 8;
    this.#limit = new ConcurrencyLimit(this.#max);
    const records = options.records ?? containerRecords(dataDir, telemetry);
    this.#context = {
      records,
      engine,
      timers,
      telemetry,
      images: options.images ?? new Images(engine, timers),
      settings: {
        installation,
        engine: engineInfo,
        user: containerUserFor(engineInfo, {
          platform: process.platform,
          uid: process.getuid?.(),
          gid: process.getgid?.(),
        }),
        bootCommand: options.bootCommand,
        port: options.port,
        baseUrl: options.baseUrl,
      },
      output: new RunOutput(engine, new RunLogs(join(dataDir, 'logs'), timers)),
      ports: new PortAllocator(),
      graceMs: options.graceMs ?? 10_000,
      giveUpSignal: this.#giveUp.signal,
      onChange: (record) => {
        try {
          options.onChange?.(toTaskObservation(record));
        } catch (error) {
          telemetry?.error('a task change could not be published', { taskId: record.taskId }, error);
        }
      },
    };
    const make = (record: ContainerRecord) => new ContainerTask(record, this.#context);
    this.#registry = new TaskRegistry({ records, timers, telemetry, createTask: make });
  }

  async run(input: TaskInput, token: string): Promise<RunOutcome> {
    const { image } = this.#options;
    const detail = `waiting for one of ${this.#max} places`;
    const fresh = () => newContainerRecord(input, token, image, detail, this.#context.timers.now());
    return this.#registry.accept(toContainerTaskId(token), fresh, (task) =>
      this.#limit.enqueue(() => task.run()),
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
    void task.kill({ code: 'requested', message: 'Its container was killed.' });
    await task.flush();
  }

  async describe(taskIds: readonly string[]): Promise<readonly (TaskObservation | MissingTask)[]> {
    return this.#registry.describe(taskIds);
  }

  async list(cursor?: string): Promise<{ tasks: readonly TaskObservation[]; cursor?: string }> {
    return this.#registry.list(cursor);
  }

  /** Ends every task and waits until all are gone, no longer than the grace and ten seconds. Takes no more. */
  async close(): Promise<void> {
    this.#registry.close();
    const ends = this.#registry.all().map((task) => task.end(SERVER_STOPPED));
    await settlesWithin(this.#context.timers, this.#context.graceMs + CLOSE_TIMEOUT_MS, Promise.all(ends));
    this.#giveUp.abort();
    await Promise.all(this.#registry.all().map((task) => task.flush()));
  }

  async #recover(): Promise<void> {
    const left = await this.#registry.open();
    await this.#removeOrphanedContainers(left);
    for (const record of left) this.#registry.addWithVersionGap(record);
    // Those at work first: they keep their places, and those that waited go on waiting behind them.
    const order = ({ status, acceptedAt }: ContainerRecord) =>
      status === 'provisioning' ? acceptedAt : acceptedAt - Number.MAX_SAFE_INTEGER / 2;
    this.#recovered = [...left].sort((a, b) => order(a) - order(b));
  }

  /** What carries our label and is of no task that is still to run: its record is lost, or has stopped. */
  async #removeOrphanedContainers(left: readonly ContainerRecord[]): Promise<void> {
    const { engine, telemetry, settings } = this.#context;
    const wanted = new Set(left.map(({ taskId }) => containerName(settings.installation, taskId)));
    for (const { id, name } of await engine.listByLabel(installationLabel(settings.installation))) {
      if (wanted.has(name)) continue;
      telemetry?.warn('orphaned container deleted', { container: name });
      await engine.remove(id);
    }
  }
}
