import { describe, expect, it } from 'vitest';
import type { Workbench } from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  ID,
  issuedRun,
  preparingRun,
  RUN_ID,
  running,
  starting,
  stopped,
  stopping,
} from '#test/builders/workbench.ts';
import { NO_HAZARDS } from '../world/hazards.ts';
import type { WorldEvent } from '../world/world.ts';
import { taskInput, WorldFixture } from '../world/world-fixture.ts';
import { UnexpectedTaskChecks } from './unexpected-task-checks.ts';

const OTHER_RUN = 'r000000000000099';

/** The checks over a world with one running task of the run RUN_ID, and the event that has shown it. */
async function createChecks() {
  const subject = new WorldFixture({ hazards: NO_HAZARDS });
  const outcome = await subject
    .tasks()
    .run(await taskInput(subject, { workbenchId: ID, runId: RUN_ID }), 'token');
  if (outcome.kind !== 'accepted') throw new Error(outcome.kind);
  await subject.advance(10 * 60);
  const [task] = subject.world.ecs.tasks.values();
  if (task?.lastStatus !== 'RUNNING') throw new Error('the task does not run');
  const event = (lastStatus: string, desiredStatus = 'RUNNING') =>
    ({
      'detail-type': 'ECS Task State Change',
      detail: { taskArn: task.arn, lastStatus, desiredStatus },
    }) as unknown as WorldEvent;
  const check = (record: Workbench | undefined, handled = event('RUNNING')) =>
    new UnexpectedTaskChecks(subject.world, () => record).checkHandled(handled);
  return { task, taskId: outcome.task.taskId, event, check };
}

const VIOLATION = /does not list the live task .* of another run/;

describe('the record, after the event of a live task,', () => {
  it('lists the task if its run is not the present one', async () => {
    const { taskId, check } = await createChecks();
    for (const record of [
      stopped(),
      running({ run: acceptedRun({ runId: OTHER_RUN }) }),
      running({ run: acceptedRun({ taskId: 'another' }) }),
    ]) {
      expect(() => check(record)).toThrow(VIOLATION);
      check({ ...record, unexpectedTasks: [{ taskId }] });
    }
  });

  it('need not list the task of the present or the last run, nor more than it can', async () => {
    const { taskId, check } = await createChecks();
    check(running({ run: acceptedRun({ taskId }) }));
    check(starting({ run: issuedRun() }));
    check(stopped({ lastTaskId: taskId }));
    check(stopped({ unexpectedTasks: [{ taskId: 'one' }, { taskId: 'two' }] }));
    check(undefined);
  });

  it('need not list a task that ends or has ended', async () => {
    const { task, event, check } = await createChecks();
    check(stopped(), event('STOPPED'));
    check(stopped(), event('RUNNING', 'STOPPED'));
    task.desiredStatus = 'STOPPED';
    check(stopped());
  });
});

describe('a task', () => {
  /** Starts a task of the first attempt of the run while the record is as given. */
  async function start(record: Workbench | undefined) {
    const subject = new WorldFixture({ hazards: NO_HAZARDS });
    const checks = new UnexpectedTaskChecks(subject.world, () => record);
    checks.check();
    await subject
      .tasks()
      .run(await taskInput(subject, { workbenchId: ID, runId: RUN_ID, attempt: 1 }), 'token');
    checks.check();
  }

  it('may start for the attempt of the record, and while the record waits for the calls of a refused attempt', async () => {
    await start(starting({ run: issuedRun() }));
    await start(stopping({ run: { ...preparingRun(), goneAfter: 1 } }));
    await start(starting({ run: preparingRun({ attempt: 2, goneAfter: 1 }) }));
    await start(undefined);
  });

  it('may not start once the record has ended its run or prepares the next attempt', async () => {
    const VIOLATED = /RunTask started .* for attempt 1 of run .* had ended/;
    await expect(start(stopped())).rejects.toThrow(VIOLATED);
    await expect(start(starting({ run: preparingRun({ attempt: 2 }) }))).rejects.toThrow(VIOLATED);
    await expect(start(starting({ run: issuedRun({ runId: OTHER_RUN }) }))).rejects.toThrow(VIOLATED);
  });
});
