import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, mkdir, readdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { linuxProcesses } from '#adapters/local/processes/process-table.ts';
import type {
  ProcessTaskRunner,
  ProcessTaskRunnerOptions,
} from '#adapters/local/processes/process-task-runner.ts';
import { findOwnCgroup } from '#adapters/local/processes/run-cgroups.ts';
import { systemTimers, type Timers } from '#adapters/local/timers.ts';
import { RandomIds } from '#adapters/random-ids.ts';
import { DETAIL_MAX } from '#core/workbench/workbench.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';
import { describeLocalTaskRunner } from '../tasks/local-task-runner-suite.ts';
import { describeTask, startTask, waitForStatus } from '../tasks/task-bench.ts';
import {
  findProcessesWith,
  HTTP_SERVER_SCRIPT,
  nodeCommand,
  ProcessBench,
  shellCommand,
} from './process-bench.ts';

const onLinux = process.platform === 'linux';
/** The longest wait of `close` for the end of tasks, milliseconds. It ends earlier unless a task hangs. */
const CLOSE_MAX_MS = 10_000;
/** Time that passes fifty times as fast, for what takes seconds. */
const FAST_TIMERS: Timers = {
  ...systemTimers,
  after: (ms, action) => systemTimers.after(ms < CLOSE_MAX_MS ? ms / 50 : ms, action),
};

describeLocalTaskRunner('ProcessTaskRunner', () => ProcessBench.make());

describe('ProcessTaskRunner', () => {
  let bench: ProcessBench;
  beforeEach(async () => {
    bench = await ProcessBench.make();
  });
  afterEach(() => bench.end());

  function exists(path: string): Promise<boolean> {
    return access(path).then(
      () => true,
      () => false,
    );
  }

  it('runs the program in the folder of the workbench, with an empty stdin, and reports its endpoint', async () => {
    const script = `const where = process.cwd(); const fs = require('fs'); const input = [fs.readFileSync(0, 'utf8'), fs.fstatSync(0).isCharacterDevice()];
      require('http').createServer((q, s) => s.end(JSON.stringify([where, input]))).listen(process.env.PORT, '127.0.0.1');`;
    const tasks = await bench.open({ command: nodeCommand(script) });
    const input = await bench.input();
    const { endpoint } = await waitForStatus(tasks, await startTask(tasks, input, 't'), 'running');
    expect(await (await fetch(`${endpoint}/`)).json()).toEqual([input.mount.path, ['', true]]);
  });

  it('reports pending, running, stopping and stopped', async () => {
    const tasks = await bench.open();
    const taskId = await startTask(tasks, await bench.input(), 't');
    await waitForStatus(tasks, taskId, 'running');
    await tasks.stop(taskId, 'enough');
    expect((await describeTask(tasks, taskId)).status).toBe('stopping');
    await waitForStatus(tasks, taskId, 'stopped');
    const statuses = new Set(bench.observed.map((task) => task.status));
    expect([...statuses]).toEqual(['pending', 'running', 'stopping', 'stopped']);
  });

  it('counts a task as running when it responds with 404, and not when it responds with 500', async () => {
    const script = `let n = 0; require('http').createServer((q, s) => { s.statusCode = (n += 1) < 3 ? 500 : 404; require('fs').writeFileSync('requests', String(n)); s.end(); }).listen(process.env.PORT, '127.0.0.1');`;
    const tasks = await bench.open({ command: nodeCommand(script) });
    const input = await bench.input();
    await waitForStatus(tasks, await startTask(tasks, input, 't'), 'running');
    expect(await readFile(join(input.mount.path ?? '', 'requests'), 'utf8')).toBe('3');
  });

  it('passes the variables of a shell and of the workbench to the program, and no others', async () => {
    const script = `require('http').createServer((q, s) => s.end(JSON.stringify(process.env))).listen(process.env.PORT, '127.0.0.1');`;
    const own = {
      // As `npm start` sets it.
      PATH: '/project/node_modules/.bin:/npm/run-script/lib/node-gyp-bin:/bin:/usr/bin',
      HOME: '/home/me',
      RESTAPI_AUTH_STATIC_KEY: 's3cret',
      AWS_PROFILE: 'x',
    };
    const tasks = await bench.open({ command: nodeCommand(script), serverEnvironment: own });
    const input = await bench.input({ name: 'my $(bench)' });
    const { endpoint } = await waitForStatus(tasks, await startTask(tasks, input, 't'), 'running');
    const text = await (await fetch(`${endpoint}/`)).text();
    // The shell at the gate adds these.
    const { PWD: _pwd, OLDPWD: _oldPwd, SHLVL: _level, _: _last, ...environment } = JSON.parse(text);
    expect(environment).toEqual({
      PATH: '/bin:/usr/bin',
      HOME: '/home/me',
      WORKBENCH_ID: input.workbenchId,
      WORKBENCH_NAME: 'my $(bench)',
      WORKSPACE_PATH: input.mount.path,
      WB_RUN_ID: input.runId,
      WB_INSTALLATION: (await readFile(join(bench.dataDir, 'installation'), 'utf8')).trim(),
      BASE_URL: `http://127.0.0.1:9000/project/${input.workbenchId}/`,
      WB_PREFIX: `/project/${input.workbenchId}`,
      HOST: '127.0.0.1',
      PORT: new URL(endpoint ?? '').port,
      WB_SOCKET: expect.stringMatching(`^${bench.dataDir}/sockets/[0-9a-f]{12}$`),
    });
  });

  /** Returns the output of a run that has ended. */
  async function outputOf(script: string): Promise<string> {
    const tasks = await bench.open({ command: shellCommand(script) });
    const input = await bench.input();
    await waitForStatus(tasks, await startTask(tasks, input, 't'), 'stopped');
    return await readFile(join(bench.dataDir, 'logs', input.workbenchId, `${input.runId}.log`), 'utf8');
  }

  it('has stored what the program printed when the task has stopped', async () => {
    expect(await outputOf('echo printed; echo failed >&2; printf end; exit 3')).toBe('printed\nfailed\nend');
  });

  it.runIf(onLinux)('lets the program open its output by name', async () => {
    expect(await outputOf('echo out >/dev/stdout; echo error >/dev/stderr')).toBe('out\nerror\n');
  });

  it('leaves no pipe in the data folder', async () => {
    await outputOf('echo printed');
    expect(await readdir(join(bench.dataDir, 'logs', 'wb1'))).toEqual([`${bench.run}-1.log`]);
    expect(await readdir(join(bench.dataDir, 'sockets'))).toEqual([]);
  });

  /** Puts a program that creates pipes before all others on PATH. The script gets the path of the pipe as `$3`. */
  async function replaceMkfifo(script: string): Promise<void> {
    const folder = join(bench.dataDir, 'bin');
    await mkdir(folder);
    await writeFile(join(folder, 'mkfifo'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const path = process.env.PATH ?? '';
    vi.stubEnv('PATH', `${folder}:${path}`);
    onTestFinished(() => void vi.unstubAllEnvs());
  }

  it('needs pipes only in the folder of the sockets', async () => {
    await replaceMkfifo(
      `case $3 in */sockets/*) PATH="\${PATH#*:}" exec mkfifo "$@" ;; esac; echo 'mkfifo: Operation not supported' >&2; exit 1`,
    );
    expect(await outputOf('echo printed')).toBe('printed\n');
  });

  it('says why the pipe of a program cannot be created', async () => {
    await replaceMkfifo(`echo 'mkfifo: cannot create fifo: Operation not supported' >&2; exit 1`);
    const tasks = await bench.open();
    const stopped = await waitForStatus(tasks, await startTask(tasks, await bench.input(), 't'), 'stopped');
    expect(stopped.stop).toEqual({
      code: 'start_refused',
      message: 'Its process could not be started (mkfifo: cannot create fifo: Operation not supported).',
    });
  });

  it('starts workbenches in a data folder with a long path, also when the temporary folder of sockets is gone', async () => {
    const dataDir = join(bench.dataDir, 'x'.repeat(100));
    await mkdir(dataDir);
    const long = ProcessBench.at(dataDir);
    onTestFinished(() => long.end());
    const tasks = await long.open({ command: shellCommand('echo "$WB_SOCKET"; exit 0') });
    const sockets: string[] = [];
    for (const token of ['a', 'b']) {
      const input = await long.input();
      const stopped = await waitForStatus(tasks, await startTask(tasks, input, token), 'stopped');
      expect(stopped.stop?.code).toBe('exited');
      const log = join(dataDir, 'logs', input.workbenchId, `${input.runId}.log`);
      const folder = dirname((await readFile(log, 'utf8')).trim());
      sockets.push(folder);
      await rm(folder, { recursive: true });
    }
    expect(new Set(sockets).size).toBe(2);
    expect(sockets.map((folder) => dirname(folder))).toEqual([tmpdir(), tmpdir()]);
  });

  it('creates the folder of the sockets again when it is gone', async () => {
    const tasks = await bench.open();
    await rmdir(join(bench.dataDir, 'sockets'));
    await waitForStatus(tasks, await startTask(tasks, await bench.input(), 't'), 'running');
    expect(await exists(join(bench.dataDir, 'sockets'))).toBe(true);
  });

  it('keeps the last 8 MiB of what the program prints', async () => {
    const last = await outputOf('yes | head -c 20000000; printf end');
    const folder = join(bench.dataDir, 'logs', 'wb1');
    const sizes = await Promise.all(
      (await readdir(folder)).map(async (file) => (await stat(join(folder, file))).size),
    );
    expect(last.slice(-5)).toBe('y\nend');
    expect(sizes).toHaveLength(2);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(sizes.reduce((sum, size) => sum + size)).toBeGreaterThan(4 * 1024 * 1024);
  });

  it.runIf(onLinux)('stops although a process that it cannot find has the output open', async () => {
    // Without its session and its environment it has no sign of its run.
    const output = await outputOf(
      `setsid env -i /bin/sh -c 'echo $$ > daemon; exec sleep 300' & while ! [ -s daemon ]; do sleep 0.01; done; echo printed`,
    );
    const pid = Number(await readFile(join(bench.dataDir, 'volumes', 'wb1', 'daemon'), 'utf8'));
    onTestFinished(() => void process.kill(pid, 'SIGKILL'));
    expect(output).toBe('printed\n');
  });

  it('reports the signal that ended the program', async () => {
    const tasks = await bench.open({ command: shellCommand('kill -9 $$') });
    const stopped = await waitForStatus(tasks, await startTask(tasks, await bench.input(), 't'), 'stopped');
    expect(stopped.stop?.code).toBe('exited');
    expect(stopped.stop?.message).toContain('SIGKILL');
  });

  it('ends the remaining processes when the program exits', async () => {
    const tasks = await bench.open({ command: shellCommand('sleep 300 & exit 0') });
    const input = await bench.input();
    await waitForStatus(tasks, await startTask(tasks, input, 't'), 'stopped');
    expect(await findProcessesWith(`WB_RUN_ID=${input.runId}`)).toEqual([]);
  });

  it('stops a task with storage_failed when its folder does not exist', async () => {
    const tasks = await bench.open();
    const input = await bench.input({ mount: { path: join(bench.dataDir, 'missing') } });
    const stopped = await waitForStatus(tasks, await startTask(tasks, input, 't'), 'stopped');
    expect(stopped.stop?.code).toBe('storage_failed');
  });

  it('stops a task with start_refused when its program cannot be started', async () => {
    const tasks = await bench.open();
    const input = await bench.input();
    await writeFile(join(bench.dataDir, 'logs'), 'in the way');
    const stopped = await waitForStatus(tasks, await startTask(tasks, input, 't'), 'stopped');
    expect(stopped.stop?.code).toBe('start_refused');
  });

  it('kills a program that ignores SIGTERM after the grace period', async () => {
    const script = `process.on('SIGTERM', () => require('fs').writeFileSync('signalled', '')); ${HTTP_SERVER_SCRIPT}`;
    const tasks = await bench.open({ command: nodeCommand(script), graceMs: 300 });
    const input = await bench.input();
    const taskId = await startTask(tasks, input, 't');
    await waitForStatus(tasks, taskId, 'running');
    await tasks.stop(taskId, 'enough');
    const stopped = await waitForStatus(tasks, taskId, 'stopped');
    expect(stopped.stop).toEqual({ code: 'requested', message: 'enough' });
    expect(await exists(join(input.mount.path ?? '', 'signalled'))).toBe(true);
    expect(await findProcessesWith(`WB_RUN_ID=${input.runId}`)).toEqual([]);
  });

  it('is stopped only when all processes of its group have ended', async () => {
    const slow = `trap 'sleep 0.4; exit 0' TERM; while :; do sleep 0.05; done`;
    const script = `require('child_process').spawn('sh', ['-c', ${JSON.stringify(slow)}]); ${HTTP_SERVER_SCRIPT}`;
    const tasks = await bench.open({ command: nodeCommand(script) });
    const input = await bench.input();
    const taskId = await startTask(tasks, input, 't');
    await waitForStatus(tasks, taskId, 'running');
    await tasks.stop(taskId, 'enough');
    await waitForStatus(tasks, taskId, 'stopped');
    expect(await findProcessesWith(`WB_RUN_ID=${input.runId}`)).toEqual([]);
  });

  it.runIf(onLinux)(
    'ends processes that left the group and the session, with or without the environment of the run',
    async () => {
      const script = `const { spawn } = require('child_process');
      const escaped = [spawn('sh', ['-c', 'setsid sleep 300 & echo'], { detached: true }), spawn('sleep', ['301'], { detached: true, env: {} })];
      require('fs').writeFileSync('escaped', String(escaped[1].pid)); ${HTTP_SERVER_SCRIPT}`;
      const tasks = await bench.open({ command: nodeCommand(script) });
      const input = await bench.input();
      const taskId = await startTask(tasks, input, 't');
      await waitForStatus(tasks, taskId, 'running');
      const pid = Number(await readFile(join(input.mount.path ?? '', 'escaped'), 'utf8'));
      expect((await linuxProcesses.read(pid))?.session).toBe(pid);
      await eventually(
        waitRealStep,
        'the setsid',
        async () => (await findProcessesWith(`WB_RUN_ID=${input.runId}`)).length >= 2,
      );
      await tasks.stop(taskId, 'enough');
      await waitForStatus(tasks, taskId, 'stopped');
      expect(await findProcessesWith(`WB_RUN_ID=${input.runId}`)).toEqual([]);
      const left = await linuxProcesses.read(pid);
      expect(left === undefined || left.zombie).toBe(true);
    },
  );

  describe.runIf(onLinux)('ends a daemon', () => {
    /** Starts a program that starts `sleep` as a daemon without variables, and the server of a workbench. */
    async function startWithDaemon(
      daemonFolder: string,
      options: Pick<ProcessTaskRunnerOptions, 'cgroup' | 'telemetry'>,
    ) {
      const daemon = `echo $$ > daemon; cd "$0"; exec sleep 300`;
      const script = `(setsid env -i /bin/sh -c '${daemon}' "${daemonFolder}" &); exec "$NODE" -e "$SERVER"`;
      const environment = () => ({ NODE: process.execPath, SERVER: HTTP_SERVER_SCRIPT });
      const tasks = await bench.open({ ...options, command: { ...shellCommand(script), environment } });
      const input = await bench.input();
      const folder = input.mount.path ?? '';
      const taskId = await startTask(tasks, input, 't');
      await waitForStatus(tasks, taskId, 'running');
      const read = () => readFile(join(folder, 'daemon'), 'utf8').catch(() => '');
      await eventually(waitRealStep, 'the daemon', async () => (await read()).endsWith('\n'));
      const pid = Number(await read());
      const name = () => readFile(`/proc/${pid}/comm`, 'utf8');
      await eventually(waitRealStep, 'its sleep', async () => (await name()) === 'sleep\n');
      await eventually(waitRealStep, 'the end of its parent', async () => {
        const { parent = 0, session } = (await linuxProcesses.read(pid)) ?? {};
        const environment = await linuxProcesses.environment(parent);
        return session === pid && environment?.includes(`WB_RUN_ID=${input.runId}`) !== true;
      });
      return { tasks, taskId, folder, pid };
    }

    async function isAlive(pid: number): Promise<boolean> {
      const entry = await linuxProcesses.read(pid);
      return entry !== undefined && !entry.zombie;
    }

    it('that kept nothing of its run but the working directory, and spares the shell of a user there', async () => {
      const notUsable = join(bench.dataDir, 'no-cgroup');
      await writeFile(notUsable, '');
      const telemetry = new RecordingTelemetry();
      const options = { cgroup: Promise.resolve(notUsable), telemetry };
      const { tasks, taskId, folder, pid } = await startWithDaemon('.', options);
      const shell = spawn('/bin/sleep', ['300'], { cwd: folder, env: {}, stdio: 'ignore' });
      try {
        await tasks.stop(taskId, 'enough');
        const stopped = await waitForStatus(tasks, taskId, 'stopped');
        expect(stopped.mayLeaveProcesses).toBe(true);
        expect([await isAlive(pid), await isAlive(shell.pid ?? 0)]).toEqual([false, true]);
        expect(telemetry.fields.get('workbenches get no cgroups')).toEqual({
          own: notUsable,
          code: 'ENOTDIR',
        });
      } finally {
        shell.kill('SIGKILL');
      }
    });

    it('that kept nothing of its run but the cgroup', async (context) => {
      const own = await findOwnCgroup();
      const cgroup = await createOwnCgroup(own);
      if (cgroup === undefined) return context.skip('this user may create no cgroup');
      const { tasks, taskId, pid } = await startWithDaemon('/', { cgroup: Promise.resolve(cgroup) });
      try {
        expect(await readdir(cgroup)).toContainEqual(expect.stringMatching(/^workbench-.*-1$/));
        await tasks.stop(taskId, 'enough');
        const stopped = await waitForStatus(tasks, taskId, 'stopped');
        expect(stopped.mayLeaveProcesses).toBeUndefined();
        expect(await isAlive(pid)).toBe(false);
      } finally {
        if (await isAlive(pid)) process.kill(pid, 'SIGKILL');
        // Fails if the cgroup of the run was not removed.
        await rmdir(cgroup);
      }
    });
  });

  it('does not end the processes of another run', async () => {
    const tasks = await bench.open();
    const first = await startTask(tasks, await bench.input(), 'a');
    const second = await startTask(tasks, await bench.input(), 'b');
    await waitForStatus(tasks, first, 'running');
    const { endpoint } = await waitForStatus(tasks, second, 'running');
    await tasks.stop(first, 'enough');
    await waitForStatus(tasks, first, 'stopped');
    expect((await fetch(`${endpoint}/`)).status).toBe(200);
  });

  it('starts no process for a task that was stopped before its start', async () => {
    const tasks = await bench.open();
    const early = await startTask(tasks, await bench.input(), 'a');
    await tasks.stop(early, 'at once');
    await waitForStatus(tasks, await startTask(tasks, await bench.input(), 'b'), 'running');
    expect((await describeTask(tasks, early)).status).toBe('stopped');
    expect(await findProcessesWith(`WB_RUN_ID=${bench.run}-1`)).toEqual([]);
  });

  it('starts the next waiting task when a program exits', async () => {
    const tasks = await bench.open({ max: 1, command: shellCommand('exit 1') });
    const ids: string[] = [];
    for (const token of ['a', 'b', 'c']) ids.push(await startTask(tasks, await bench.input(), token));
    for (const id of ids) await waitForStatus(tasks, id, 'stopped');
  });

  it('stops a task with exited when its program cannot listen on its port', async () => {
    const blocker = createServer();
    const script = `require('http').createServer().listen(${'Number(process.env.BLOCKED)'}, '127.0.0.1')`;
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const address = blocker.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const command = { ...nodeCommand(script), environment: () => ({ BLOCKED: String(port) }) };
    const tasks = await bench.open({ command });
    const stopped = await waitForStatus(tasks, await startTask(tasks, await bench.input(), 't'), 'stopped');
    expect(stopped.stop?.code).toBe('exited');
    blocker.close();
  });

  it('leaves no process when it is closed', async () => {
    const tasks = await bench.open({ max: 2 });
    const inputs = [await bench.input(), await bench.input(), await bench.input()];
    const ids: string[] = [];
    for (const [index, input] of inputs.entries()) ids.push(await startTask(tasks, input, `t${index}`));
    await waitForStatus(tasks, ids[0] ?? '', 'running');
    await tasks.close();
    for (const input of inputs) expect(await findProcessesWith(`WB_RUN_ID=${input.runId}`)).toEqual([]);
  });

  it('has no pending timer after it was closed', async () => {
    const waiting = new Set<object>();
    const timers = {
      ...systemTimers,
      after(ms: number, action: () => void) {
        const one = {};
        waiting.add(one);
        const cancel = systemTimers.after(ms, () => {
          waiting.delete(one);
          action();
        });
        return () => {
          waiting.delete(one);
          cancel();
        };
      },
    };
    const tasks = await bench.open({ timers, max: 1 });
    await waitForStatus(tasks, await startTask(tasks, await bench.input(), 't'), 'running');
    await startTask(tasks, await bench.input(), 'u');
    await tasks.close();
    expect(waiting.size).toBe(0);
  });

  it('finds a boot command that listens on WB_SOCKET, and removes the socket that a killed program left', async () => {
    const script = HTTP_SERVER_SCRIPT.replace("process.env.PORT, '127.0.0.1'", 'process.env.WB_SOCKET');
    const tasks = await bench.open({ command: nodeCommand(script) });
    const taskId = await startTask(tasks, await bench.input(), 't');
    const { endpoint } = await waitForStatus(tasks, taskId, 'running');
    expect(endpoint).toMatch(/^http\+unix:/);
    const folder = join(bench.dataDir, 'sockets');
    expect(await readdir(folder)).toHaveLength(1);
    await tasks.terminateInstance(taskId);
    await waitForStatus(tasks, taskId, 'stopped');
    expect(await readdir(folder)).toEqual([]);
  });

  it('finds a program that listens on ::1 only', async () => {
    const script = HTTP_SERVER_SCRIPT.replace('127.0.0.1', '::1');
    const tasks = await bench.open({ command: nodeCommand(script) });
    const taskId = await startTask(tasks, await bench.input(), 't');
    const { endpoint } = await waitForStatus(tasks, taskId, 'running');
    expect(endpoint).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect(await (await fetch(`${endpoint}/`)).text()).toBe('here');
  });

  it.each([
    [
      'responds with an error',
      `(q, s) => { s.statusCode = 503; s.end(); }`,
      /^it responds with status 503 on port \d+/,
    ],
    ['has a slow first page', `() => {}`, /^its first page takes longer than [\d.]+ s/],
  ])('says where the output is when a program %s', async (_, listener, text) => {
    const script = `require('http').createServer(${listener}).listen(process.env.PORT, '127.0.0.1');`;
    const tasks = await bench.open({ command: nodeCommand(script), timers: FAST_TIMERS });
    const input = await bench.input();
    const detail = await detailOf(tasks, await startTask(tasks, input, 't'), text);
    expect(detail.endsWith(`; its output is in logs/${input.workbenchId}/${input.runId}.log`)).toBe(true);
  });

  it('says that nothing listens, without other ports', async () => {
    const tasks = await bench.open({ command: shellCommand('sleep 300'), timers: FAST_TIMERS });
    const taskId = await startTask(tasks, await bench.input(), 't');
    const text = /^nothing listens on port \d+ \(PORT\) of localhost or WB_SOCKET; its output is in logs\//;
    expect(await detailOf(tasks, taskId, text)).toContain('.log');
  });

  it.runIf(onLinux)('says on which other ports the processes of a task listen', async () => {
    const child = `require('http').createServer().listen(0, '::1', function () { require('fs').writeFileSync('port', String(this.address().port)); });`;
    const script = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'ignore' }); setInterval(() => {}, 1000);`;
    const tasks = await bench.open({ command: nodeCommand(script), timers: FAST_TIMERS });
    const ids = new RandomIds();
    const input = await bench.input({ workbenchId: ids.workbenchId(Date.now()), runId: ids.runId() });
    const taskId = await startTask(tasks, input, 't');
    const port = await eventually(waitRealStep, 'the port', async () => {
      // The file is empty until it has been written.
      const text = await readFile(join(input.mount.path ?? '', 'port'), 'utf8').catch(() => '');
      return text === '' ? undefined : text;
    });
    const listens = await detailOf(tasks, taskId, /^it listens on/);
    expect(listens).toContain(`it listens on [::1]:${port}, not on 127.0.0.1:`);
    expect(listens).toContain(`${input.runId}.log`);
    expect(Buffer.byteLength(listens)).toBeLessThan(DETAIL_MAX);
  });

  /** Waits until the detail of a task matches. */
  function detailOf(tasks: ProcessTaskRunner, taskId: string, text: RegExp): Promise<string> {
    return eventually(waitRealStep, `the detail ${text}`, async () => {
      const { detail = '' } = await describeTask(tasks, taskId);
      return text.test(detail) && detail;
    });
  }
});

/** Creates a cgroup as that of the server. Returns undefined if this user may not. */
async function createOwnCgroup(parent: string | undefined): Promise<string | undefined> {
  if (parent === undefined) return undefined;
  const path = join(parent, `test-${randomBytes(6).toString('hex')}`);
  return mkdir(path).then(
    () => path,
    () => undefined,
  );
}
