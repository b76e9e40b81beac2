import { join } from 'node:path';
import type { ActivityEndpoint, RunIdentity } from '../../run-token.ts';
import { readInstallationId } from '../installation-id.ts';
import { LocalTaskRunner, type LocalTaskRunnerOptions, SERVER_STOPPED } from '../tasks/local-task-runner.ts';
import { RunLogs } from '../tasks/run-logs.ts';
import type { TaskFields } from '../tasks/task-record.ts';
import { settlesWithin } from '../timers.ts';
import type { WorkbenchCommand } from './command.ts';
import { endProcessesOfEarlierServer } from './earlier-server.ts';
import { type ProcessRecord, processRecords } from './process-record.ts';
import { type ProcessTable, systemProcesses } from './process-table.ts';
import { ProcessTask, type ProcessTaskContext } from './process-task.ts';
import { findOwnCgroup } from './run-cgroups.ts';
import { WorkbenchSockets } from './workbench-sockets.ts';

export interface ProcessTaskRunnerOptions extends LocalTaskRunnerOptions<ProcessRecord> {
  readonly command: WorkbenchCommand;
  /** Where a run reports activity. @default nowhere */
  readonly activity?: ((run: RunIdentity) => ActivityEndpoint | undefined) | undefined;
  /** Absolute path of a shell script that reports the activity of a run. @default none */
  readonly reporter?: string | undefined;
  /** The environment of this server. @default process.env */
  readonly serverEnvironment?: Readonly<Record<string, string | undefined>>;
  readonly table?: ProcessTable;
  /** The folder of this server's cgroup. @default the one that the system shows */
  readonly cgroup?: Promise<string | undefined>;
}

const CLOSE_TIMEOUT_MS = 5000;
const TRAITS = {
  idPrefix: 'proc',
  killMessage: 'Its processes were killed.',
  closeTimeoutMs: CLOSE_TIMEOUT_MS,
};

/** Runs tasks as child processes of this server. They do not outlive it. */
export class ProcessTaskRunner extends LocalTaskRunner<ProcessRecord, ProcessTask> {
  readonly #context: ProcessTaskContext;

  /** Reads the records and ends the processes that an earlier server left. */
  static async open(options: ProcessTaskRunnerOptions): Promise<ProcessTaskRunner> {
    const sockets = await WorkbenchSockets.open(options.dataDir);
    const tasks = new ProcessTaskRunner(options, await readInstallationId(options.dataDir), sockets);
    await tasks.#recover();
    return tasks;
  }

  private constructor(options: ProcessTaskRunnerOptions, installation: string, sockets: WorkbenchSockets) {
    const { dataDir, telemetry } = options;
    super(options, TRAITS, options.records ?? processRecords(dataDir, telemetry));
    this.#context = {
      ...this.context,
      table: options.table ?? systemProcesses(),
      cgroups: { own: options.cgroup ?? findOwnCgroup() },
      launchSettings: {
        command: options.command,
        installation,
        privateRoot: join(dataDir, 'private'),
        logs: new RunLogs(join(dataDir, 'logs'), telemetry),
        timers: this.context.timers,
        telemetry,
        sockets,
        baseUrl: options.baseUrl,
        activity: options.activity,
        reporter: options.reporter,
        serverEnvironment: options.serverEnvironment ?? process.env,
      },
    };
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#context.launchSettings.sockets.close();
  }

  protected override createRecord(fields: TaskFields): ProcessRecord {
    return fields;
  }

  protected override createTask(record: ProcessRecord): ProcessTask {
    return new ProcessTask(record, this.#context);
  }

  async #recover(): Promise<void> {
    const left = await this.registry.open();
    const gone = endProcessesOfEarlierServer(left, this.#context);
    const ends = left.map((record) =>
      this.registry.addWithVersionGap(record).endWhenGone(SERVER_STOPPED, gone),
    );
    await settlesWithin(this.context.timers, CLOSE_TIMEOUT_MS, Promise.all([gone, ...ends]));
  }
}
