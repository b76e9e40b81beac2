import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ContainerTaskRunner } from '#adapters/local/containers/container-task-runner.ts';
import { readInstallationId } from '#adapters/local/installation-id.ts';
import type { TaskInput, TaskObservation } from '#core/ports/task-runner.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { describeTaskRunnerContract } from '#test/contracts/task-runner.ts';
import {
  ContainerBench,
  describeTask,
  docker,
  nodeCommand,
  startTask,
  waitForStatus,
} from './container-bench.ts';

describeTaskRunnerContract('ContainerTaskRunner', async () => {
  const bench = await ContainerBench.make();
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

const MIB = 1024 * 1024;
/** Answers, and knows no SIGTERM. */
const PLAIN = `require('http').createServer((q, s) => s.end('here')).listen(process.env.PORT)`;

describe('ContainerTaskRunner', () => {
  let bench: ContainerBench;
  const foreign: string[] = [];
  beforeEach(async () => {
    bench = await ContainerBench.make();
  });
  afterEach(async () => {
    await bench.end();
    for (const id of foreign.splice(0)) await bench.engine.remove(id);
  });

  async function running(
    tasks: ContainerTaskRunner,
    input: TaskInput,
    token = 't',
  ): Promise<TaskObservation> {
    return await waitForStatus(tasks, await startTask(tasks, input, token), 'running');
  }

  it('sets the limits that were asked for, and takes every privilege away', async () => {
    await running(await bench.open(), await bench.input({ cpuUnits: 1536, memoryMib: 300 }));
    const { HostConfig, Config, State } = await bench.container();
    expect(HostConfig.Memory).toBe(300 * MIB);
    expect(HostConfig.MemorySwap).toBe(300 * MIB);
    expect(HostConfig.NanoCpus).toBe(1.5e9);
    expect(HostConfig.PidsLimit).toBe(4096);
    expect(HostConfig.Privileged).toBe(false);
    expect(HostConfig.RestartPolicy?.Name).toBe('no');
    expect(Config.User).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    // As the kernel has it, on Linux: not what was asked for but what is.
    const status = await readFile(`/proc/${State.Pid}/status`, 'utf8').catch(() => '');
    if (process.platform !== 'linux' || status === '') return;
    for (const kind of ['CapPrm', 'CapEff', 'CapBnd']) expect(status).toMatch(`${kind}:\t0000000000000000`);
    expect(status).toContain('NoNewPrivs:\t1');
    expect(status).toContain('Seccomp:\t2');
    expect(status).not.toMatch(/^Uid:.*\b0\b/m);
  });

  it('gives the container what is said of the workbench, labels that name it, and nothing of its own', async () => {
    const script = `require('http').createServer((q, s) => s.end(JSON.stringify(process.env))).listen(process.env.PORT)`;
    const bootCommand = nodeCommand(script);
    const tasks = await bench.open({ bootCommand });
    const input = await bench.input({ name: 'my $(bench)' });
    const { endpoint } = await running(tasks, input);
    const {
      PATH: _path,
      PWD: _pwd,
      OLDPWD: _old,
      SHLVL: _level,
      HOME: _home,
      HOSTNAME: _host,
      container: _engine,
      TERM: _terminal,
      ...environment
    } = JSON.parse(await (await fetch(`${endpoint}/`)).text());
    expect(environment).toEqual({
      // Of the image.
      ...{ SHELL: '/bin/bash', LANG: 'C.UTF-8' },
      WORKSPACE_PATH: '/workspace/project',
      PORT: '8080',
      WORKBENCH_ID: input.workbenchId,
      WORKBENCH_NAME: 'my $(bench)',
      BASE_URL: `http://127.0.0.1:9000/project/${input.workbenchId}/`,
      WB_RUN_ID: input.runId,
      WB_BOOT_COMMAND: bootCommand,
    });
    const { Config } = await bench.container();
    expect(Config.Labels).toMatchObject({
      'workbench.installation': await readInstallationId(bench.dataDir),
      'workbench.id': input.workbenchId,
      'workbench.run': input.runId,
      'workbench.attempt': '1',
    });
  });

  it('is reached on a port of 127.0.0.1 alone', async () => {
    const { endpoint = '' } = await running(await bench.open(), await bench.input());
    const { NetworkSettings } = await bench.container();
    const { port, hostname } = new URL(endpoint);
    expect(hostname).toBe('127.0.0.1');
    expect(NetworkSettings.Ports['8080/tcp']).toEqual([{ HostIp: '127.0.0.1', HostPort: port }]);
  });

  it('boots in the project folder of the volume, whose files are those of its user', async () => {
    const script = `require('fs').writeFileSync('made', process.cwd()); ${PLAIN}`;
    const input = await bench.input();
    await running(await bench.open({ bootCommand: nodeCommand(script) }), input);
    const made = join(input.mount.path ?? '', 'project', 'made');
    expect(await readFile(made, 'utf8')).toBe('/workspace/project');
    const { Config } = await bench.container();
    expect(`${(await stat(made)).uid}`).toBe(Config.User.split(':')[0]);
  });

  it('counts an answer of 500 as not yet running', async () => {
    const script = `let n = 0; require('http').createServer((q, s) => { s.statusCode = (n += 1) < 4 ? 500 : 404; s.end(String(n)); }).listen(process.env.PORT)`;
    const { endpoint } = await running(
      await bench.open({ bootCommand: nodeCommand(script) }),
      await bench.input(),
    );
    expect(Number(await (await fetch(`${endpoint}/`)).text())).toBeGreaterThan(4);
  });

  it('says with which code its main process ended, and keeps the output', async () => {
    const tasks = await bench.open({ bootCommand: 'echo to stdout; echo to stderr >&2; exit 3' });
    const input = await bench.input();
    const stopped = await waitForStatus(tasks, await startTask(tasks, input, 't'), 'stopped');
    const log = join('logs', input.workbenchId, `${input.runId}.log`);
    expect(stopped.stop).toEqual({
      code: 'exited',
      message: `Its main process ended with exit code 3. Its output is in ${log}.`,
    });
    const lines = (await readFile(join(bench.dataDir, log), 'utf8')).trim().split('\n').sort();
    expect(lines).toEqual(['to stderr', 'to stdout']);
    expect(await bench.containers()).toEqual([]);
  });

  it('says that it used more memory than it has', async () => {
    const greedy = `const all = []; for (;;) all.push(Buffer.alloc(8 * 1024 * 1024, 1));`;
    const tasks = await bench.open({ bootCommand: nodeCommand(greedy) });
    const taskId = await startTask(tasks, await bench.input({ memoryMib: 96 }), 't');
    const { stop } = await waitForStatus(tasks, taskId, 'stopped');
    expect(stop?.code).toBe('out_of_memory');
    expect(stop?.message).toContain('96 MiB');
  });

  it('says the same when only what its main process started used it, as an IDE does', async () => {
    const greedy = `const all = []; for (;;) all.push(Buffer.alloc(8 * 1024 * 1024, 1));`;
    const parent = `require('child_process').spawn('node', ['-e', '${greedy}']).on('exit', () => process.exit(0))`;
    const tasks = await bench.open({ bootCommand: nodeCommand(parent) });
    const taskId = await startTask(tasks, await bench.input({ memoryMib: 160 }), 't');
    expect((await waitForStatus(tasks, taskId, 'stopped')).stop?.code).toBe('out_of_memory');
  });

  it('tells SIGKILL by hand from want of memory', async () => {
    const tasks = await bench.open();
    const { taskId } = await running(tasks, await bench.input());
    await docker.getContainer((await bench.container()).Id).kill();
    const { stop } = await waitForStatus(tasks, taskId, 'stopped');
    expect(stop).toMatchObject({ code: 'exited', message: expect.stringContaining('exit code 137') });
  });

  it('says that its image could not be pulled, and why', async () => {
    // Nothing listens on port 1.
    const tasks = await bench.open({ image: '127.0.0.1:1/nobody/nothing:latest' });
    const taskId = await startTask(tasks, await bench.input(), 't');
    const { stop } = await waitForStatus(tasks, taskId, 'stopped');
    expect(stop?.code).toBe('image_pull_failed');
    expect(stop?.message).toContain('127.0.0.1:1');
    expect(bench.observed.map(({ detail }) => detail)).toContain('pulling 127.0.0.1:1/nobody/nothing:latest');
  });

  it('says that a command of the image cannot be started', async () => {
    const tasks = await bench.open({ bootCommand: 'exec /nowhere' });
    const { stop } = await waitForStatus(tasks, await startTask(tasks, await bench.input(), 't'), 'stopped');
    expect(stop).toMatchObject({ code: 'exited', message: expect.stringContaining('exit code 127') });
  });

  it('refuses a folder that is not there, and GPUs that the engine does not have', async () => {
    const facts = { ...(await bench.engine.readInfo()), gpus: false };
    const tasks = await bench.open({ engineInfo: facts });
    const nowhere = await bench.input({ mount: { path: join(bench.dataDir, 'nowhere') } });
    const first = await waitForStatus(tasks, await startTask(tasks, nowhere, 'a'), 'stopped');
    expect(first.stop?.code).toBe('storage_failed');
    const second = await waitForStatus(
      tasks,
      await startTask(tasks, await bench.input({ gpuCount: 1 }), 'b'),
      'stopped',
    );
    expect(second.stop?.code).toBe('cannot_fit');
    expect(await bench.containers()).toEqual([]);
  });

  it('gives all of this machine to what runs on a dedicated one', async () => {
    const facts = await bench.engine.readInfo();
    const placement = { kind: 'host', instanceId: 'sim-1' } as const;
    const tasks = await bench.open();
    const task = await running(tasks, await bench.input({ placement, memoryMib: 128, cpuUnits: 128 }));
    expect(task.containerInstance).toBe('sim-1');
    const { HostConfig } = await bench.container();
    expect(HostConfig.NanoCpus).toBe(facts.cpus * 1e9);
    expect(HostConfig.Memory).toBe(Math.floor(facts.memory / MIB) * MIB);
  });

  it('kills what ignores SIGTERM, after the grace', async () => {
    const bootCommand = nodeCommand(`process.on('SIGTERM', () => console.log('asked')); ${PLAIN}`);
    const tasks = await bench.open({ bootCommand, graceMs: 1000 });
    const input = await bench.input();
    const { taskId } = await running(tasks, input);
    await tasks.stop(taskId, 'enough');
    const stopped = await waitForStatus(tasks, taskId, 'stopped');
    expect(stopped.stop).toEqual({ code: 'requested', message: 'enough' });
    const log = join(bench.dataDir, 'logs', input.workbenchId, `${input.runId}.log`);
    expect(await readFile(log, 'utf8')).toBe('asked\n');
  });

  it('kills at once, in the middle of the grace, when told to end the machine', async () => {
    const bootCommand = nodeCommand(`process.on('SIGTERM', () => {}); ${PLAIN}`);
    const tasks = await bench.open({ bootCommand, graceMs: 300_000 });
    const { taskId } = await running(tasks, await bench.input());
    await tasks.stop(taskId, 'enough');
    await tasks.terminateInstance(taskId);
    expect((await waitForStatus(tasks, taskId, 'stopped')).stop?.message).toBe('enough');
    expect(await bench.containers()).toEqual([]);
  });

  it('says that somebody else deleted its container', async () => {
    const tasks = await bench.open();
    const { taskId } = await running(tasks, await bench.input());
    await docker.getContainer((await bench.container()).Id).remove({ force: true });
    const { stop } = await waitForStatus(tasks, taskId, 'stopped');
    // Which of the two it is depends on which is seen first: that it was killed, or that it is gone.
    expect(['stopped_externally', 'exited']).toContain(stop?.code);
  });

  it('lets no more run at once than it has places, and the rest in the order of their coming', async () => {
    const tasks = await bench.open({ max: 1 });
    const ids: string[] = [];
    for (const token of ['a', 'b', 'c']) ids.push(await startTask(tasks, await bench.input(), token));
    const [first = '', second = '', third = ''] = ids;
    await waitForStatus(tasks, first, 'running');
    expect((await describeTask(tasks, second)).status).toBe('provisioning');
    await tasks.stop(first, 'enough');
    await waitForStatus(tasks, second, 'running');
    expect((await describeTask(tasks, third)).status).toBe('provisioning');
    await tasks.stop(third, 'not needed');
    expect((await waitForStatus(tasks, third, 'stopped')).stop?.code).toBe('requested');
  });

  it('ends everything when it is closed, says so, and leaves no container', async () => {
    const tasks = await bench.open({ max: 1 });
    const { taskId } = await running(tasks, await bench.input());
    const waiting = await startTask(tasks, await bench.input(), 'u');
    await tasks.close();
    for (const id of [taskId, waiting]) {
      expect(await describeTask(tasks, id)).toMatchObject({
        status: 'stopped',
        stop: { code: 'instance_lost' },
      });
    }
    expect(await bench.containers()).toEqual([]);
    await expect(tasks.run(await bench.input(), 'late')).rejects.toMatchObject({ kind: 'throttled' });
  });

  it('has at most one container for a token, though two runners ask for it', async () => {
    const input = await bench.input();
    const [one, two] = [await bench.open(), await bench.open()];
    const [taskId, again] = await Promise.all([startTask(one, input, 't'), startTask(two, input, 't')]);
    expect(again).toBe(taskId);
    await Promise.all([waitForStatus(one, taskId, 'running'), waitForStatus(two, taskId, 'running')]);
    expect(await bench.containers()).toHaveLength(1);
    await two.close();
    await one.close();
  });

  it('does not take a container for its own that only has the name', async () => {
    const tasks = await bench.open();
    const { taskId } = await running(tasks, await bench.input());
    const { Name } = await bench.container();
    await tasks.stop(taskId, 'enough');
    await waitForStatus(tasks, taskId, 'stopped');
    const other = await foreignContainer(Name.replace(/^\//, ''), { 'workbench.task': taskId });
    // The same token under a folder that does not remember it.
    const records = { open: async () => [], save: async () => {}, remove: async () => {} };
    const forgetful = await bench.open({ records });
    const { stop } = await waitForStatus(
      forgetful,
      await startTask(forgetful, await bench.input(), 't'),
      'stopped',
    );
    expect(stop?.code).toBe('start_refused');
    expect((await docker.getContainer(other).inspect()).State.Running).toBe(true);
  });

  it('removes containers of its own that nobody wants, and touches no other', async () => {
    const installation = await readInstallationId(bench.dataDir);
    const ours = await foreignContainer(`unwanted-${bench.run}`, { 'workbench.installation': installation });
    const another = await foreignContainer(`foreign-${bench.run}`, {
      'workbench.installation': 'f'.repeat(32),
      'workbench.id': 'wb1',
    });
    const plain = await foreignContainer(`plain-${bench.run}`, {});
    const tasks = await bench.open();
    await running(tasks, await bench.input());
    await tasks.close();
    await expect(docker.getContainer(ours).inspect()).rejects.toMatchObject({ statusCode: 404 });
    for (const id of [another, plain]) {
      expect((await docker.getContainer(id).inspect()).State.Running).toBe(true);
    }
  });

  it('says that the engine is silent, and learns afterwards what has happened meanwhile', async () => {
    const relay = await bench.relay();
    const tasks = await bench.open({ engine: relay.engine });
    const { taskId } = await running(tasks, await bench.input());
    relay.cut();
    await eventually(
      waitRealStep,
      'silence',
      async () => (await describeTask(tasks, taskId)).instance === 'disconnected',
    );
    expect((await describeTask(tasks, taskId)).status).toBe('running');
    await docker.getContainer((await bench.container()).Id).kill({ signal: 'SIGTERM' });
    await relay.reopen();
    expect((await waitForStatus(tasks, taskId, 'stopped')).stop).toMatchObject({
      code: 'exited',
      message: expect.stringContaining('exit code 0'),
    });
    await tasks.close();
    await relay.end();
  });

  it('forgets nothing that it was told while the engine is silent', async () => {
    const relay = await bench.relay();
    const tasks = await bench.open({ engine: relay.engine });
    const { taskId } = await running(tasks, await bench.input());
    relay.cut();
    await tasks.stop(taskId, 'enough');
    const waiting = await startTask(tasks, await bench.input(), 'u');
    expect((await describeTask(tasks, taskId)).status).toBe('stopping');
    await relay.reopen();
    expect((await waitForStatus(tasks, taskId, 'stopped')).stop?.code).toBe('requested');
    await waitForStatus(tasks, waiting, 'running');
    await tasks.close();
    await relay.end();
  });

  async function foreignContainer(name: string, labels: Record<string, string>): Promise<string> {
    const container = await docker.createContainer({
      name,
      Image: 'workbench-example:latest',
      Entrypoint: ['sleep'],
      Cmd: ['600'],
      Labels: labels,
      Healthcheck: { Test: ['NONE'] },
    });
    foreign.push(container.id);
    await container.start();
    return container.id;
  }
});
