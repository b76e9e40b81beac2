import { access, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linuxProcesses } from '#adapters/local/processes/process-table.ts';
import { systemTimers } from '#adapters/local/timers.ts';
import { PortError } from '#core/ports/port-error.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { describeTaskRunnerContract } from '#test/contracts/task-runner.ts';
import {
  describeTask,
  findProcessesWith,
  HTTP_SERVER_SCRIPT,
  nodeCommand,
  ProcessBench,
  shellCommand,
  startTask,
  waitForStatus,
} from './process-bench.ts';

const onLinux = process.platform === 'linux';

describeTaskRunnerContract('ProcessTaskRunner', async () => {
  const bench = await ProcessBench.make();
  const tasks = await bench.open();
  return {
    tasks,
    input: (change) => bench.input(change),
    observed: bench.observed,
    pass: waitRealStep,
    reopen: async () => {
      await tasks.close();
      return bench.open();
    },
    end: () => bench.end(),
  };
});

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

  it('runs the program in the folder of the workbench, with nothing on its input, and answers at its address', async () => {
    const script = `const where = process.cwd(); const fs = require('fs'); const input = [fs.readFileSync(0, 'utf8'), fs.fstatSync(0).isCharacterDevice()];
      require('http').createServer((q, s) => s.end(JSON.stringify([where, input]))).listen(process.env.PORT, '127.0.0.1');`;
    const tasks = await bench.open({ command: nodeCommand(script) });
    const input = await bench.input();
    const { endpoint } = await waitForStatus(tasks, await startTask(tasks, input, 't'), 'running');
    expect(await (await fetch(`${endpoint}/`)).json()).toEqual([input.mount.path, ['', true]]);
  });

  it('passes through provisioning, pending, running, stopping and stopped', async () => {
    const tasks = await bench.open();
    const taskId = await startTask(tasks, await bench.input(), 't');
    await waitForStatus(tasks, taskId, 'running');
    await tasks.stop(taskId, 'enough');
    expect((await describeTask(tasks, taskId)).status).toBe('stopping');
    await waitForStatus(tasks, taskId, 'stopped');
    const statuses = new Set(bench.observed.map((task) => task.status));
    expect([...statuses]).toEqual(['pending', 'running', 'stopping', 'stopped']);
  });

  it('counts an answer of 404 as running, and one of 500 as not yet', async () => {
    const script = `let n = 0; require('http').createServer((q, s) => { s.statusCode = (n += 1) < 3 ? 500 : 404; s.end(); require('fs').writeFileSync('asked', String(n)); }).listen(process.env.PORT, '127.0.0.1');`;
    const tasks = await bench.open({ command: nodeCommand(script) });
    const input = await bench.input();
    await waitForStatus(tasks, await startTask(tasks, input, 't'), 'running');
    expect(await readFile(join(input.mount.path ?? '', 'asked'), 'utf8')).toBe('3');
  });

  it('gives the program what a shell needs and what is said of the workbench, and nothing of its own', async () => {
    const script = `require('http').createServer((q, s) => s.end(JSON.stringify(process.env))).listen(process.env.PORT, '127.0.0.1');`;
    const own = {
      PATH: '/bin:/usr/bin',
      HOME: '/home/me',
      RESTAPI_AUTH_STATIC_KEY: 's3cret',
      AWS_PROFILE: 'x',
    };
    const tasks = await bench.open({ command: nodeCommand(script), serverEnvironment: own });
    const input = await bench.input({ name: 'my $(bench)' });
    const { endpoint } = await waitForStatus(tasks, await startTask(tasks, input, 't'), 'running');
    const answer = await (await fetch(`${endpoint}/`)).text();
    // What the shell at the gate adds.
    const { PWD: _pwd, OLDPWD: _oldPwd, SHLVL: _level, _: _last, ...environment } = JSON.parse(answer);
    expect(environment).toEqual({
      PATH: '/bin:/usr/bin',
      HOME: '/home/me',
      WORKBENCH_ID: input.workbenchId,
      WORKBENCH_NAME: 'my $(bench)',
      WORKSPACE_PATH: input.mount.path,
      WB_RUN_ID: input.runId,
      WB_INSTALLATION: (await readFile(join(bench.dataDir, 'installation'), 'utf8')).trim(),
      BASE_URL: `http://127.0.0.1:9000/project/${input.workbenchId}/`,
      HOST: '127.0.0.1',
      PORT: new URL(endpoint ?? '').port,
    });
  });

  it('says by which signal the program ended', async () => {
    const tasks = await bench.open({ command: shellCommand('kill -9 $$') });
    const stopped = await waitForStatus(tasks, await startTask(tasks, await bench.input(), 't'), 'stopped');
    expect(stopped.stop?.code).toBe('exited');
    expect(stopped.stop?.message).toContain('SIGKILL');
  });

  it('ends what the program leaves behind when it ends by itself', async () => {
    const tasks = await bench.open({ command: shellCommand('sleep 300 & exit 0') });
    const input = await bench.input();
    await waitForStatus(tasks, await startTask(tasks, input, 't'), 'stopped');
    expect(await findProcessesWith(`WB_RUN_ID=${input.runId}`)).toEqual([]);
  });

  it('refuses to start in a folder that is not there', async () => {
    const tasks = await bench.open();
    const input = await bench.input({ mount: { path: join(bench.dataDir, 'nowhere') } });
    const stopped = await waitForStatus(tasks, await startTask(tasks, input, 't'), 'stopped');
    expect(stopped.stop?.code).toBe('storage_failed');
  });

  it('says that a program could not be started', async () => {
    const tasks = await bench.open();
    const input = await bench.input();
    await writeFile(join(bench.dataDir, 'logs'), 'in the way');
    const stopped = await waitForStatus(tasks, await startTask(tasks, input, 't'), 'stopped');
    expect(stopped.stop?.code).toBe('start_refused');
  });

  it('kills a program that ignores SIGTERM, after the grace', async () => {
    const stubborn = `process.on('SIGTERM', () => require('fs').writeFileSync('asked', '')); ${HTTP_SERVER_SCRIPT}`;
    const tasks = await bench.open({ command: nodeCommand(stubborn), graceMs: 300 });
    const input = await bench.input();
    const taskId = await startTask(tasks, input, 't');
    await waitForStatus(tasks, taskId, 'running');
    await tasks.stop(taskId, 'enough');
    const stopped = await waitForStatus(tasks, taskId, 'stopped');
    expect(stopped.stop).toEqual({ code: 'requested', message: 'enough' });
    expect(await exists(join(input.mount.path ?? '', 'asked'))).toBe(true);
    expect(await findProcessesWith(`WB_RUN_ID=${input.runId}`)).toEqual([]);
  });

  it('kills at once, in the middle of the grace, when told to end the machine', async () => {
    const tasks = await bench.open({
      command: nodeCommand(`process.on('SIGTERM', () => {}); ${HTTP_SERVER_SCRIPT}`),
      graceMs: 600_000,
    });
    const taskId = await startTask(tasks, await bench.input(), 't');
    await waitForStatus(tasks, taskId, 'running');
    await tasks.stop(taskId, 'enough');
    await tasks.terminateInstance(taskId);
    expect((await waitForStatus(tasks, taskId, 'stopped')).stop?.message).toBe('enough');
  });

  it('is stopped only when every process of its group is gone', async () => {
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
    'ends what has left the group and the session, with or without its environment',
    async () => {
      const script = `const { spawn } = require('child_process');
      const unexpectedTasks = [spawn('sh', ['-c', 'setsid sleep 300 & echo'], { detached: true }), spawn('sleep', ['301'], { detached: true, env: {} })];
      require('fs').writeFileSync('unexpectedTask', String(unexpectedTasks[1].pid)); ${HTTP_SERVER_SCRIPT}`;
      const tasks = await bench.open({ command: nodeCommand(script) });
      const input = await bench.input();
      const taskId = await startTask(tasks, input, 't');
      await waitForStatus(tasks, taskId, 'running');
      const unexpectedTask = Number(await readFile(join(input.mount.path ?? '', 'unexpectedTask'), 'utf8'));
      expect((await linuxProcesses.read(unexpectedTask))?.session).toBe(unexpectedTask);
      await eventually(
        waitRealStep,
        'the setsid',
        async () => (await findProcessesWith(`WB_RUN_ID=${input.runId}`)).length >= 2,
      );
      await tasks.stop(taskId, 'enough');
      await waitForStatus(tasks, taskId, 'stopped');
      expect(await findProcessesWith(`WB_RUN_ID=${input.runId}`)).toEqual([]);
      const left = await linuxProcesses.read(unexpectedTask);
      expect(left === undefined || left.zombie).toBe(true);
    },
  );

  it('spares the processes of another run', async () => {
    const tasks = await bench.open();
    const first = await startTask(tasks, await bench.input(), 'a');
    const second = await startTask(tasks, await bench.input(), 'b');
    await waitForStatus(tasks, first, 'running');
    const { endpoint } = await waitForStatus(tasks, second, 'running');
    await tasks.stop(first, 'enough');
    await waitForStatus(tasks, first, 'stopped');
    expect((await fetch(`${endpoint}/`)).status).toBe(200);
  });

  it('lets no more run at once than it has places, and the rest in the order of their coming', async () => {
    const tasks = await bench.open({ max: 1 });
    const ids: string[] = [];
    for (const token of ['a', 'b', 'c']) ids.push(await startTask(tasks, await bench.input(), token));
    const [first = '', second = '', third = ''] = ids;
    await waitForStatus(tasks, first, 'running');
    expect(await describeTask(tasks, second)).toMatchObject({
      status: 'provisioning',
      detail: 'waiting for one of 1 places',
    });
    await tasks.stop(first, 'enough');
    await waitForStatus(tasks, second, 'running');
    expect((await describeTask(tasks, third)).status).toBe('provisioning');
    await tasks.stop(third, 'not needed');
    expect(await describeTask(tasks, third)).toMatchObject({
      status: 'stopped',
      stop: { code: 'requested' },
    });
    await tasks.stop(second, 'enough');
    await waitForStatus(tasks, second, 'stopped');
  });

  it('stays stopped when it was stopped before it had come to its place', async () => {
    const tasks = await bench.open();
    const early = await startTask(tasks, await bench.input(), 'a');
    await tasks.stop(early, 'at once');
    await waitForStatus(tasks, await startTask(tasks, await bench.input(), 'b'), 'running');
    const statuses = bench.observed.filter((task) => task.taskId === early).map((task) => task.status);
    expect(statuses.at(-1)).toBe('stopped');
    expect(statuses.indexOf('stopped')).toBe(statuses.length - 1);
    expect(await findProcessesWith(`WB_RUN_ID=${bench.run}-1`)).toEqual([]);
  });

  it('gives its place on when a program ends by itself', async () => {
    const tasks = await bench.open({ max: 1, command: shellCommand('exit 1') });
    const ids: string[] = [];
    for (const token of ['a', 'b', 'c']) ids.push(await startTask(tasks, await bench.input(), token));
    for (const id of ids) await waitForStatus(tasks, id, 'stopped');
  });

  it('ends as exited when its program cannot have its port', async () => {
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

  it('stops everything when it is closed, says so, and takes nothing more', async () => {
    const tasks = await bench.open({ max: 2 });
    const inputs = [await bench.input(), await bench.input(), await bench.input()];
    const ids: string[] = [];
    for (const [index, input] of inputs.entries()) ids.push(await startTask(tasks, input, `t${index}`));
    await waitForStatus(tasks, ids[0] ?? '', 'running');
    await tasks.close();
    for (const id of ids) {
      expect(await describeTask(tasks, id)).toMatchObject({
        status: 'stopped',
        stop: { code: 'instance_lost' },
      });
    }
    for (const input of inputs) expect(await findProcessesWith(`WB_RUN_ID=${input.runId}`)).toEqual([]);
    await expect(tasks.run(await bench.input(), 'late')).rejects.toThrow(PortError);
  });

  it('leaves no timer behind when it is closed', async () => {
    const waiting = new Set<object>();
    const timers = {
      now: () => Date.now(),
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
});
