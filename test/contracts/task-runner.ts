import { afterEach, beforeEach, describe, expect } from 'vitest';
import { isMissing, type TaskInput, type TaskObservation, type TaskRunner } from '#core/ports/task-runner.ts';
import { eventually } from './eventually.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

export interface TaskRunnerSubject {
  readonly tasks: TaskRunner;
  /** An input that this runner can really run: its task responds to HTTP and ends when it is stopped. */
  input(change?: Partial<TaskInput>): Promise<TaskInput>;
  /** Every observation that the runner reported on its own, in order; absent if it reports none. */
  readonly observed?: readonly TaskObservation[];
  /** Lets a short time pass. */
  pass(): Promise<void>;
  /** Closes this runner and opens another one on the same state; absent if the runner stores nothing. */
  reopen?(): Promise<TaskRunner>;
  /** Ends all tasks and cleans up. */
  end(): Promise<void>;
}

const ORDER = ['provisioning', 'pending', 'running', 'stopping', 'stopped'];

/** The contract of TaskRunner. */
export function describeTaskRunnerContract(
  name: string,
  makeSubject: () => Promise<TaskRunnerSubject>,
  exceptions?: SkippedTests,
): void {
  describe(`${name} fulfils the contract of TaskRunner`, () => {
    const it = itUnlessSkipped(exceptions);
    let subject: TaskRunnerSubject;
    let tasks: TaskRunner;
    beforeEach(async () => {
      subject = await makeSubject();
      tasks = subject.tasks;
    });
    afterEach(() => subject.end());

    async function runTask(input: TaskInput, token: string): Promise<TaskObservation> {
      const outcome = await tasks.run(input, token);
      if (outcome.kind !== 'accepted') throw new Error(`refused: ${outcome.message}`);
      return outcome.task;
    }
    async function describeTask(taskId: string): Promise<TaskObservation | undefined> {
      const [task] = await tasks.describe([taskId]);
      return task === undefined || isMissing(task) ? undefined : task;
    }
    function waitForStatus(taskId: string, status: TaskObservation['status']): Promise<TaskObservation> {
      return eventually(subject.pass, `task ${taskId} ${status}`, async () => {
        const task = await describeTask(taskId);
        if (status !== 'stopped' && task?.status === 'stopped') {
          throw new Error(`it stopped: ${task.stop?.message}`);
        }
        return task?.status === status && task;
      });
    }
    async function listTaskIds(): Promise<string[]> {
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await tasks.list(cursor);
        expect(page.tasks.length).toBeLessThanOrEqual(100);
        ids.push(...page.tasks.map((task) => task.taskId));
        cursor = page.cursor;
      } while (cursor !== undefined);
      return ids;
    }

    it('runs a task, names its workbench, and returns its endpoint once it is running', async () => {
      const input = await subject.input();
      const first = await runTask(input, 'a/run/1');
      const { userId, workbenchId, runId, attempt } = input;
      expect(first).toMatchObject({ userId, workbenchId, runId, attempt });
      const running = await waitForStatus(first.taskId, 'running');
      expect(running.createdAt).toBe(first.createdAt);
      expect(running.endpoint).toMatch(/^http:\/\/[^/]+:\d+/);
      expect(running.version).toBeGreaterThan(first.version);
      expect(await listTaskIds()).toContain(first.taskId);
    });

    it('starts nothing when it prepares a task, and runs it afterwards', async () => {
      const input = await subject.input();
      const { workbenchId, mount, memoryMib } = input;
      await tasks.prepare({ workbenchId, mount, memoryMib });
      await tasks.prepare({ workbenchId, mount, memoryMib });
      expect(await listTaskIds()).toEqual([]);
      const { taskId } = await runTask(input, 'a/run/1');
      expect(await listTaskIds()).toEqual([taskId]);
    });

    it('starts one task for one client token, for sequential and concurrent calls', async () => {
      const input = await subject.input();
      const results = await Promise.all([1, 2, 3].map(() => runTask(input, 'a/run/1')));
      const again = await runTask(input, 'a/run/1');
      expect(new Set([...results, again].map((task) => task.taskId)).size).toBe(1);
      expect(await listTaskIds()).toEqual([again.taskId]);
    });

    it('returns the first task of a used token even if the input differs', async () => {
      const input = await subject.input();
      const first = await runTask(input, 'a/run/1');
      const second = await runTask({ ...input, name: 'another', memoryMib: input.memoryMib + 1 }, 'a/run/1');
      expect(second.taskId).toBe(first.taskId);
    });

    it('starts another task for another token', async () => {
      const first = await runTask(await subject.input(), 'a/run/1');
      const second = await runTask(await subject.input(), 'b/run/1');
      expect(second.taskId).not.toBe(first.taskId);
      expect((await listTaskIds()).sort()).toEqual([first.taskId, second.taskId].sort());
    });

    it('lists the live tasks of one workbench', async () => {
      const input = await subject.input();
      const first = await runTask(input, 'a/run/1');
      const another = await runTask(await subject.input({ workbenchId: 'another' }), 'b/run/1');
      const idsOf = async (workbenchId: string) =>
        (await tasks.listOf(workbenchId)).map(({ taskId }) => taskId);
      expect(await idsOf(input.workbenchId)).toEqual([first.taskId]);
      await tasks.stop(first.taskId, 'requested by the test');
      await waitForStatus(first.taskId, 'stopped');
      expect(await idsOf(input.workbenchId)).toEqual([]);
      expect(await idsOf(another.workbenchId)).toEqual([another.taskId]);
    });

    it('returns the stopped task for its token, and starts nothing', async () => {
      const input = await subject.input();
      const { taskId } = await runTask(input, 'a/run/1');
      await waitForStatus(taskId, 'running');
      await tasks.stop(taskId, 'requested by the test');
      await waitForStatus(taskId, 'stopped');
      expect(await runTask(input, 'a/run/1')).toMatchObject({ taskId, status: 'stopped' });
      expect(await listTaskIds()).toEqual([]);
    });

    it('stops a running task, reports that the stop was requested, and no longer lists the task', async () => {
      const { taskId } = await runTask(await subject.input(), 'a/run/1');
      await waitForStatus(taskId, 'running');
      await tasks.stop(taskId, 'requested by the test');
      const stopped = await waitForStatus(taskId, 'stopped');
      expect(stopped.stop?.code).toBe('requested');
      expect(await listTaskIds()).toEqual([]);
    });

    it('stops a task that is not running yet', async () => {
      const { taskId } = await runTask(await subject.input(), 'a/run/1');
      await tasks.stop(taskId, 'requested by the test');
      expect((await waitForStatus(taskId, 'stopped')).stop?.code).toBe('requested');
    });

    it('accepts a second stop, and a stop of a stopped or unknown task', async () => {
      const { taskId } = await runTask(await subject.input(), 'a/run/1');
      await waitForStatus(taskId, 'running');
      await Promise.all([tasks.stop(taskId, 'once'), tasks.stop(taskId, 'twice')]);
      const stopped = await waitForStatus(taskId, 'stopped');
      await tasks.stop(taskId, 'again');
      expect(await describeTask(taskId)).toEqual(stopped);
      await tasks.stop('unknown', 'nothing there');
    });

    it('ends a running or stopping task with terminateInstance, and accepts stopped and unknown tasks', async () => {
      const { taskId } = await runTask(await subject.input(), 'a/run/1');
      await waitForStatus(taskId, 'running');
      await tasks.stop(taskId, 'requested by the test');
      await tasks.terminateInstance(taskId, true);
      await eventually(subject.pass, 'nothing of it runs', async () => {
        const task = await describeTask(taskId);
        return task === undefined || task.status === 'stopped' || task.instance === 'gone';
      });
      await tasks.terminateInstance(taskId, true);
      await tasks.terminateInstance('unknown', true);
    });

    it('describes tasks in the order of the ids, unknown ones as missing, at most 100', async () => {
      const { taskId } = await runTask(await subject.input(), 'a/run/1');
      const results = await tasks.describe(['unknown', taskId, 'unknown too', taskId]);
      expect(results.map((task) => [task.taskId, isMissing(task)])).toEqual([
        ['unknown', true],
        [taskId, false],
        ['unknown too', true],
        [taskId, false],
      ]);
      expect(await tasks.describe([])).toEqual([]);
      await expect(tasks.describe(Array.from({ length: 101 }, () => taskId))).rejects.toThrow();
    });

    it('increases the version with each change and never decreases it', async () => {
      const { taskId } = await runTask(await subject.input(), 'a/run/1');
      await waitForStatus(taskId, 'running');
      await tasks.stop(taskId, 'requested by the test');
      await waitForStatus(taskId, 'stopped');
      const observed = subject.observed?.filter((task) => task.taskId === taskId);
      if (observed === undefined) return;
      expect(observed.at(-1)?.status).toBe('stopped');
      for (const [index, later] of observed.entries()) {
        const earlier = observed[index - 1];
        if (earlier === undefined) continue;
        expect(later.version).toBeGreaterThan(earlier.version);
        expect(ORDER.indexOf(later.status)).toBeGreaterThanOrEqual(ORDER.indexOf(earlier.status));
      }
    });

    it('returns its tasks and tokens after it was closed and opened again', async (context) => {
      if (subject.reopen === undefined) return context.skip();
      const input = await subject.input();
      const before = await runTask(input, 'a/run/1');
      const running = await waitForStatus(before.taskId, 'running');
      tasks = await subject.reopen();
      const after = await runTask(input, 'a/run/1');
      expect(after.taskId).toBe(before.taskId);
      if (after.status === 'stopped') expect(after.stop?.code).toBe('instance_lost');
      if (after.status !== 'running') expect(after.version).toBeGreaterThan(running.version);
    });
  });
}
