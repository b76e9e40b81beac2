import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { SETTINGS } from '#contract/settings/function-settings.ts';
import { LOCAL_SETTINGS } from '#local/local-settings.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { findProcessesByEnvironment, findProgramsByEnvironment, processTreeOf } from './live-processes.ts';

const PROJECT_DIR = join(import.meta.dirname, '../..');

/** Empty variables, which count as absent, hide the settings of this shell and of a `.env` of the project. */
const NO_SETTINGS = Object.fromEntries(
  Object.keys({ ...SETTINGS, ...LOCAL_SETTINGS }).map((name) => [name, '']),
);

/** Creates a data folder that is deleted when the test ends. */
export async function createDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'workbench-e2e-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  return dataDir;
}

/** The exit code and the complete output of a server. */
export interface ExitResult {
  readonly code: number | null;
  readonly output: string;
}

/** What a user types to start the server. */
const NPM_START = ['npm', 'start'];
/** The server without npm: fewer processes, and none but the server gets its environment and its limits. */
export const SERVER_ALONE = [process.execPath, ...startArguments()];

/** Returns the arguments of Node.js in the script `start`: `exec node … local/start.mjs`. */
function startArguments(): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(join(PROJECT_DIR, 'package.json'), 'utf8')) as {
    scripts: { start: string };
  };
  const [shell, node, ...args] = scripts.start.split(' ');
  if (shell !== 'exec' || node !== 'node') throw new Error(`unexpected script: ${scripts.start}`);
  return args;
}

/** `npm start` on free ports, in its own process group as in a terminal. It is ended when the test ends. */
export class LocalServer {
  readonly dataDir: string;
  readonly #npm: ChildProcess;
  readonly #exit: Promise<number | null>;
  #output = '';

  /** @param descriptors the descriptors above 2 of the command, by their number: open files of this process */
  constructor(
    dataDir: string,
    settings: Readonly<Record<string, string>> = {},
    [program = '', ...args]: readonly string[] = NPM_START,
    descriptors: Readonly<Record<number, number>> = {},
  ) {
    const inherited = Array.from(
      { length: Math.max(2, ...Object.keys(descriptors).map(Number)) - 2 },
      (_, index) => descriptors[index + 3] ?? ('ignore' as const),
    );
    this.dataDir = dataDir;
    this.#npm = spawn(program, args, {
      cwd: PROJECT_DIR,
      env: {
        ...process.env,
        ...NO_SETTINGS,
        ...{ PORT: '0', WB_DATA_DIR: dataDir, WB_LOCAL_IDE: 'page' },
        ...settings,
      },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', ...inherited],
    });
    for (const stream of [this.#npm.stdout, this.#npm.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    this.#exit = once(this.#npm, 'close').then(([code]) => code as number | null);
    onTestFinished(async ({ task }) => {
      await this.#end();
      if (task.result?.state === 'fail') console.error(`npm start printed:\n${this.#output}`);
    });
  }

  /** Starts a server and waits for its banner. */
  static async start(
    dataDir: string,
    settings?: Readonly<Record<string, string>>,
    command?: readonly string[],
    descriptors?: Readonly<Record<number, number>>,
  ): Promise<LocalServer> {
    const server = new LocalServer(dataDir, settings, command, descriptors);
    await server.waitForOutput('Ctrl-C ends the server');
    return server;
  }

  get output(): string {
    return this.#output;
  }

  /** Waits until the server has printed this text. */
  async waitForOutput(text: string): Promise<void> {
    await eventually(waitRealStep, `the server prints "${text}"`, () => {
      if (this.#npm.exitCode !== null) throw new Error(`npm start has ended:\n${this.#output}`);
      return this.#output.includes(text);
    });
  }

  /** Resolves when the server has exited. */
  async waitForExit(): Promise<ExitResult> {
    return { code: await this.#exit, output: this.#output };
  }

  /** The address of the API, which the server has printed. */
  get api(): string {
    const url = /API\s+(http:\S+)/.exec(this.#output)?.[1];
    if (url === undefined) throw new Error('the server has not printed the address of its API');
    return url;
  }

  /** Sends SIGINT to the process group, like Ctrl-C in a terminal. */
  async interrupt(): Promise<ExitResult> {
    this.#signalGroup('SIGINT');
    return await this.waitForExit();
  }

  /** Sends SIGKILL to the server process, not to npm, the gate and the workbenches. The gate ends by itself. */
  async kill(): Promise<ExitResult> {
    process.kill(await this.findPid(), 'SIGKILL');
    return await this.waitForExit();
  }

  /** Calls `action` while the server process is paused. It keeps its locks. */
  async whilePaused<T>(action: () => Promise<T>): Promise<T> {
    const pid = await this.findPid();
    process.kill(pid, 'SIGSTOP');
    try {
      await eventually(waitRealStep, 'the server is paused', async () =>
        /^State:\s+T/m.test(await readFile(`/proc/${pid}/status`, 'latin1')),
      );
      return await action();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  }

  /** Returns the process id of the server, which is not that of npm. */
  async findPid(): Promise<number> {
    const started = await processTreeOf(this.#npm.pid ?? 0);
    // The topmost match, because a forked child has the same command line until it executes its program.
    const server = started.find(({ command }) => /^\S*node (?:--\S+ )*local\/start\.mjs/.test(command));
    if (server === undefined) throw new Error('the server process was not found');
    return server.pid;
  }

  /** Returns the process id of the gate; undefined between its end and its restart. */
  async findGatePid(): Promise<number | undefined> {
    const started = await processTreeOf(await this.findPid());
    return started.find(({ command }) => /^\S*node (?:--\S+ )*\S*\/gate\/main\.ts/.test(command))?.pid;
  }

  /** Sends SIGKILL to the gate and waits until the server has started it again. */
  async killGate(): Promise<void> {
    const gate = await this.findGatePid();
    if (gate === undefined) throw new Error('the gate was not found');
    process.kill(gate, 'SIGKILL');
    await this.waitForOutput('the gate was started again');
  }

  /** Returns the processes of the workbenches, which have the id of the data folder in their environment. */
  async workbenchProcesses(): Promise<readonly number[]> {
    const installation = (await readFile(join(this.dataDir, 'installation'), 'utf8')).trim();
    return await findProcessesByEnvironment(`WB_INSTALLATION=${installation}`);
  }

  /** As `workbenchProcesses`, without the reporters of activity; with a text only those that have it in their command line. */
  async workbenchPrograms(text?: string): Promise<readonly number[]> {
    const installation = (await readFile(join(this.dataDir, 'installation'), 'utf8')).trim();
    return await findProgramsByEnvironment(`WB_INSTALLATION=${installation}`, text);
  }

  #signalGroup(signal: NodeJS.Signals): void {
    const { pid } = this.#npm;
    if (pid === undefined || this.#npm.exitCode !== null) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // The process group has ended.
    }
  }

  async #end(): Promise<void> {
    this.#signalGroup('SIGTERM');
    const timeout = setTimeout(() => this.#signalGroup('SIGKILL'), 20_000);
    await this.#exit;
    clearTimeout(timeout);
    for (const pid of await this.workbenchProcesses().catch(() => [])) process.kill(pid, 'SIGKILL');
  }
}
