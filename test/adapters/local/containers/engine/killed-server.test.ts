import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { containerRecords } from '#adapters/local/containers/container-record.ts';
import type { TaskObservation } from '#core/ports/task-runner.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { describeTask, runUntilKilled, startTask, waitForStatus } from '../../tasks/task-bench.ts';
import { ContainerBench, docker } from './container-bench.ts';

const CRASHING_SERVER = fileURLToPath(new URL('crashing-server.ts', import.meta.url));

describe('a server killed by SIGKILL', () => {
  let bench: ContainerBench;
  beforeEach(async () => {
    bench = await ContainerBench.make();
  });
  afterEach(() => bench.end());

  /** Kills a server around a write and returns the status that the next server finds on disk. */
  async function crash(when: string, write: number): Promise<TaskObservation['status'] | undefined> {
    await runUntilKilled(CRASHING_SERVER, bench.dataDir, bench.run, when, String(write));
    return (await containerRecords(bench.dataDir).open())[0]?.status;
  }

  it('leaves a running container, which the next server adopts unchanged', async () => {
    await crash('before', 9);
    const before = await bench.container();
    expect(before.State.Running).toBe(true);
    const tasks = await bench.open();
    const taskId = await startTask(tasks, await bench.input(), 't');
    const { status, endpoint } = await describeTask(tasks, taskId);
    expect(status).toBe('running');
    expect(await (await fetch(`${endpoint}/`)).text()).toBe('here');
    const after = await bench.container();
    expect([after.Id, after.State.StartedAt]).toEqual([before.Id, before.State.StartedAt]);
    // The new server watches the container and observes its exit.
    await docker.getContainer(after.Id).kill({ signal: 'SIGTERM' });
    expect((await waitForStatus(tasks, taskId, 'stopped')).stop?.code).toBe('exited');
  });

  it('is followed by a server that finds the exit code of a container that exited in between', async () => {
    await crash('before', 9);
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

  it('is followed by a server that stops the task when its container was deleted in between', async () => {
    await crash('before', 9);
    await docker.getContainer((await bench.container()).Id).remove({ force: true });
    const tasks = await bench.open();
    const taskId = await startTask(tasks, await bench.input(), 't');
    expect((await waitForStatus(tasks, taskId, 'stopped')).stop?.code).toBe('stopped_externally');
    expect(await bench.containers()).toEqual([]);
  });

  // All writes of a task, from the accepted record (1) to the stopped record (10).
  for (let write = 1; write <= 10; write += 1) {
    for (const when of ['before', 'after']) {
      it(`is followed by a server that continues the task with at most one container, when killed ${when} write ${write}`, async () => {
        const left = await crash(when, write);
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
