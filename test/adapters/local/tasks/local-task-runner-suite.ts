import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitRealStep } from '#test/contracts/eventually.ts';
import { describeTaskRunnerContract } from '#test/contracts/task-runner.ts';
import { describeTask, startTask, type TaskBench, waitForStatus } from './task-bench.ts';

/** A program that serves HTTP and ignores SIGTERM. */
const IGNORES_SIGTERM = `process.on('SIGTERM', () => {}); require('http').createServer((q, s) => s.end('here')).listen(process.env.PORT);`;

/** The contract of TaskRunner, and the behaviour that both runtimes of local mode share beyond it. */
export function describeLocalTaskRunner(name: string, makeBench: () => Promise<TaskBench>): void {
  describeTaskRunnerContract(name, async () => {
    const bench = await makeBench();
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

  describe(`${name} as a runtime of local mode`, () => {
    let bench: TaskBench;
    beforeEach(async () => {
      bench = await makeBench();
    });
    afterEach(() => bench.end());

    it('runs at most `max` tasks at the same time and starts the others in order', async () => {
      const tasks = await bench.open({ max: 1 });
      const ids: string[] = [];
      for (const token of ['a', 'b', 'c']) ids.push(await startTask(tasks, await bench.input(), token));
      const [first = '', second = '', third = ''] = ids;
      await waitForStatus(tasks, first, 'running');
      expect(await describeTask(tasks, second)).toMatchObject({
        status: 'provisioning',
        detail: 'waiting for a slot (1 in total), 0 before it',
      });
      expect((await describeTask(tasks, third)).detail).toBe('waiting for a slot (1 in total), 1 before it');
      await tasks.stop(first, 'enough');
      await waitForStatus(tasks, second, 'running');
      expect((await describeTask(tasks, third)).status).toBe('provisioning');
      await tasks.stop(third, 'not needed');
      expect((await waitForStatus(tasks, third, 'stopped')).stop?.code).toBe('requested');
      await tasks.stop(second, 'enough');
      await waitForStatus(tasks, second, 'stopped');
    });

    it('starts the waiting tasks of several users in turn, and says how many are before each', async () => {
      const tasks = await bench.open({ max: 1 });
      const start = async (userId: string, token: string) =>
        startTask(tasks, await bench.input({ userId }), token);
      const running = await start('ada', 'a1');
      await waitForStatus(tasks, running, 'running');
      const waiting = [await start('ada', 'a2'), await start('ada', 'a3'), await start('bob', 'b1')];
      const details = async () =>
        Promise.all(waiting.map(async (id) => (await describeTask(tasks, id)).detail?.replace(/.*, /, '')));
      expect(await details()).toEqual(['0 before it', '2 before it', '1 before it']);
      const [second = '', third = '', ofBob = ''] = waiting;
      // A task that is stopped while it waits gives its turn to the next task of its user.
      await tasks.stop(second, 'not needed');
      await waitForStatus(tasks, second, 'stopped');
      await tasks.stop(running, 'enough');
      await waitForStatus(tasks, third, 'running');
      expect(await describeTask(tasks, ofBob)).toMatchObject({
        detail: expect.stringContaining(', 0 before'),
      });
      await tasks.stop(third, 'enough');
      await waitForStatus(tasks, ofBob, 'running');
    });

    it('kills a task during its grace period when its instance is terminated', async () => {
      const tasks = await bench.openWithScript(IGNORES_SIGTERM, { graceMs: 300_000 });
      const taskId = await startTask(tasks, await bench.input(), 't');
      await waitForStatus(tasks, taskId, 'running');
      await tasks.stop(taskId, 'enough');
      await tasks.terminateInstance(taskId, true);
      expect((await waitForStatus(tasks, taskId, 'stopped')).stop?.message).toBe('enough');
    });

    it('never starts a task that was stopped before its start', async () => {
      const tasks = await bench.open();
      const early = await startTask(tasks, await bench.input(), 'a');
      await tasks.stop(early, 'at once');
      await waitForStatus(tasks, await startTask(tasks, await bench.input(), 'b'), 'running');
      await waitForStatus(tasks, early, 'stopped');
      const statuses = bench.observed.filter((task) => task.taskId === early).map((task) => task.status);
      expect(statuses).not.toContain('running');
      expect(statuses.indexOf('stopped')).toBe(statuses.length - 1);
    });

    it('stops running and waiting tasks when it is closed, and accepts no more', async () => {
      const tasks = await bench.open({ max: 2 });
      const ids: string[] = [];
      for (const token of ['a', 'b', 'c']) ids.push(await startTask(tasks, await bench.input(), token));
      await waitForStatus(tasks, ids[0] ?? '', 'running');
      await tasks.close();
      for (const id of ids) {
        expect(await describeTask(tasks, id)).toMatchObject({
          status: 'stopped',
          stop: { code: 'instance_lost', message: 'The local server ended, and the workbench with it.' },
        });
      }
      await expect(tasks.run(await bench.input(), 'late')).rejects.toMatchObject({ kind: 'throttled' });
    });
  });
}
