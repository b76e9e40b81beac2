import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { containerRecords } from '#adapters/local/containers/container-record.ts';
import type { TaskObservation } from '#core/ports/task-runner.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { ContainerBench, describeTask, docker, startTask, waitForStatus } from './container-bench.ts';

const DYING_SERVER = fileURLToPath(new URL('crashing-server.ts', import.meta.url));

describe('a server killed by SIGKILL', () => {
  let bench: ContainerBench;
  beforeEach(async () => {
    bench = await ContainerBench.make();
  });
  afterEach(() => bench.end());

  /** Answers the status that is on disk, which the next server finds. */
  async function die(when: string, write: number): Promise<TaskObservation['status'] | undefined> {
    const args = [DYING_SERVER, bench.dataDir, bench.run, when, String(write)];
    const server = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    server.stderr.on('data', (data) => {
      complaint += data;
    });
    const signal = await new Promise((resolve) => server.once('exit', (_code, name) => resolve(name)));
    expect(complaint).toBe('');
    expect(signal).toBe('SIGKILL');
    return (await containerRecords(bench.dataDir).open())[0]?.status;
  }

  it('leaves a container that runs, which the next one adopts as it is', async () => {
    await die('before', 9);
    const before = await bench.container();
    expect(before.State.Running).toBe(true);
    const tasks = await bench.open();
    const taskId = await startTask(tasks, await bench.input(), 't');
    const { status, endpoint } = await describeTask(tasks, taskId);
    expect(status).toBe('running');
    expect(await (await fetch(`${endpoint}/`)).text()).toBe('here');
    const after = await bench.container();
    expect([after.Id, after.State.StartedAt]).toEqual([before.Id, before.State.StartedAt]);
    // Watched by the new one: it learns the end.
    await docker.getContainer(after.Id).kill({ signal: 'SIGTERM' });
    expect((await waitForStatus(tasks, taskId, 'stopped')).stop?.code).toBe('exited');
  });

  it('is followed by one that learns what ended meanwhile', async () => {
    await die('before', 9);
    const { Id } = await bench.container();
    await docker.getContainer(Id).kill({ signal: 'SIGTERM' });
    await docker.getContainer(Id).wait();
    const tasks = await bench.open();
    const taskId = await startTask(tasks, await bench.input(), 't');
    expect((await waitForStatus(tasks, taskId, 'stopped')).stop).toMatchObject({
      code: 'exited',
      message: expect.stringContaining('exit code 0'),
    });
    expect(await bench.containers()).toEqual([]);
  });

  it('whose container has gone meanwhile starts nothing anew: the task is stopped', async () => {
    await die('before', 9);
    await docker.getContainer((await bench.container()).Id).remove({ force: true });
    const tasks = await bench.open();
    const taskId = await startTask(tasks, await bench.input(), 't');
    expect((await waitForStatus(tasks, taskId, 'stopped')).stop?.code).toBe('stopped_externally');
    expect(await bench.containers()).toEqual([]);
  });

  // Every write of a whole life, from its acceptance (1) to its end (10).
  for (let write = 1; write <= 10; write += 1) {
    for (const when of ['before', 'after']) {
      it(`${when} write ${write} of a task: the next one goes on with it, in one container at most`, async () => {
        const left = await die(when, write);
        expect((await bench.containers()).length).toBeLessThanOrEqual(1);
        const tasks = await bench.open();
        const taskId = await startTask(tasks, await bench.input(), 't');
        if (left === 'stopping' || left === 'stopped') {
          expect((await waitForStatus(tasks, taskId, 'stopped')).stop).toEqual({
            code: 'requested',
            message: 'enough',
          });
          await eventually(waitRealStep, 'no container', async () => (await bench.containers()).length === 0);
        } else {
          const { endpoint } = await waitForStatus(tasks, taskId, 'running');
          expect(await (await fetch(`${endpoint}/`)).text()).toBe('here');
          expect(await bench.containers()).toHaveLength(1);
        }
      });
    }
  }
});
