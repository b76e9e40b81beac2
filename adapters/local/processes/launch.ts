import { lstat, mkdir, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { TaskInput } from '#core/ports/task-runner.ts';
import { errorCode } from '../../system-error.ts';
import type { RunLogs } from '../tasks/run-logs.ts';
import type { TaskStop } from '../tasks/task-record.ts';
import { checkWorkbenchId } from '../workbench-id.ts';
import type { RunPlace, WorkbenchCommand } from './command.ts';
import { INSTALLATION_VARIABLE, RUN_VARIABLE, workbenchEnvironment } from './environment.ts';
import { spawnGated } from './gated-process.ts';
import type { LaunchedProgram } from './process-task.ts';

export interface LaunchSettings {
  readonly command: WorkbenchCommand;
  readonly installation: string;
  /** Holds a private folder for each workbench, absolute. */
  readonly privateRoot: string;
  readonly logs: RunLogs;
  /** Where people reach a workbench; its path ends in a slash. */
  readonly baseUrl: (workbenchId: string) => string;
  /** The environment of this server, of which the workbench gets a little. */
  readonly serverEnvironment: Readonly<Record<string, string | undefined>>;
}

/** Where the program of a workbench will answer, without a slash at the end. */
export function endpointOf(settings: LaunchSettings, workbenchId: string, port: number): string {
  const path = settings.command.underBasePath === true ? basePathOf(settings, workbenchId) : '/';
  return `http://127.0.0.1:${port}${path.slice(0, -1)}`;
}

function basePathOf(settings: LaunchSettings, workbenchId: string): string {
  const { pathname } = new URL(settings.baseUrl(workbenchId));
  return pathname.endsWith('/') ? pathname : `${pathname}/`;
}

/** Starts a workbench's program, which waits at its gate; or says why that could not be. */
export async function launchProgram(
  settings: LaunchSettings,
  input: TaskInput,
  port: number,
): Promise<LaunchedProgram | TaskStop> {
  const { command, logs, installation } = settings;
  const { workbenchId, runId, name } = input;
  const folder = input.mount.path ?? '';
  if (!isAbsolute(folder) || !(await lstat(folder).catch(() => undefined))?.isDirectory()) {
    return { code: 'storage_failed', message: 'The folder with its files is not there.' };
  }
  const privateFolder = join(settings.privateRoot, checkWorkbenchId(workbenchId));
  const place: RunPlace = { port, folder, privateFolder, basePath: basePathOf(settings, workbenchId) };
  const baseUrl = settings.baseUrl(workbenchId);
  const facts = { own: settings.serverEnvironment, installation, workbenchId, name, runId, folder, port, baseUrl };
  try {
    await writeInitialFiles(command, privateFolder);
    const log = await logs.open(workbenchId, runId);
    try {
      const process = await spawnGated({
        file: command.file,
        args: command.args(place),
        folder,
        environment: { ...command.environment?.(place), ...workbenchEnvironment(facts) },
        output: log.fd,
      });
      return {
        process,
        marker: [`${RUN_VARIABLE}=${runId}`, `${INSTALLATION_VARIABLE}=${installation}`],
        outputName: join('logs', logs.fileName(workbenchId, runId)),
        dispose: () => logs.close(workbenchId, runId),
      };
    } catch (error) {
      logs.close(workbenchId, runId);
      throw error;
    } finally {
      await log.close();
    }
  } catch (error) {
    const code = errorCode(error) || 'unknown error';
    return { code: 'start_refused', message: `Its process could not be started (${code}).` };
  }
}

async function writeInitialFiles(command: WorkbenchCommand, privateFolder: string): Promise<void> {
  await mkdir(privateFolder, { recursive: true, mode: 0o700 });
  for (const [path, content] of Object.entries(command.initialFiles ?? {})) {
    const file = join(privateFolder, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, content, { flag: 'wx', mode: 0o600 }).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
  }
}
