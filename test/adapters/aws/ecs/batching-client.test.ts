import {
  DescribeContainerInstancesCommand,
  type DescribeContainerInstancesCommandOutput,
  DescribeTasksCommand,
  type DescribeTasksCommandOutput,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COLLECT_MS, createBatchingEcsClient } from '#adapters/aws/ecs/batching-client.ts';
import { RUN_ATTEMPT_VARIABLE, RUN_ID_VARIABLE } from '#adapters/aws/ecs/task-identity.ts';
import { EcsTaskRunner } from '#adapters/aws/ecs/task-runner.ts';
import { PortNotAvailableHere, unavailableInstances } from '#functions/drive/unavailable-ports.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { TASK_SETTINGS } from '#test/simulation/world/world-fixture.ts';
import { type Responses, recordingClient } from '../golden/recording-client.ts';

const ARN = 'arn:aws:ecs:eu-west-1:123456789012:task/staging/';

function taskId(n: number): string {
  return n.toString(16).padStart(32, '0');
}

function arnOf(n: number): string {
  return `${ARN}${taskId(n)}`;
}

function batchingClient(responses: Responses = {}) {
  const clock = new ManualClock(0);
  const { client, sent, inputsOf } = recordingClient(responses);
  const batching = createBatchingEcsClient(client, clock);
  const read = (ids: readonly string[], cluster = 'staging'): Promise<DescribeTasksCommandOutput> =>
    batching.send(new DescribeTasksCommand({ cluster, tasks: [...ids] }));
  const readInstances = (ids: readonly string[]): Promise<DescribeContainerInstancesCommandOutput> =>
    batching.send(
      new DescribeContainerInstancesCommand({ cluster: 'staging', containerInstances: [...ids] }),
    );
  return { clock, sent, inputsOf, client: batching, read, readInstances };
}

/** ECS knows these tasks, and returns them in an order of its own. */
function knows(...known: readonly number[]): Responses {
  return {
    DescribeTasks: ({ tasks }: { tasks: readonly string[] }) => ({
      tasks: known.map((n) => ({ taskArn: arnOf(n), version: n })),
      failures: tasks
        .map((id) => `${ARN}${id.replace(ARN, '')}`)
        .filter((arn) => !known.some((n) => arnOf(n) === arn))
        .map((arn) => ({ arn, reason: 'MISSING' })),
    }),
  };
}

describe('a batching client', () => {
  it('sends the reads of ten tasks as one call, which names each task once', async () => {
    const { clock, sent, read } = batchingClient();
    const reads = Promise.all(
      [...Array.from({ length: 10 }, (_, n) => [taskId(n)]), [taskId(0)]].map((ids) => read(ids)),
    );
    await clock.advanceAsync(COLLECT_MS);
    await reads;
    const tasks = Array.from({ length: 10 }, (_, n) => taskId(n));
    expect(sent).toEqual([{ name: 'DescribeTasks', input: { cluster: 'staging', tasks } }]);
  });

  it('returns to each caller the tasks and failures whose ids it named', async () => {
    const { clock, read } = batchingClient(knows(3, 1));
    const reads = Promise.all([read([taskId(1)]), read([taskId(2)]), read([arnOf(3), taskId(1)])]);
    await clock.advanceAsync(COLLECT_MS);
    expect(await reads).toEqual([
      { tasks: [{ taskArn: arnOf(1), version: 1 }], failures: [] },
      { tasks: [], failures: [{ arn: arnOf(2), reason: 'MISSING' }] },
      {
        tasks: [
          { taskArn: arnOf(3), version: 3 },
          { taskArn: arnOf(1), version: 1 },
        ],
        failures: [],
      },
    ]);
  });

  it('returns the same as a call for each caller, in any order of requests and responses', async () => {
    const numbers = fc.uniqueArray(fc.nat(20), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(numbers, { minLength: 1, maxLength: 10 }),
        fc.uniqueArray(fc.nat(20)),
        async (requests, known) => {
          const { clock, read } = batchingClient(knows(...known));
          const reads = Promise.all(requests.map((request) => read(request.map(taskId))));
          await clock.advanceAsync(COLLECT_MS);
          for (const [index, { tasks, failures }] of (await reads).entries()) {
            const request = requests[index] ?? [];
            expect(tasks?.map(({ version }) => version)).toEqual(known.filter((n) => request.includes(n)));
            expect(failures?.map(({ arn }) => arn).sort()).toEqual(
              request
                .filter((n) => !known.includes(n))
                .map(arnOf)
                .sort(),
            );
          }
        },
      ),
    );
  });

  it('rejects every read of a call that fails, and none of the next call', async () => {
    let calls = 0;
    const throttled = Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
    const { clock, read } = batchingClient({
      DescribeTasks: () => {
        calls += 1;
        if (calls === 1) throw throttled;
        return { tasks: [{ taskArn: arnOf(1) }] };
      },
    });
    const reads = Promise.allSettled([read([taskId(1)]), read([taskId(2)])]);
    await clock.advanceAsync(COLLECT_MS);
    expect(await reads).toEqual([
      { status: 'rejected', reason: throttled },
      { status: 'rejected', reason: throttled },
    ]);
    const next = read([taskId(1)]);
    await clock.advanceAsync(COLLECT_MS);
    expect(await next).toEqual({ tasks: [{ taskArn: arnOf(1) }], failures: [] });
  });

  it('sends a read in a new call if the last one has been sent, so that the response is newer than the request', async () => {
    const sentAt: number[] = [];
    const { clock, read } = batchingClient({
      DescribeTasks: () => {
        sentAt.push(clock.now());
        return { tasks: [] };
      },
    });
    const first = read([taskId(1)]);
    await clock.advanceAsync(COLLECT_MS);
    const second = read([taskId(1)]);
    await clock.advanceAsync(COLLECT_MS);
    await Promise.all([first, second]);
    expect(sentAt).toEqual([COLLECT_MS, 2 * COLLECT_MS]);
  });

  it('names at most 100 tasks in a call and sends the ids of a read together', async () => {
    const { clock, inputsOf, read } = batchingClient();
    const idsFrom = (first: number) => Array.from({ length: 60 }, (_, n) => taskId(first + n));
    const reads = Promise.all([read(idsFrom(0)), read(idsFrom(60)), read(idsFrom(120).slice(0, 40))]);
    await clock.advanceAsync(COLLECT_MS);
    await reads;
    expect(inputsOf('DescribeTasks').map((input) => (input as { tasks: unknown[] }).tasks.length)).toEqual([
      60, 100,
    ]);
  });

  it('keeps the reads of other clusters and other resources apart, and delays no other call', async () => {
    const INSTANCE = 'arn:aws:ecs:eu-west-1:123456789012:container-instance/staging/c1';
    const { clock, sent, client, read, readInstances } = batchingClient({
      DescribeContainerInstances: { containerInstances: [{ containerInstanceArn: INSTANCE }] },
    });
    const reads = Promise.all([
      read([taskId(1)]),
      read([taskId(2)], 'other'),
      readInstances([INSTANCE]),
      readInstances(['c2']),
    ]);
    await client.send(new StopTaskCommand({ task: taskId(3) }));
    expect(sent.map(({ name }) => name)).toEqual(['StopTask']);
    await clock.advanceAsync(COLLECT_MS);
    const [, , known, unknown] = await reads;
    expect(sent.slice(1)).toEqual([
      { name: 'DescribeTasks', input: { cluster: 'staging', tasks: [taskId(1)] } },
      { name: 'DescribeTasks', input: { cluster: 'other', tasks: [taskId(2)] } },
      {
        name: 'DescribeContainerInstances',
        input: { cluster: 'staging', containerInstances: [INSTANCE, 'c2'] },
      },
    ]);
    expect(known?.containerInstances).toEqual([{ containerInstanceArn: INSTANCE }]);
    expect(unknown?.containerInstances).toEqual([]);
  });
});

describe('the polls of a batch', () => {
  const taskWith = (n: number, connectivity: string) => ({
    ...{ taskArn: arnOf(n), group: `workbench/wb${n}`, startedBy: 'YWRh', version: n, lastStatus: 'RUNNING' },
    ...{ connectivity, containerInstanceArn: `arn/c${n}`, createdAt: new Date(0), desiredStatus: 'RUNNING' },
    overrides: {
      containerOverrides: [
        {
          name: 'workbench',
          environment: [
            { name: RUN_ID_VARIABLE, value: 'run1' },
            { name: RUN_ATTEMPT_VARIABLE, value: '1' },
          ],
        },
      ],
    },
  });

  it('do not fail because the instance of another task can only be read by drive-host', async () => {
    const clock = new ManualClock(0);
    const { client } = recordingClient({
      DescribeTasks: { tasks: [taskWith(1, 'DISCONNECTED'), taskWith(2, 'CONNECTED')] },
      DescribeContainerInstances: {
        containerInstances: [
          { containerInstanceArn: 'arn/c1', agentConnected: false, ec2InstanceId: 'i-1', status: 'ACTIVE' },
        ],
      },
    });
    const tasks = new EcsTaskRunner(
      createBatchingEcsClient(client, clock),
      TASK_SETTINGS,
      unavailableInstances,
      clock,
    );
    const polls = Promise.allSettled([
      tasks.describe([taskId(1)]),
      tasks.describe([taskId(2)]),
      tasks.describe([taskId(3)]),
    ]);
    await clock.advanceAsync(2 * COLLECT_MS);
    expect(await polls).toMatchObject([
      { status: 'rejected', reason: expect.any(PortNotAvailableHere) },
      { status: 'fulfilled', value: [{ taskId: taskId(2), instance: 'connected' }] },
      { status: 'fulfilled', value: [{ taskId: taskId(3), missing: true }] },
    ]);
  });
});
