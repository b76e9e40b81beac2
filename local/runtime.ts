import { join } from 'node:path';
import { countUnstoppedContainerTasks } from '#adapters/local/containers/container-record.ts';
import { chooseCommand, findOnPath, type WorkbenchCommand } from '#adapters/local/processes/command.ts';
import { ProcessTaskRunner } from '#adapters/local/processes/process-task-runner.ts';
import type { TaskObservation, TaskRunner } from '#core/ports/task-runner.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { INSTALLED_IDE } from './installed-ide.ts';
import { StartError } from './listen.ts';
import type { LocalSettings } from './settings.ts';

/** What workbenches run in. */
export interface Runtime {
  /** For people: what is run, and what runs it. */
  readonly summary: readonly (readonly [label: string, text: string])[];
  /** GPUs that it can hand to workbenches. */
  readonly gpuCount: number;
  /** Opens it, and takes over what an earlier server has left. */
  open(options: RuntimeOptions): Promise<RunningTasks>;
}

export interface RuntimeOptions {
  readonly dataDir: string;
  /** Workbenches at once. */
  readonly max: number;
  /** From SIGTERM to SIGKILL, milliseconds. */
  readonly graceMs: number;
  /** Where people reach a workbench; its path ends in a slash. Not known before `resume`. */
  readonly baseUrl: (workbenchId: string) => string;
  readonly onChange: (task: TaskObservation) => void;
  readonly telemetry: Telemetry;
}

export interface RunningTasks extends TaskRunner {
  /** Goes on with the tasks of an earlier server, where they outlive one; called once `baseUrl` is known. */
  resume?(): void;
  /** Ends every task. */
  close(): Promise<void>;
}

const PAGE = join(import.meta.dirname, '../adapters/local/processes/page/server.ts');

/**
 * The runtime that the settings ask for.
 * @param path PATH of this server
 * @throws IdeNotFound or StartError when it cannot be had
 */
export async function chooseRuntime(settings: LocalSettings, path: string | undefined): Promise<Runtime> {
  if (settings.runtime === 'docker') {
    // Loaded only when it is wanted: it is larger than all the rest.
    const { chooseContainerRuntime } = await import('./container-runtime.ts');
    return await chooseContainerRuntime(settings);
  }
  const command = chooseCommand({
    bootCommand: settings.functions.WB_BOOT_COMMAND,
    ide: settings.ide,
    find: (program) => findOnPath(program, path) ?? findOnPath(program, INSTALLED_IDE),
    node: process.execPath,
    page: PAGE,
  });
  return processRuntime(command);
}

const RUNTIME_LABELS: Readonly<Record<WorkbenchCommand['kind'], string>> = {
  'boot command': 'the command in WB_BOOT_COMMAND',
  'code-server': 'code-server',
  jupyter: 'Jupyter',
  page: 'a small built-in page (`npm run local:ide` installs a whole IDE, WB_BOOT_COMMAND runs something else)',
};

/** Workbenches as processes of this user. */
export function processRuntime(command: WorkbenchCommand): Runtime {
  return {
    summary: [['They run', RUNTIME_LABELS[command.kind]]],
    gpuCount: 0,
    async open(options) {
      await assertNoLeftoverContainers(options.dataDir);
      return await ProcessTaskRunner.open({ ...options, command });
    },
  };
}

/**
 * Containers outlive a server that was killed. One that does not know of containers would let a second task
 * have the files of a first that still runs.
 */
async function assertNoLeftoverContainers(dataDir: string): Promise<void> {
  const left = await countUnstoppedContainerTasks(dataDir);
  if (left === 0) return;
  throw new StartError(
    `${left === 1 ? 'A workbench' : `${left} workbenches`} of this data folder may still run in containers, left by a server that was killed. Start once with WB_LOCAL_RUNTIME=docker, which takes them over, and end it with Ctrl-C.`,
  );
}
