import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  findDaemons,
  hasTerminal,
  LOGIN_VARIABLES,
  type RunFiles,
} from '#adapters/local/processes/daemons.ts';
import { INHERITED } from '#adapters/local/processes/launch.ts';
import { linuxProcesses } from '#adapters/local/processes/process-table.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';

const MARKER = ['WB_RUN_ID=run1', 'WB_INSTALLATION=one'];

describe('field 7 of /proc/<pid>/stat', () => {
  it.each([
    ['4711 (redis) S 1 4711 4711 0 -1 4194304', false],
    ['4711 (a) b) 1 0 (c) S 1 4711 4711 34816 4711 4194304', true],
    ['4711', true],
  ])('of %j names a terminal: %s', (line, expected) => {
    expect(hasTerminal(line)).toBe(expected);
  });
});

describe.runIf(process.platform === 'linux')('daemons of a run', () => {
  let root: string;
  let volume: string;
  let run: RunFiles;
  const started: number[] = [];

  beforeEach(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'daemons-')));
    volume = join(root, 'volume');
    await mkdir(join(volume, 'project'), { recursive: true });
    const self = await linuxProcesses.read(process.pid);
    run = { folders: [volume, join(root, 'private')], since: self?.startTime ?? '', marker: MARKER };
  });
  afterEach(async () => {
    for (const pid of started.splice(0)) kill(pid);
    await rm(root, { recursive: true });
  });

  /** Starts `sleep` as a daemon: without its parent, in a session of its own. Returns its process id. */
  async function startDaemon(
    folder: string,
    { env = {}, before = '' }: { env?: Record<string, string>; before?: string } = {},
  ): Promise<number> {
    const script = `setsid /bin/sh -c "$0" >/dev/null & echo $!`;
    const starter = spawn('/bin/sh', ['-c', script, `${before} exec sleep 300`], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    starter.stdout.on('data', (chunk) => {
      output += chunk;
    });
    await once(starter, 'close');
    const pid = Number(output);
    started.push(pid);
    await waitForSleep(pid);
    return pid;
  }

  async function waitForSleep(pid: number): Promise<void> {
    const name = () => readFile(`/proc/${pid}/comm`, 'latin1');
    await eventually(waitRealStep, 'sleep', async () => (await name()) === 'sleep\n');
  }

  async function find(runs: readonly RunFiles[] = [run]): Promise<readonly number[]> {
    const all = await linuxProcesses.readAll();
    return (await findDaemons(linuxProcesses, all, runs)).map(({ pid }) => pid);
  }

  it('are found by their working directory', async () => {
    const pid = await startDaemon(join(volume, 'project'));
    expect(await find()).toEqual([pid]);
  });

  it('are found by an open file', async () => {
    const pid = await startDaemon('/', { before: `exec 3>'${volume}/project/db';` });
    expect(await find()).toEqual([pid]);
  });

  it('are found if the path of the folder has a link, and in a folder that was removed', async () => {
    await symlink(root, join(root, 'link'));
    const pid = await startDaemon(join(volume, 'project'));
    expect(await find([{ ...run, folders: [join(root, 'link', 'volume')] }])).toEqual([pid]);
    await rm(join(volume, 'project'), { recursive: true });
    expect(await find()).toEqual([pid]);
  });

  it('have the variables of this run or of none', async () => {
    const environment = Object.fromEntries(MARKER.map((variable) => variable.split('=')));
    const pid = await startDaemon(volume, { env: environment });
    expect(await find()).toEqual([pid]);
    await startDaemon(volume, { env: { ...environment, WB_RUN_ID: 'another' } });
    await startDaemon(volume, { env: { ...environment, WB_INSTALLATION: 'another' } });
    expect(await find()).toEqual([pid]);
  });

  it('are not programs of a login session that use the files', async () => {
    await startDaemon(volume, { env: { DISPLAY: ':0' } });
    await startDaemon(volume, { env: { SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' } });
    expect(await find()).toEqual([]);
  });

  it('are not services of this user, nor what cron, su or sudo started', async () => {
    await startDaemon(volume, { env: { INVOCATION_ID: '0123456789abcdef0123456789abcdef' } });
    await startDaemon(volume, { env: { LOGNAME: 'ada' } });
    expect(await find()).toEqual([]);
  });

  it.each(LOGIN_VARIABLES)('may be recognized by %s, because workbenches do not inherit it', (name) => {
    expect(INHERITED).not.toContain(name);
  });

  it('are not processes in another folder whose name begins with the same characters', async () => {
    await mkdir(join(root, 'volume-2'));
    await startDaemon(join(root, 'volume-2'));
    await startDaemon(root);
    expect(await find()).toEqual([]);
  });

  it('are not processes that were started before the run', async () => {
    const pid = await startDaemon(volume);
    const since = Number((await linuxProcesses.read(pid))?.startTime);
    expect(await find([{ ...run, since: String(since) }])).toEqual([pid]);
    expect(await find([{ ...run, since: String(since + 1) }])).toEqual([]);
  });

  it("are not the user's own shell that stands in the folder and has a parent", async () => {
    const shell = spawn('/bin/sleep', ['300'], { cwd: volume, detached: true, env: {}, stdio: 'ignore' });
    const pid = shell.pid ?? 0;
    started.push(pid);
    await waitForSleep(pid);
    expect(await find()).toEqual([]);
  });

  it('are not programs with a terminal that lost their parent', async () => {
    const file = join(root, 'pid');
    // `script` gives its command a terminal. The parent of the first `sleep` ends at once.
    const inTerminal = `(cd ${volume}; sleep 300 & echo $! > ${file}); exec sleep 300`;
    const terminal = spawn('script', ['-qc', inTerminal, '/dev/null'], {
      cwd: root,
      detached: true,
      env: { PATH: process.env.PATH ?? '', SHELL: '/bin/sh' },
      stdio: 'ignore',
    });
    started.push(terminal.pid ?? 0);
    const read = () => readFile(file, 'utf8').catch(() => '');
    await eventually(waitRealStep, 'the terminal', async () => (await read()).endsWith('\n'));
    const pid = Number(await read());
    started.push(pid);
    await waitForSleep(pid);
    expect(await linuxProcesses.read(pid)).toMatchObject({ parent: 1 });
    expect(await find()).toEqual([]);
  });
});

function kill(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
