import { RunTaskCommand } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { runTaskInput } from '#adapters/aws/ecs/run-task-input.ts';
import { TaskDefinitions } from '#adapters/aws/ecs/task-definitions.ts';
import { DEPLOYED } from '#contract/deployed-functions.ts';
import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';
import type { Provisioning } from '#core/workbench/workbench.ts';
import { acceptedRun, idAt, provisioning, T0 } from '#test/builders/workbench.ts';
import { Invocations } from './invocation.ts';
import { Controller } from './schedule/controller.ts';
import { EventSourceMappingModel } from './schedule/event-source-mapping.ts';
import { MixedFleet } from './schedule/mixed-fleet.ts';
import { Tape } from './tape.ts';
import { TASK_SETTINGS, taskInput, WORLD_OPTIONS, WorldFixture } from './world/world-fixture.ts';

const WORKBENCHES = 300;
const MINUTE_MS = 60_000;
const POLLS_PER_MINUTE = 60_000 / DEFAULT_POLICY.pollIntervalMs;

/** Milliseconds. */
const STORE_CALL_MS = { min: 5, max: 20 };
const AWS_CALL_MS = { min: 50, max: 150 };

/** The polls of workbenches that wait for an instance that is never launched, per minute. */
interface PollCounts {
  /** Without batching, each is a call of DescribeTasks. */
  readonly polls: number;
  readonly calls: number;
}

/** Counts the polls of 300 workbenches. The first poll of each is due within the first `spreadS` seconds. */
async function countPolls(spreadS: number): Promise<PollCounts> {
  const count = { polls: 0, calls: 0 };
  const subject = new WorldFixture({
    providers: WORLD_OPTIONS.providers.map((provider) => ({ ...provider, max: 0 })),
    queue: { onMessageVisible: () => work.receiveBatches() },
  });
  const { kernel, world } = subject;
  const tape = new Tape([1]);
  const failures: unknown[] = [];
  const controller = new Controller({
    kernel,
    tape,
    world,
    invocations: new Invocations({
      kernel,
      tape,
      faultRate: 0,
      callMs: (call) => {
        const { min, max } = call.includes('.') || call === 'SendMessage' ? STORE_CALL_MS : AWS_CALL_MS;
        return tape.jitter(min, max);
      },
      onCall: (_, call) => {
        if (call === 'DescribeTasks') count.calls += 1;
      },
    }),
    fleet: new MixedFleet({
      kernel,
      tape,
      rollout: undefined,
      onViolation: (violation) => failures.push(violation),
    }),
    onFreeCapacity: () => {},
    wrapStore: (inner) => inner,
    onError: (message) => failures.push(message),
  });
  controller.disableHazards();
  const work = new EventSourceMappingModel(
    world.sqs,
    (batch) => {
      count.polls += batch.length;
      return controller.drive(batch);
    },
    DEPLOYED.drive.startedBy,
  );

  for (const [n, record] of (await startTasks(subject)).entries()) {
    await controller.stores.workbenches.create(record);
    kernel.after((n * spreadS * 1000) / WORKBENCHES, () => void subject.queue().send(record, 0));
  }
  await subject.advance(30);
  Object.assign(count, { polls: 0, calls: 0 });
  await subject.advance(60);
  expect(failures).toEqual([]);
  return count;
}

/** Starts a task for each workbench, and returns their records, which are due. */
async function startTasks(subject: WorldFixture): Promise<readonly Provisioning[]> {
  const { kernel, world } = subject;
  const input = await taskInput(subject);
  const definition = await new TaskDefinitions(world.clients(), TASK_SETTINGS).ensure(input);
  const records: Provisioning[] = [];
  for (let n = 0; n < WORKBENCHES; n += 1) {
    // Stays below the rate of RunTask.
    if (n % 40 === 39) await subject.advance(1);
    const workbenchId = idAt(T0, n);
    const request = runTaskInput(
      TASK_SETTINGS,
      { ...input, workbenchId },
      `${workbenchId}/run1/1`,
      definition,
    );
    if (request === undefined) throw new Error('the RunTask request is too long');
    const { tasks: [task] = [] } = await world.clients().send(new RunTaskCommand(request));
    const taskId = task?.taskArn?.split('/').at(-1) ?? '';
    const run = acceptedRun({ runId: 'run1', taskId, taskVersion: task?.version ?? 0 });
    records.push(provisioning({ userId: 'alice', workbenchId, run }));
  }
  const now = kernel.now();
  return records.map((record) => ({
    ...record,
    ...{ createdAt: now, updatedAt: now, startedAt: now, deadlineAt: now + 60 * MINUTE_MS, nextDriveAt: now },
  }));
}

describe('300 workbenches that wait for an instance', () => {
  it.each([
    { due: 'at the same time', spreadS: 0, pollsPerCall: 4 },
    { due: 'within three seconds', spreadS: 3, pollsPerCall: 2 },
  ])('are polled every 15 s, at least $pollsPerCall with one call if they are due $due', async (row) => {
    const { polls, calls } = await countPolls(row.spreadS);
    expect(polls).toBe(WORKBENCHES * POLLS_PER_MINUTE);
    expect(calls).toBeLessThan(polls / row.pollsPerCall);
    // The least that is possible.
    expect(calls).toBeGreaterThanOrEqual(polls / DEPLOYED.drive.startedBy.batchSize);
  });
});
