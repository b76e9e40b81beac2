import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ContainerTaskRunner } from '#adapters/local/containers/container-task-runner.ts';
import { readInstallationId } from '#adapters/local/installation-id.ts';
import { systemTimers } from '#adapters/local/timers.ts';
import type { TaskInput, TaskObservation } from '#core/ports/task-runner.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { describeLocalTaskRunner } from '../../tasks/local-task-runner-suite.ts';
import { describeTask, startTask, waitForStatus } from '../../tasks/task-bench.ts';
import { ContainerBench, docker, nodeCommand } from './container-bench.ts';

describeLocalTaskRunner('ContainerTaskRunner', () => ContainerBench.make());

const MIB = 1024 * 1024;
/** Serves HTTP and does not handle SIGTERM. */
const HTTP_SERVER = `require('http').createServer((q, s) => s.end('here')).listen(process.env.PORT)`;

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

  it('sets the requested limits and drops all privileges', async () => {
    await running(await bench.open(), await bench.input({ cpuUnits: 1536, memoryMib: 300 }));
    const { HostConfig, Config, State } = await bench.container();
    expect(HostConfig.Memory).toBe(300 * MIB);
    expect(HostConfig.MemorySwap).toBe(300 * MIB);
    expect(HostConfig.NanoCpus).toBe(1.5e9);
    expect(HostConfig.PidsLimit).toBe(4096);
    expect(HostConfig.Privileged).toBe(false);
    expect(HostConfig.RestartPolicy?.Name).toBe('no');
    expect(Config.User).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    // On Linux, the kernel shows the limits that are in effect.
    const status = await readFile(`/proc/${State.Pid}/status`, 'utf8').catch(() => '');
    if (process.platform !== 'linux' || status === '') return;
    for (const kind of ['CapPrm', 'CapEff', 'CapBnd']) expect(status).toMatch(`${kind}:\t0000000000000000`);
    expect(status).toContain('NoNewPrivs:\t1');
    expect(status).toContain('Seccomp:\t2');
    expect(status).not.toMatch(/^Uid:.*\b0\b/m);
  });

  it.each([
    [
      'listens in the container only',
      `listen(process.env.PORT, '127.0.0.1')`,
      /^nothing listens on 0\.0\.0\.0:8080 in its/,
    ],
    [
      'responds with an error',
      'listen(process.env.PORT)',
      /^it responds with status 503 on port 8080 in its container;/,
    ],
  ])('says where the output is when a program %s', async (_, listen, text) => {
    const script = `require('http').createServer((q, s) => { s.statusCode = 503; s.end(); }).${listen}`;
    const timers = {
      ...systemTimers,
      after: (ms: number, act: () => void) => systemTimers.after(ms / 20, act),
    };
    const tasks = await bench.open({ bootCommand: nodeCommand(script), timers });
    const input = await bench.input();
    const taskId = await startTask(tasks, input, 't');
    const detail = await eventually(waitRealStep, `the detail ${text}`, async () => {
      const { detail: current = '' } = await describeTask(tasks, taskId);
      return text.test(current) && current;
    });
    const output = `logs/${input.workbenchId}/${input.runId}.log`;
    expect(detail.endsWith(`; its output is in ${output}`)).toBe(true);
    await tasks.stop(taskId, 'enough');
    await waitForStatus(tasks, taskId, 'stopped');
    await stat(join(bench.dataDir, output));
  });

  it('stores what a container prints while it runs, each line once, also after a lost connection to the engine', async () => {
    const script = `
      let count = 0;
      require('http').createServer((q, s) => { console.log('line', ++count); s.end(); }).listen(process.env.PORT);`;
    const bootCommand = nodeCommand(script);
    const relay = await bench.relay();
    const input = await bench.input();
    const tasks = await bench.open({ bootCommand, engine: relay.engine });
    const { endpoint = '' } = await running(tasks, input);
    const log = join(bench.dataDir, 'logs', input.workbenchId, `${input.runId}.log`);
    const lastLine = async () =>
      Number(/line (\d+)\n$/.exec(await readFile(log, 'utf8').catch(() => ''))?.[1]);
    await fetch(endpoint);
    await eventually(waitRealStep, 'the output is stored', async () => (await lastLine()) > 0);
    const seen = await lastLine();
    relay.cut();
    await fetch(endpoint);
    await relay.reopen();
    await fetch(endpoint);
    await eventually(waitRealStep, 'later output is stored', async () => (await lastLine()) > seen);
    const lines = (await readFile(log, 'utf8')).trim().split('\n');
    expect(lines).toEqual(lines.map((_, index) => `line ${index + 1}`));
    await tasks.close();
    await relay.end();
  });

  it('passes the variables of the workbench to the container, no others, and labels it', async () => {
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
      // These come from the image.
      ...{ SHELL: '/bin/bash', LANG: 'C.UTF-8' },
      WORKSPACE_PATH: '/workbench/project',
      PORT: '8080',
      WORKBENCH_ID: input.workbenchId,
      WORKBENCH_NAME: 'my $(bench)',
      BASE_URL: `http://127.0.0.1:9000/project/${input.workbenchId}/`,
      WB_PREFIX: `/project/${input.workbenchId}`,
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

  it('gives the first process of the container no open file of this computer', async (context) => {
    await running(await bench.open(), await bench.input());
    const { State } = await bench.container();
    const numbers = await readdir(`/proc/${State.Pid}/fd`).catch(() => []);
    if (numbers.length === 0) context.skip('the container runs on another kernel');
    const targets = await Promise.all(numbers.map((number) => readlink(`/proc/${State.Pid}/fd/${number}`)));
    for (const target of targets) expect(target).toMatch(/^(\/dev\/null|(pipe|socket|anon_inode):\[.+\])$/);
    const own = await Promise.all(
      (await readdir('/proc/self/fd')).map((number) => readlink(`/proc/self/fd/${number}`).catch(() => '')),
    );
    const shared = targets.filter((target) => own.includes(target));
    expect(shared.filter((target) => !/^(\/dev\/null$|anon_inode:)/.test(target))).toEqual([]);
  });

  it('publishes its port on 127.0.0.1 only', async () => {
    const { endpoint = '' } = await running(await bench.open(), await bench.input());
    const { NetworkSettings } = await bench.container();
    const { port, hostname } = new URL(endpoint);
    expect(hostname).toBe('127.0.0.1');
    expect(NetworkSettings.Ports['8080/tcp']).toEqual([{ HostIp: '127.0.0.1', HostPort: port }]);
  });

  it('boots in the project folder of the volume, as the user who owns the files', async () => {
    const script = `require('fs').writeFileSync('made', process.cwd()); ${HTTP_SERVER}`;
    const input = await bench.input();
    await running(await bench.open({ bootCommand: nodeCommand(script) }), input);
    const made = join(input.mount.path ?? '', 'project', 'made');
    expect(await readFile(made, 'utf8')).toBe('/workbench/project');
    const { Config } = await bench.container();
    expect(`${(await stat(made)).uid}`).toBe(Config.User.split(':')[0]);
  });

  it('does not count a task as running while it responds with 500', async () => {
    const script = `let n = 0; require('http').createServer((q, s) => { s.statusCode = (n += 1) < 4 ? 500 : 404; s.end(String(n)); }).listen(process.env.PORT)`;
    const { endpoint } = await running(
      await bench.open({ bootCommand: nodeCommand(script) }),
      await bench.input(),
    );
    expect(Number(await (await fetch(`${endpoint}/`)).text())).toBeGreaterThan(4);
  });

  it('reports the exit code of its main process and stores the output', async () => {
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

  it('reports out_of_memory when it used more memory than it has', async () => {
    const greedy = `const all = []; for (;;) all.push(Buffer.alloc(8 * 1024 * 1024, 1));`;
    const tasks = await bench.open({ bootCommand: nodeCommand(greedy) });
    const taskId = await startTask(tasks, await bench.input({ memoryMib: 96 }), 't');
    const { stop } = await waitForStatus(tasks, taskId, 'stopped');
    expect(stop?.code).toBe('out_of_memory');
    expect(stop?.message).toContain('96 MiB');
  });

  it('reports out_of_memory when a child of its main process used the memory', async () => {
    const greedy = `const all = []; for (;;) all.push(Buffer.alloc(8 * 1024 * 1024, 1));`;
    const parent = `require('child_process').spawn('node', ['-e', '${greedy}']).on('exit', () => process.exit(0))`;
    const tasks = await bench.open({ bootCommand: nodeCommand(parent) });
    const taskId = await startTask(tasks, await bench.input({ memoryMib: 160 }), 't');
    expect((await waitForStatus(tasks, taskId, 'stopped')).stop?.code).toBe('out_of_memory');
  });

  it('distinguishes SIGKILL from outside and out_of_memory', async () => {
    const tasks = await bench.open();
    const { taskId } = await running(tasks, await bench.input());
    await docker.getContainer((await bench.container()).Id).kill();
    const { stop } = await waitForStatus(tasks, taskId, 'stopped');
    expect(stop).toMatchObject({ code: 'exited', message: expect.stringContaining('exit code 137') });
  });

  it('reports that its image could not be pulled, with the reason of the engine', async () => {
    // Nothing listens on port 1.
    const tasks = await bench.open({ image: '127.0.0.1:1/nobody/nothing:latest' });
    const taskId = await startTask(tasks, await bench.input(), 't');
    const { stop } = await waitForStatus(tasks, taskId, 'stopped');
    expect(stop?.code).toBe('image_pull_failed');
    expect(stop?.message).toContain('127.0.0.1:1');
    expect(bench.observed.map(({ detail }) => detail)).toContain('pulling 127.0.0.1:1/nobody/nothing:latest');
  });

  it('reports the exit code of a boot command that does not exist', async () => {
    const tasks = await bench.open({ bootCommand: 'exec /missing' });
    const { stop } = await waitForStatus(tasks, await startTask(tasks, await bench.input(), 't'), 'stopped');
    expect(stop).toMatchObject({ code: 'exited', message: expect.stringContaining('exit code 127') });
  });

  it('stops a task whose folder does not exist, and one that needs GPUs of an engine without any', async () => {
    const engineInfo = { ...(await bench.engine.readInfo()), gpus: false };
    const tasks = await bench.open({ engineInfo });
    const withoutFolder = await bench.input({ mount: { path: join(bench.dataDir, 'missing') } });
    const first = await waitForStatus(tasks, await startTask(tasks, withoutFolder, 'a'), 'stopped');
    expect(first.stop?.code).toBe('storage_failed');
    const second = await waitForStatus(
      tasks,
      await startTask(tasks, await bench.input({ gpuCount: 1 }), 'b'),
      'stopped',
    );
    expect(second.stop?.code).toBe('cannot_fit');
    expect(await bench.containers()).toEqual([]);
  });

  it('gives all CPUs and memory of the engine to a task on a host', async () => {
    const { cpus, memory } = await bench.engine.readInfo();
    const placement = { kind: 'host', instanceId: 'sim-1' } as const;
    const tasks = await bench.open();
    const task = await running(tasks, await bench.input({ placement, memoryMib: 128, cpuUnits: 128 }));
    expect(task.containerInstance).toBe('sim-1');
    const { HostConfig } = await bench.container();
    expect(HostConfig.NanoCpus).toBe(cpus * 1e9);
    expect(HostConfig.Memory).toBe(Math.floor(memory / MIB) * MIB);
  });

  it('kills a program that ignores SIGTERM after the grace period', async () => {
    const bootCommand = nodeCommand(`process.on('SIGTERM', () => console.log('signalled')); ${HTTP_SERVER}`);
    const tasks = await bench.open({ bootCommand, graceMs: 1000 });
    const input = await bench.input();
    const { taskId } = await running(tasks, input);
    await tasks.stop(taskId, 'enough');
    const stopped = await waitForStatus(tasks, taskId, 'stopped');
    expect(stopped.stop).toEqual({ code: 'requested', message: 'enough' });
    const log = join(bench.dataDir, 'logs', input.workbenchId, `${input.runId}.log`);
    expect(await readFile(log, 'utf8')).toBe('signalled\n');
  });

  it('reports that its container was deleted from outside', async () => {
    const tasks = await bench.open();
    const { taskId } = await running(tasks, await bench.input());
    await docker.getContainer((await bench.container()).Id).remove({ force: true });
    const { stop } = await waitForStatus(tasks, taskId, 'stopped');
    // The runner may observe the killed container before the deletion.
    expect(['stopped_externally', 'exited']).toContain(stop?.code);
  });

  it('leaves no container when it is closed, or when an instance is terminated', async () => {
    const tasks = await bench.open({ max: 2 });
    const { taskId } = await running(tasks, await bench.input());
    await tasks.terminateInstance(taskId);
    await waitForStatus(tasks, taskId, 'stopped');
    expect(await bench.containers()).toEqual([]);
    await running(tasks, await bench.input(), 'u');
    await startTask(tasks, await bench.input(), 'v');
    await tasks.close();
    expect(await bench.containers()).toEqual([]);
  });

  it('creates one container for a token that two runners use', async () => {
    const input = await bench.input();
    const [one, two] = [await bench.open(), await bench.open()];
    const [taskId, again] = await Promise.all([startTask(one, input, 't'), startTask(two, input, 't')]);
    expect(again).toBe(taskId);
    await Promise.all([waitForStatus(one, taskId, 'running'), waitForStatus(two, taskId, 'running')]);
    expect(await bench.containers()).toHaveLength(1);
    await two.close();
    await one.close();
  });

  it('does not adopt a foreign container with the name of its own', async () => {
    const tasks = await bench.open();
    const { taskId } = await running(tasks, await bench.input());
    const { Name } = await bench.container();
    await tasks.stop(taskId, 'enough');
    await waitForStatus(tasks, taskId, 'stopped');
    const other = await foreignContainer(Name.replace(/^\//, ''), { 'workbench.task': taskId });
    // The same token, with records that do not know it.
    const records = { open: async () => [], save: async () => {}, remove: async () => {} };
    const emptied = await bench.open({ records });
    const { stop } = await waitForStatus(
      emptied,
      await startTask(emptied, await bench.input(), 't'),
      'stopped',
    );
    expect(stop?.code).toBe('start_refused');
    expect((await docker.getContainer(other).inspect()).State.Running).toBe(true);
  });

  it('removes orphaned containers of its installation and no others', async () => {
    const installation = await readInstallationId(bench.dataDir);
    const orphan = await foreignContainer(`orphan-${bench.run}`, { 'workbench.installation': installation });
    const another = await foreignContainer(`foreign-${bench.run}`, {
      'workbench.installation': 'f'.repeat(32),
      'workbench.id': 'wb1',
    });
    const plain = await foreignContainer(`plain-${bench.run}`, {});
    const tasks = await bench.open();
    await running(tasks, await bench.input());
    await tasks.close();
    await expect(docker.getContainer(orphan).inspect()).rejects.toMatchObject({ statusCode: 404 });
    for (const id of [another, plain]) {
      expect((await docker.getContainer(id).inspect()).State.Running).toBe(true);
    }
  });

  it('reports that the engine does not respond, and later the exit that happened in between', async () => {
    const relay = await bench.relay();
    const tasks = await bench.open({ engine: relay.engine });
    const { taskId } = await running(tasks, await bench.input());
    relay.cut();
    await eventually(
      waitRealStep,
      'the disconnected engine',
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

  it('executes the stops and starts that were requested while the engine did not respond', async () => {
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
