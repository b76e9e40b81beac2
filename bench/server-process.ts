import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SETTINGS } from '#contract/settings/function-settings.ts';
import { LOCAL_SETTINGS } from '#local/local-settings.ts';
import { makeFolderOnDisk } from './disk-folder.ts';

const ROOT = join(import.meta.dirname, '..');

export interface ServerProcess {
  /** Address of the API: `http://127.0.0.1:port`. */
  readonly url: string;
  /** Absolute path of the data folder. It is deleted at the end. */
  readonly folder: string;
  readonly pid: number;
  /** Ends the server as Ctrl-C does, and waits until it has exited. */
  end(): Promise<void>;
}

/**
 * Runs `use` with a local server in a separate process and a temporary folder.
 * @param nodeOptions returns further options of Node.js
 */
export async function withServer<T>(
  settings: (folder: string) => Readonly<Record<string, string>>,
  use: (server: ServerProcess) => Promise<T>,
  nodeOptions: (folder: string) => readonly string[] = () => [],
): Promise<T> {
  const folder = await makeFolderOnDisk();
  const unset = Object.fromEntries(Object.keys({ ...SETTINGS, ...LOCAL_SETTINGS }).map((name) => [name, '']));
  const server = spawn(process.execPath, [...nodeOptions(folder), ...(await readStartArguments())], {
    cwd: folder,
    env: {
      ...process.env,
      ...unset,
      ...{ PORT: '0', WB_DATA_DIR: join(folder, 'data'), WB_LOCAL_IDE: 'page' },
      ...settings(folder),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(server, 'close');
  try {
    const url = await waitForAddress(server);
    const end = async () => {
      server.kill('SIGTERM');
      await exited;
    };
    return await use({ url, folder, pid: server.pid ?? 0, end });
  } finally {
    // The workbenches of the server exit with it.
    server.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true, maxRetries: 20 });
  }
}

/** Returns what `npm start` passes to Node.js. */
async function readStartArguments(): Promise<readonly string[]> {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const [exec, node, ...options] = scripts.start?.split(' ') ?? [];
  const file = options.pop();
  if (exec !== 'exec' || node !== 'node' || file === undefined)
    throw new Error(`the script start is not "exec node [options] file": ${scripts.start}`);
  return [...options, join(ROOT, file)];
}

/** Reads all output, because a full pipe would block the server. */
async function waitForAddress(server: ChildProcess): Promise<string> {
  let output = '';
  return await new Promise((resolve, reject) => {
    for (const stream of [server.stdout, server.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        if (output.length < 10_000) output += text;
        const url = /^ +API +(http:\S+)$/m.exec(output)?.[1];
        if (url !== undefined) resolve(url);
      });
    }
    server.once('exit', () => reject(new Error(`the server did not start:\n${output}`)));
  });
}
