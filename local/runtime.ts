import { join } from 'node:path';
import { StartError } from '#adapters/http-server/listen.ts';
import { countUnstoppedContainerTasks } from '#adapters/local/containers/container-record.ts';
import { chooseCommand, findOnPath, type WorkbenchCommand } from '#adapters/local/processes/command.ts';
import { ProcessTaskRunner } from '#adapters/local/processes/process-task-runner.ts';
import { DEFAULT_PATH, PIPE_PROGRAM } from '#adapters/local/processes/program-output.ts';
import { SocketsUnavailable } from '#adapters/local/processes/workbench-sockets.ts';
import { INSTALLED_IDE } from './installed-ide.ts';
import type { Runtime } from './runtime-port.ts';
import type { LocalSettings } from './settings.ts';

const PAGE = join(import.meta.dirname, '../adapters/local/processes/page/server.ts');

/** The program of the example image that reports the activity of its workbench. */
const REPORTER = join(import.meta.dirname, '../image/activity.sh');

/**
 * Returns the configured runtime.
 * @param path PATH of this server
 * @throws IdeNotFound or StartError when the runtime is not available
 */
export async function chooseRuntime(settings: LocalSettings, path: string | undefined): Promise<Runtime> {
  if (settings.runtime === 'docker') {
    // The import is dynamic because this runtime is larger than the rest of local mode.
    const { chooseContainerRuntime } = await import('./container-runtime.ts');
    return await chooseContainerRuntime(settings);
  }
  const command = chooseCommand({
    bootCommand: settings.functions.WB_BOOT_COMMAND,
    keepPrefix: settings.keepPrefix,
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
  page: 'a small built-in page (`npm run local:ide` installs an IDE, WB_BOOT_COMMAND sets another command)',
};

/** Returns the runtime that runs workbenches as processes of this user. */
export function processRuntime(command: WorkbenchCommand): Runtime {
  return {
    summary: [['They run', RUNTIME_LABELS[command.kind]]],
    gpuCount: 0,
    async open(options) {
      assertPipeProgram(process.env.PATH);
      await assertNoLeftoverContainers(options.dataDir);
      try {
        return await ProcessTaskRunner.open({ ...options, command, reporter: REPORTER });
      } catch (error) {
        throw error instanceof SocketsUnavailable ? new StartError(error.message, error) : error;
      }
    },
  };
}

/**
 * Node.js cannot create a named pipe, through which a workbench's output comes.
 * @throws StartError
 */
function assertPipeProgram(path: string | undefined): void {
  if (findOnPath(PIPE_PROGRAM, path ?? DEFAULT_PATH) !== undefined) return;
  throw new StartError(
    `${PIPE_PROGRAM} was not found on PATH. It is part of every Unix (POSIX), on Linux of coreutils or busybox.`,
  );
}

/**
 * Containers outlive a server that was killed. The process runtime does not know them and would start a second task
 * on the files of a running one.
 * @throws StartError
 */
async function assertNoLeftoverContainers(dataDir: string): Promise<void> {
  const count = await countUnstoppedContainerTasks(dataDir);
  if (count === 0) return;
  throw new StartError(
    `A server that was killed has left ${count === 1 ? 'a workbench' : `${count} workbenches`} of this data folder that may still run in containers. Start once with WB_LOCAL_RUNTIME=docker, which adopts them, and end the server with Ctrl-C.`,
  );
}
