import { spawn } from 'node:child_process';
import { lstat, mkdir, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { TaskInput } from '#core/ports/task-runner.ts';
import { errorCode } from '../../system-error.ts';
import type { RunLogs } from '../tasks/run-logs.ts';
import type { StopReason } from '../tasks/task-record.ts';
import { checkWorkbenchId } from '../workbench-id.ts';
import type { RunContext, WorkbenchCommand } from './command.ts';
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
  const path = settings.command.expectsBasePath === true ? basePathOf(settings, workbenchId) : '/';
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
): Promise<LaunchedProgram | StopReason> {
  const { command, logs, installation } = settings;
  const { workbenchId, runId, name } = input;
  const folder = input.mount.path ?? '';
  if (!isAbsolute(folder) || !(await lstat(folder).catch(() => undefined))?.isDirectory()) {
    return { code: 'storage_failed', message: 'The folder with its files is not there.' };
  }
  const privateFolder = join(settings.privateRoot, checkWorkbenchId(workbenchId));
  const place: RunContext = { port, folder, privateFolder, basePath: basePathOf(settings, workbenchId) };
  const baseUrl = settings.baseUrl(workbenchId);
  const facts = {
    serverEnvironment: settings.serverEnvironment,
    installation,
    workbenchId,
    name,
    runId,
    folder,
    port,
    baseUrl,
  };
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

/**
 * What a workbench inherits from the environment of this server: what a shell needs to be one. Everything
 * else, the server's settings and secrets first of all, stays here.
 */
export const INHERITED = ['PATH', 'HOME', 'LANG', 'TERM', 'TZ', 'USER', 'SHELL', 'TMPDIR'] as const;

/** The variables that mark a process as one of a run, and the run as one of this installation. */
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
  /** Where people reach the workbench, with a path that ends in a slash. */
  readonly baseUrl: string;
}

/** The whole environment of a workbench's process. */
export function workbenchEnvironment(facts: EnvironmentOptions): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of INHERITED) {
    const value = facts.serverEnvironment[name];
    if (value !== undefined) environment[name] = value;
  }
  return {
    ...environment,
    WORKBENCH_ID: facts.workbenchId,
    // A name may hold anything but what the system cannot carry in a variable.
    WORKBENCH_NAME: facts.name.replaceAll('\0', ''),
    WORKSPACE_PATH: facts.folder,
    BASE_URL: facts.baseUrl,
    HOST: '127.0.0.1',
    PORT: String(facts.port),
    [RUN_VARIABLE]: facts.runId,
    [INSTALLATION_VARIABLE]: facts.installation,
  };
}

export interface GatedProcessOptions {
  /** Absolute path of the program. */
  readonly file: string;
  readonly args: readonly string[];
  /** Working directory, which must exist. */
  readonly folder: string;
  /** The whole environment: nothing is inherited. */
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
  /** Lets the program begin; without it, it never does. */
  release(): void;
  /** Shuts the gate for good: a program that has not begun ends. */
  abandon(): void;
  /** Resolves when the process has ended; never rejects. */
  readonly ended: Promise<Ending>;
}

/**
 * Waits for one line and becomes the program; end of input, which the end of this server brings about however
 * it comes, ends it instead. So the server can write down whom it has started before anything is started.
 */
const GATE = 'IFS= read -r word && [ "$word" = go ] && exec "$@" </dev/null';

/**
 * Starts a process that leads a group and a session of its own and waits at the gate.
 * @throws the system's error (ENOENT, EAGAIN, …) when it could not be started
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
  if (pid === undefined || stdin === null)
    throw new Error('the system started a process without an id or an input');
  // It may end before it has read the word.
  stdin.on('error', () => {});
  return { pid, ended, release: () => stdin.end('go\n'), abandon: () => stdin.destroy() };
}
