import { spawn } from 'node:child_process';
import { lstat, mkdir } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join, sep } from 'node:path';
import type { StopReason, TaskInput } from '#core/ports/task-runner.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { exists } from '../../directories/exists.ts';
import { type ActivityEndpoint, activityEnvironment, type RunIdentity } from '../../run-token.ts';
import { errorCode } from '../../system-error.ts';
import { causesOf, probeSpace } from '../no-space.ts';
import { isTransient, replaceFile } from '../state-files.ts';
import { prefixOf } from '../tasks/endpoint.ts';
import type { RunLogs } from '../tasks/run-logs.ts';
import type { Timers } from '../timers.ts';
import { checkWorkbenchId } from '../workbench-id.ts';
import type { RunContext, WorkbenchCommand } from './command.ts';
import { ProgramOutput } from './program-output.ts';
import type { WorkbenchSockets } from './workbench-sockets.ts';

export interface LaunchSettings {
  readonly command: WorkbenchCommand;
  readonly installation: string;
  /** Absolute path of the folder with the private folders of workbenches. */
  readonly privateRoot: string;
  readonly logs: RunLogs;
  readonly timers: Timers;
  readonly telemetry: Telemetry | undefined;
  readonly sockets: WorkbenchSockets;
  /** The URL of a workbench. Its path ends with a slash. */
  readonly baseUrl: (workbenchId: string) => string;
  /** Where a run reports activity. @default nowhere */
  readonly activity?: ((run: RunIdentity) => ActivityEndpoint | undefined) | undefined;
  /** Absolute path of a shell script that reports the activity of a run (image/activity.sh). @default none */
  readonly reporter?: string | undefined;
  /** The environment of this server. The workbench inherits only INHERITED. */
  readonly serverEnvironment: Readonly<Record<string, string | undefined>>;
}

/** A program that was started for a task and waits at its gate. */
export interface LaunchedProgram {
  readonly process: GatedProcess;
  /** Environment variables (`NAME=value`) that only the processes of this run have. */
  readonly marker: readonly string[];
  /** The file of its output, relative to the data folder, for the stop reason. */
  readonly outputName: string;
  /** Resolves when its output is stored. To be called once, when none of its processes is left. */
  finishOutput(): Promise<void>;
}

/** Returns the path before the paths of a workbench's program. It ends with a slash. */
export function pathOf(settings: LaunchSettings, workbenchId: string): string {
  return settings.command.expectsBasePath === true ? basePathOf(settings, workbenchId) : '/';
}

/** Returns the folders that only this workbench uses: that of its files, and its private one. */
export function filePathsOf(settings: LaunchSettings, { mount, workbenchId }: TaskInput): readonly string[] {
  const privateFolder = join(settings.privateRoot, checkWorkbenchId(workbenchId));
  return mount.path === undefined ? [privateFolder] : [mount.path, privateFolder];
}

/** Returns the environment variables (`NAME=value`) that only the processes of this run have. */
export function markerOf({ installation }: LaunchSettings, { runId }: TaskInput): readonly string[] {
  return [`${RUN_VARIABLE}=${runId}`, `${INSTALLATION_VARIABLE}=${installation}`];
}

function basePathOf(settings: LaunchSettings, workbenchId: string): string {
  return `${prefixOf(settings.baseUrl(workbenchId))}/`;
}

/** Starts the program of a workbench, which waits at its gate. Returns a stop reason if that fails. */
export async function launchProgram(
  settings: LaunchSettings,
  input: TaskInput,
  { port, socket }: Pick<RunContext, 'port' | 'socket'>,
): Promise<LaunchedProgram | StopReason> {
  const { command, logs, installation, timers, telemetry } = settings;
  const { workbenchId, runId, name } = input;
  const folder = input.mount.path ?? '';
  if (!isAbsolute(folder) || !(await lstat(folder).catch(() => undefined))?.isDirectory()) {
    return { code: 'storage_failed', message: 'The folder with its files does not exist.' };
  }
  const privateFolder = join(settings.privateRoot, checkWorkbenchId(workbenchId));
  const basePath = basePathOf(settings, workbenchId);
  const context: RunContext = { port, socket, folder, privateFolder, basePath };
  const baseUrl = settings.baseUrl(workbenchId);
  const { serverEnvironment } = settings;
  const options = {
    serverEnvironment,
    installation,
    workbenchId,
    name,
    runId,
    folder,
    port,
    socket,
    baseUrl,
    activity: settings.activity?.({ workbenchId, runId }),
    cpuUnits: input.cpuUnits,
  };
  try {
    await writeInitialFiles(privateFolder, command.initialFiles ?? {});
    const output = await ProgramOutput.open({
      ...{ logs, workbenchId, runId, timers, telemetry },
      // Their folder is known to have sockets. The file system of the output may have neither sockets nor pipes.
      pipe: `${socket}.pipe`,
    });
    try {
      const program = [command.file, ...command.args(context)];
      const [file = '', ...args] =
        settings.reporter === undefined || options.activity === undefined
          ? program
          : ['/bin/sh', '-c', WITH_REPORTER, 'with-reporter', settings.reporter, ...program];
      const process = await spawnGated({
        file,
        args,
        folder,
        environment: { ...command.environment?.(context), ...workbenchEnvironment(options) },
        output: output.writer,
      });
      await output.closeWriter();
      return {
        process,
        marker: markerOf(settings, input),
        outputName: join('logs', logs.fileName(workbenchId, runId)),
        finishOutput: () => output.finish(),
      };
    } catch (error) {
      await output.finish();
      throw error;
    }
  } catch (error) {
    return toStartRefusal(error, dirname(socket));
  }
}

/**
 * Returns the stop reason of a task whose program could not be started. The start is retried if the reason may pass.
 * @param folder where something may have failed for want of space. The errors of other programs have no code
 */
export function toStartRefusal(error: unknown, folder: string): StopReason {
  const cause = errorCode(error) || (error instanceof Error ? error.message : 'unknown error');
  const message = `Its process could not be started (${cause}).`;
  const passes = causesOf(error).some(isTransient) || probeSpace(folder) !== undefined;
  return { code: 'start_refused', message, ...(passes ? { retryable: true } : {}) };
}

/**
 * The variables that a workbench inherits from this server: those that a shell needs. All others are withheld,
 * above all the settings and secrets of the server.
 */
export const INHERITED = ['PATH', 'HOME', 'LANG', 'TERM', 'TZ', 'USER', 'SHELL', 'TMPDIR'] as const;

/** The variables that identify the processes of a run and of this installation. */
export const RUN_VARIABLE = 'WB_RUN_ID';
export const INSTALLATION_VARIABLE = 'WB_INSTALLATION';

export interface EnvironmentOptions {
  /** The environment of this server. */
  readonly serverEnvironment: Readonly<Record<string, string | undefined>>;
  readonly installation: string;
  readonly workbenchId: string;
  readonly name: string;
  readonly runId: string;
  /** The folder of the workbench's files, absolute. */
  readonly folder: string;
  readonly port: number;
  /** Absolute path of the socket on which the program may listen instead. */
  readonly socket: string;
  /** The URL of the workbench. Its path ends with a slash. */
  readonly baseUrl: string;
  /** Where the run reports activity. */
  readonly activity?: ActivityEndpoint | undefined;
  /** The size of the run. 1,024 units = 1 vCPU. @default 1,024 */
  readonly cpuUnits?: number;
}

/** The last of the folders that `npm start` puts before those of the user on PATH. */
const LAST_NPM_FOLDER = `${sep}node-gyp-bin`;

/** Removes the folders with the programs of this server's packages from PATH. */
export function removeNpmFromPath(path: string): string {
  const folders = path.split(delimiter);
  const last = folders.findLastIndex((folder) => folder.endsWith(LAST_NPM_FOLDER));
  return folders.slice(last + 1).join(delimiter);
}

/** Returns the complete environment of a workbench's process. */
export function workbenchEnvironment(options: EnvironmentOptions): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of INHERITED) {
    const value = options.serverEnvironment[name];
    if (value !== undefined) environment[name] = name === 'PATH' ? removeNpmFromPath(value) : value;
  }
  return {
    ...environment,
    WORKBENCH_ID: options.workbenchId,
    // Environment variables cannot contain NUL.
    WORKBENCH_NAME: options.name.replaceAll('\0', ''),
    WORKSPACE_PATH: options.folder,
    BASE_URL: options.baseUrl,
    WB_PREFIX: prefixOf(options.baseUrl),
    HOST: '127.0.0.1',
    PORT: String(options.port),
    WB_SOCKET: options.socket,
    [RUN_VARIABLE]: options.runId,
    [INSTALLATION_VARIABLE]: options.installation,
    ...activityEnvironment(options.activity, options.cpuUnits ?? 1024),
  };
}

/** A shell script that starts a reporter of activity beside a program, and becomes the program. The reporter ends with it. */
const WITH_REPORTER = 'reporter=$1; shift; (/bin/sh "$reporter" "$$" &); exec "$@"';

export interface GatedProcessOptions {
  /** Absolute path of the program. */
  readonly file: string;
  readonly args: readonly string[];
  /** The working directory. It must exist. */
  readonly folder: string;
  /** The complete environment. Nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** An open file descriptor for stdout and stderr. */
  readonly output: number;
}

/** How a process ended: with an exit code or by a signal. */
export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface GatedProcess {
  readonly pid: number;
  /** Starts the program. Without this call it never starts. */
  release(): void;
  /** Closes the gate: a process whose program has not started exits. */
  abandon(): void;
  /** Resolves when the process has ended. Never rejects. */
  readonly ended: Promise<Ending>;
}

/**
 * A shell script that reads one line and then executes the program. At end of input, which any end of this server
 * causes, it exits instead. So the server can record the process before the program starts.
 */
const GATE = 'IFS= read -r word && [ "$word" = go ] && exec "$@" </dev/null';

/**
 * Starts a process that leads its own process group and session and waits at the gate.
 * @throws the system's error (ENOENT, EAGAIN, …) when the process could not be started
 */
export async function spawnGated(options: GatedProcessOptions): Promise<GatedProcess> {
  const { file, args, folder, environment, output } = options;
  const child = spawn('/bin/sh', ['-c', GATE, 'gate', file, ...args], {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ['pipe', output, output],
  });
  const ended = new Promise<Ending>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.on('error', () => {});
  const { pid, stdin } = child;
  if (pid === undefined || stdin === null) throw new Error('the started process has no id or no stdin');
  // The process may exit before it has read the line.
  stdin.on('error', () => {});
  return { pid, ended, release: () => stdin.end('go\n'), abandon: () => stdin.destroy() };
}

/**
 * Writes the files of a program that do not exist: relative path → content. A file is complete or does not exist, because
 * the next start does not write it again. The program must not run.
 */
export async function writeInitialFiles(
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    if (!(await exists(file))) await replaceFile(file, content);
  }
}
