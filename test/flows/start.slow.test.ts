import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { call, TINY_SERVER, temporaryFolder, until } from './open-server.ts';

const START = join(import.meta.dirname, '../../local/start.mjs');
/** A program that only SIGKILL ends. */
const IGNORES_SIGTERM = `trap '' TERM; '${process.execPath}' -e "process.on('SIGTERM',()=>{});require('http').createServer((q,s)=>s.end()).listen(process.env.PORT,'127.0.0.1')"`;

interface Started {
  readonly process: ChildProcess;
  /** The output so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly exited: Promise<number | null>;
}

/** Runs the command of `npm start` in `folder` with a minimal environment. */
function start(
  folder: string,
  environment: Readonly<Record<string, string>> = {},
  flags: readonly string[] = [],
): Started {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const child = spawn(process.execPath, [...flags, START], {
    cwd: folder,
    env: { PATH, NODE_COMPILE_CACHE, PORT: '0', WB_BOOT_COMMAND: TINY_SERVER, ...environment },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return { process: child, stdout: () => stdout, stderr: () => stderr, exited };
}

/** Waits for the banner of the server. */
async function untilReady(started: Started): Promise<{ readonly api: { readonly url: string } }> {
  const url = await until(async () => /API +(http\S+)/.exec(started.stdout())?.[1], 'the server is ready');
  return { api: { url } };
}

async function runOne(server: { readonly api: { readonly url: string } }): Promise<string> {
  const { body } = await call(server, 'POST', '/workbenches');
  const path = `/workbenches/${body.item.workbench_id}`;
  await until(async () => (await call(server, 'GET', path)).body.item.status === 'running', 'it runs');
  return path;
}

/** Returns the process ids in the task records of this folder. */
async function pidsOf(folder: string): Promise<readonly number[]> {
  const tasks = join(folder, '.workbench', 'tasks');
  const texts = await Promise.all((await readdir(tasks)).map((name) => readFile(join(tasks, name), 'utf8')));
  return texts.flatMap((text) => (JSON.parse(text) as { process?: { pid: number } }).process?.pid ?? []);
}

/** Whether a process is alive. A zombie is not, although it can be signalled. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return !existsSync('/proc/self/stat');
  }
}

describe('npm start', () => {
  test('prints the addresses and reads settings from .env, which the environment overrides', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, '.env'), 'RESTAPI_URL_PREFIX=/from-file\nWB_DATA_DIR=kept\nPORT=1\n');
    const started = start(folder);
    const { api } = await untilReady(started);
    expect(api.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/from-file$/);
    expect(started.stdout()).toContain(join(folder, 'kept'));
    expect(started.stdout()).toContain(`curl -X POST "${api.url}/workbenches?user_id=me"`);
    expect((await stat(join(folder, 'kept'))).mode & 0o777).toBe(0o700);
    started.process.kill('SIGTERM');
    expect(await started.exited).toBe(0);
  });

  test('ends all workbenches on Ctrl-C and records the reason', async () => {
    const folder = await temporaryFolder();
    const first = start(folder);
    const path = await runOne(await untilReady(first));
    const pids = await pidsOf(folder);
    expect(pids.map(isAlive)).toEqual([true]);
    // Under npm, both the terminal and npm send the signal.
    first.process.kill('SIGINT');
    first.process.kill('SIGINT');
    expect(await first.exited).toBe(0);
    expect(first.stderr()).toContain('ending all workbenches');
    expect(pids.map(isAlive)).toEqual([false]);

    const { body } = await call(await untilReady(start(folder)), 'GET', path);
    expect(body.item).toMatchObject({ status: 'stopped', status_reason: { code: 'instance_lost' } });
  });

  test('exits at once on a second signal', async () => {
    const folder = await temporaryFolder();
    const started = start(folder, { WB_BOOT_COMMAND: IGNORES_SIGTERM, WB_LOCAL_STOP_TIMEOUT_SECONDS: '300' });
    await runOne(await untilReady(started));
    const pids = await pidsOf(folder);
    onTestFinished(() => {
      for (const pid of pids) if (isAlive(pid)) process.kill(-pid, 'SIGKILL');
    });
    const code = await until(async () => {
      started.process.kill('SIGINT');
      return started.process.exitCode ?? undefined;
    }, 'the server has exited');
    expect(code).toBe(1);
  });

  test('ends the processes of a killed server at the next start and records the reason', async () => {
    const folder = await temporaryFolder();
    const first = start(folder);
    const path = await runOne(await untilReady(first));
    first.process.kill('SIGKILL');
    await first.exited;
    const pids = await pidsOf(folder);

    const second = await untilReady(start(folder));
    expect(pids.map(isAlive)).toEqual([false]);
    const item = await until(async () => {
      const { body } = await call(second, 'GET', path);
      return body.item.status === 'stopped' && body.item;
    }, 'it is stopped');
    expect(item.status_reason?.code).toBe('instance_lost');
  });

  test('logs an uncaught error, ends all workbenches, and exits with 1', async () => {
    const folder = await temporaryFolder();
    const failing = 'process.on("SIGUSR2",()=>{throw new Error("unforeseen")})';
    const started = start(folder, {}, ['--import', `data:text/javascript,${failing}`]);
    await runOne(await untilReady(started));
    started.process.kill('SIGUSR2');
    expect(await started.exited).toBe(1);
    expect(started.stderr()).toMatch(/ERROR the server failed and is shutting down\n {4}Error: unforeseen\n/);
    expect((await pidsOf(folder)).map(isAlive)).toEqual([false]);
  });

  test('survives an uncaught error and a rejection that belong to a request', async () => {
    const faults =
      'import{subscribe}from"node:diagnostics_channel";' +
      'subscribe("http.server.request.start",({request:{url}})=>{' +
      'if(url.includes("throw"))setImmediate(()=>{throw new Error("in a request")});' +
      'if(url.includes("reject"))Promise.reject(new Error("in a request"))})';
    const started = start(await temporaryFolder(), {}, ['--import', `data:text/javascript,${faults}`]);
    const server = await untilReady(started);
    const path = await runOne(server);
    for (const fault of ['throw', 'reject']) {
      // A response that was sent before the exception is complete.
      await fetch(`${server.api.url}/${fault}`).then(
        (response) => response.text(),
        () => {},
      );
      await until(
        async () => started.stderr().includes(`total=${fault === 'throw' ? 1 : 2}`),
        'the exception is logged',
      );
    }
    expect((await call(server, 'GET', path)).body.item.status).toBe('running');
    expect(started.process.exitCode).toBe(null);
    expect(started.stderr()).toMatch(/ERROR an exception ended a request total=1\n {4}Error: in a request\n/);
  });

  test('lists all invalid settings without a stack, and exits with 1', async () => {
    const folder = await temporaryFolder();
    const started = start(folder, {
      PORT: 'http',
      WB_LOCAL_MAX_RUNNING: '0',
      WB_LOCAL_EXPOSE: 'yes',
      RESTAPI_AUTH_STATIC_KEY: 'short-secret',
    });
    expect(await started.exited).toBe(1);
    const lines = started.stderr().trim().split('\n');
    expect(lines.length).toBe(5);
    expect(lines[0]).toBe('Some settings are invalid:');
    for (const name of ['PORT', 'WB_LOCAL_MAX_RUNNING', 'WB_LOCAL_EXPOSE', 'RESTAPI_AUTH_STATIC_KEY']) {
      expect(started.stderr()).toContain(`  ${name}: expected `);
    }
    expect(started.stderr()).not.toContain('short-secret');
    expect(await readdir(folder)).toEqual([]);
  });

  test('prints advice when the port is in use, and exits with 1', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    onTestFinished(() => void blocker.close());
    const { port } = blocker.address() as { port: number };
    const started = start(await temporaryFolder(), { PORT: String(port) });
    expect(await started.exited).toBe(1);
    expect(started.stderr()).toBe(
      `Port ${port} is in use. Stop the program that uses it, or set PORT to another port.\n`,
    );
    expect(started.stdout()).toBe('');
  });

  test('prints advice on a too old Node.js, and exits with 1', async () => {
    const old = 'Object.defineProperty(process,"versions",{value:{...process.versions,node:"24.8.0"}})';
    const started = start(await temporaryFolder(), {}, ['--import', `data:text/javascript,${old}`]);
    expect(await started.exited).toBe(1);
    expect(started.stderr()).toMatch(/^Node\.js 24\.9 or newer is required\. .*npm ci/s);
  });
});
