import { afterEach, beforeEach, describe, expect } from 'vitest';
import { isMissing, type TaskInput, type TaskObservation, type TaskRunner } from '#core/ports/task-runner.ts';
import { eventually } from './eventually.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

export interface TaskRunnerSubject {
  readonly tasks: TaskRunner;
  /** An input that this runner can really run: its task answers HTTP and ends when asked to. */
  input(change?: Partial<TaskInput>): Promise<TaskInput>;
  /** Everything the runner reported by itself, in order; absent when it reports nothing. */
  readonly observed?: readonly TaskObservation[];
  /** Lets a little time pass. */
  pass(): Promise<void>;
  /** Ends this runner and opens another one on the same state; absent when it keeps nothing. */
  reopen?(): Promise<TaskRunner>;
  /** Ends everything and cleans up. */
  end(): Promise<void>;
}

const ORDER = ['provisioning', 'pending', 'running', 'stopping', 'stopped'];

/** What every TaskRunner does. */
export function describeTaskRunnerContract(
  name: string,
  makeSubject: () => Promise<TaskRunnerSubject>,
  exceptions?: SkippedTests,
): void {
  describe(`${name} keeps the contract of TaskRunner`, () => {
    const it = itUnlessSkipped(exceptions);
    let subject: TaskRunnerSubject;
    let tasks: TaskRunner;
    beforeEach(async () => {
      subject = await makeSubject();
      tasks = subject.tasks;
    });
    afterEach(() => subject.end());

    async function accepted(input: TaskInput, token: string): Promise<TaskObservation> {
      const outcome = await tasks.run(input, token);
      if (outcome.kind !== 'accepted') throw new Error(`refused: ${outcome.message}`);
      return outcome.task;
    }
    async function known(taskId: string): Promise<TaskObservation | undefined> {
      const [answer] = await tasks.describe([taskId]);
      return answer === undefined || isMissing(answer) ? undefined : answer;
    }
    function reaches(taskId: string, status: TaskObservation['status']): Promise<TaskObservation> {
      return eventually(subject.pass, `task ${taskId} ${status}`, async () => {
        const task = await known(taskId);
        if (status !== 'stopped' && task?.status === 'stopped') {
          throw new Error(`it stopped: ${task.stop?.message}`);
        }
        return task?.status === status && task;
      });
    }
    async function listed(): Promise<string[]> {
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

    it('runs a task, says whose it is, and answers with its address once it is running', async () => {
      const input = await subject.input();
      const first = await accepted(input, 'a/run/1');
      const { userId, workbenchId, runId, attempt } = input;
      expect(first).toMatchObject({ userId, workbenchId, runId, attempt });
      const running = await reaches(first.taskId, 'running');
      expect(running.createdAt).toBe(first.createdAt);
      expect(running.endpoint).toMatch(/^http:\/\/[^/]+:\d+/);
      expect(running.version).toBeGreaterThan(first.version);
      expect(await listed()).toContain(first.taskId);
    });

    it('starts one task for one token, asked one after another and at the same time', async () => {
      const input = await subject.input();
      const answers = await Promise.all([1, 2, 3].map(() => accepted(input, 'a/run/1')));
      const again = await accepted(input, 'a/run/1');
      expect(new Set([...answers, again].map((task) => task.taskId)).size).toBe(1);
      expect(await listed()).toEqual([again.taskId]);
    });

    it('answers a token that was used with its first task even when the input differs', async () => {
      const input = await subject.input();
      const first = await accepted(input, 'a/run/1');
      const second = await accepted({ ...input, name: 'another', memoryMib: input.memoryMib + 1 }, 'a/run/1');
      expect(second.taskId).toBe(first.taskId);
    });

    it('starts another task for another token', async () => {
      const first = await accepted(await subject.input(), 'a/run/1');
      const second = await accepted(await subject.input(), 'b/run/1');
      expect(second.taskId).not.toBe(first.taskId);
      expect((await listed()).sort()).toEqual([first.taskId, second.taskId].sort());
    });

    it('answers the stopped task to a token after the stop, and starts nothing', async () => {
      const input = await subject.input();
      const { taskId } = await accepted(input, 'a/run/1');
      await reaches(taskId, 'running');
      await tasks.stop(taskId, 'as the test wants');
      await reaches(taskId, 'stopped');
      expect(await accepted(input, 'a/run/1')).toMatchObject({ taskId, status: 'stopped' });
      expect(await listed()).toEqual([]);
    });

    it('stops a running task, says that this was asked for, and no longer lists it', async () => {
      const { taskId } = await accepted(await subject.input(), 'a/run/1');
      await reaches(taskId, 'running');
      await tasks.stop(taskId, 'as the test wants');
      const stopped = await reaches(taskId, 'stopped');
      expect(stopped.stop?.code).toBe('requested');
      expect(await listed()).toEqual([]);
    });

    it('stops a task that is not running yet', async () => {
      const { taskId } = await accepted(await subject.input(), 'a/run/1');
      await tasks.stop(taskId, 'as the test wants');
      expect((await reaches(taskId, 'stopped')).stop?.code).toBe('requested');
    });

    it('takes a stop twice, of a stopped task and of an unknown one, without complaint', async () => {
      const { taskId } = await accepted(await subject.input(), 'a/run/1');
      await reaches(taskId, 'running');
      await Promise.all([tasks.stop(taskId, 'once'), tasks.stop(taskId, 'twice')]);
      const stopped = await reaches(taskId, 'stopped');
      await tasks.stop(taskId, 'again');
      expect(await known(taskId)).toEqual(stopped);
      await tasks.stop('unknown', 'nothing there');
    });

    it('ends a task by the last means, running or stopping, and takes it for stopped and unknown ones too', async () => {
      const { taskId } = await accepted(await subject.input(), 'a/run/1');
      await reaches(taskId, 'running');
      await tasks.stop(taskId, 'as the test wants');
      await tasks.terminateInstance(taskId, true);
      await eventually(subject.pass, 'nothing of it runs', async () => {
        const task = await known(taskId);
        return task === undefined || task.status === 'stopped' || task.instance === 'gone';
      });
      await tasks.terminateInstance(taskId, true);
      await tasks.terminateInstance('unknown', true);
    });

    it('describes in the order asked, the unknown as missing, and no more than 100', async () => {
      const { taskId } = await accepted(await subject.input(), 'a/run/1');
      const answers = await tasks.describe(['unknown', taskId, 'unknown too', taskId]);
      expect(answers.map((answer) => [answer.taskId, isMissing(answer)])).toEqual([
        ['unknown', true],
        [taskId, false],
        ['unknown too', true],
        [taskId, false],
      ]);
      expect(await tasks.describe([])).toEqual([]);
      await expect(tasks.describe(Array.from({ length: 101 }, () => taskId))).rejects.toThrow();
    });

    it('raises the version with each change and never goes back in its life', async () => {
      const { taskId } = await accepted(await subject.input(), 'a/run/1');
      await reaches(taskId, 'running');
      await tasks.stop(taskId, 'as the test wants');
      await reaches(taskId, 'stopped');
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

    it('knows its tasks and tokens after it was closed and opened again', async (context) => {
      if (subject.reopen === undefined) return context.skip();
      const input = await subject.input();
      const before = await accepted(input, 'a/run/1');
      const running = await reaches(before.taskId, 'running');
      tasks = await subject.reopen();
      const after = await accepted(input, 'a/run/1');
      expect(after.taskId).toBe(before.taskId);
      if (after.status === 'stopped') expect(after.stop?.code).toBe('instance_lost');
      if (after.status !== 'running') expect(after.version).toBeGreaterThan(running.version);
    });
  });
}
