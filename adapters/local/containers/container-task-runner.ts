import { join } from 'node:path';
import { readInstallationId } from '../installation-id.ts';
import { LocalTaskRunner, type LocalTaskRunnerOptions, SERVER_STOPPED } from '../tasks/local-task-runner.ts';
import { RunLogs } from '../tasks/run-logs.ts';
import type { TaskFields } from '../tasks/task-record.ts';
import { type ContainerRecord, containerRecords } from './container-record.ts';
import { containerName, installationLabel } from './container-spec.ts';
import { ContainerTask, type ContainerTaskContext } from './container-task.ts';
import { containerUserFor } from './container-user.ts';
import type { Engine } from './engine.ts';
import type { EngineInfo } from './engine-responses.ts';
import { Images } from './images.ts';
import { RunOutput } from './run-output.ts';

export interface ContainerTaskRunnerOptions extends LocalTaskRunnerOptions<ContainerRecord> {
  readonly engine: Engine;
  readonly engineInfo: EngineInfo;
  /** The image of workbenches. A change reaches a workbench at its next start. */
  readonly image: string;
  /** Replaces the command of the image: a script for `sh -c`, run in the project folder. */
  readonly bootCommand?: string | undefined;
  /** Whether the program serves its pages below the path of the workbench's URL only. @default false */
  readonly keepPrefix?: boolean;
  /** The port in the container on which a workbench serves HTTP. */
  readonly port: number;
  /** Absolute path in the container at which the volume is mounted. */
  readonly mountPath: string;
  readonly images?: Images;
}

const TRAITS = { idPrefix: 'cont', killMessage: 'Its container was killed.', closeTimeoutMs: 10_000 };

/**
 * Runs tasks as containers of an engine on this computer. Containers outlive a server that is killed, and the
 * next server on the same folder adopts them. A server that is closed ends them. Containers without the label of
 * this installation are never changed.
 */
export class ContainerTaskRunner extends LocalTaskRunner<ContainerRecord, ContainerTask> {
  readonly #image: string;
  readonly #context: ContainerTaskContext;
  /** Tasks that an earlier server left, in the order in which they are resumed. */
  #recovered: readonly ContainerRecord[] = [];

  /** Reads the records and removes the orphaned containers of this installation. */
  static async open(options: ContainerTaskRunnerOptions): Promise<ContainerTaskRunner> {
    const tasks = new ContainerTaskRunner(options, await readInstallationId(options.dataDir));
    await tasks.#recover();
    return tasks;
  }

  private constructor(options: ContainerTaskRunnerOptions, installation: string) {
    const { dataDir, engine, engineInfo, telemetry } = options;
    super(options, TRAITS, options.records ?? containerRecords(dataDir, telemetry));
    this.#image = options.image;
    const { timers } = this.context;
    this.#context = {
      ...this.context,
      engine,
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
        keepPrefix: options.keepPrefix ?? false,
        port: options.port,
        mountPath: options.mountPath,
        baseUrl: options.baseUrl,
      },
      output: new RunOutput(engine, new RunLogs(join(dataDir, 'logs'), telemetry), timers),
    };
  }

  override resume(): void {
    for (const record of this.#recovered) {
      const task = this.registry.find(record.taskId);
      if (task === undefined || task.record.status === 'stopped') continue;
      if (record.status === 'stopping') void task.end(record.ending ?? SERVER_STOPPED);
      if (record.status === 'provisioning') task.enqueue(this.limit);
      else this.limit.startNow(() => task.run());
    }
  }

  protected override createRecord(fields: TaskFields): ContainerRecord {
    return { ...fields, image: this.#image };
  }

  protected override createTask(record: ContainerRecord): ContainerTask {
    return new ContainerTask(record, this.#context);
  }

  async #recover(): Promise<void> {
    const left = await this.registry.open();
    await this.#removeOrphanedContainers(left);
    for (const record of left) this.registry.addWithVersionGap(record);
    // Tasks that had begun come first. They keep their slots, and the waiting tasks queue behind them.
    const order = ({ status, acceptedAt }: ContainerRecord) =>
      status === 'provisioning' ? acceptedAt : acceptedAt - Number.MAX_SAFE_INTEGER / 2;
    this.#recovered = [...left].sort((a, b) => order(a) - order(b));
  }

  /** An orphan has the label of this installation and no live task: its record is lost or has stopped. */
  async #removeOrphanedContainers(left: readonly ContainerRecord[]): Promise<void> {
    const { engine, telemetry, settings } = this.#context;
    const known = new Set(left.map(({ taskId }) => containerName(settings.installation, taskId)));
    for (const { id, name } of await engine.listByLabel(installationLabel(settings.installation))) {
      if (known.has(name)) continue;
      telemetry?.warn('orphaned container deleted', { container: name });
      await engine.remove(id);
    }
  }
}
