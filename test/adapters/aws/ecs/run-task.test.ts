import type { RunTaskCommandInput } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { awsError } from '#test/simulation/world/aws-error.ts';
import { taskInput } from '#test/simulation/world/world-fixture.ts';
import { acceptedTaskId, MINUTE, recordingRunner, TOKEN } from './recording-runner.ts';

describe('the RunTask request', () => {
  async function runWith(change: Parameters<typeof taskInput>[1] = {}) {
    const { tasks, subject, inputs } = recordingRunner();
    const outcome = await tasks.run(await taskInput(subject, change), TOKEN);
    const [request] = inputs<RunTaskCommandInput>('RunTaskCommand');
    return { outcome, request };
  }

  it('has the client token, the identity of the task and its size', async () => {
    const { request } = await runWith({ userId: 'Zoë', cpuUnits: 512, memoryMib: 1500 });
    expect(request).toMatchObject({
      clientToken: TOKEN,
      group: 'workbench/01jf0000000000000000000001',
      startedBy: Buffer.from('Zoë').toString('base64url'),
      capacityProviderStrategy: [{ capacityProvider: 'small', weight: 1 }],
      propagateTags: 'TASK_DEFINITION',
      overrides: { cpu: '512', memory: '1500' },
    });
    expect(request?.launchType).toBeUndefined();
    expect(request?.overrides?.containerOverrides?.[0]?.environment).toEqual([
      { name: 'WORKBENCH_ID', value: '01jf0000000000000000000001' },
      { name: 'WORKBENCH_NAME', value: 'mine' },
      { name: 'BASE_URL', value: 'https://workbenches.example/project/01jf0000000000000000000001' },
      { name: 'WB_RUN_ID', value: 'run1' },
      { name: 'WB_RUN_ATTEMPT', value: '1' },
    ]);
  });

  it('says where the run reports activity, with a token that a repeated request has, too', async () => {
    const activity = async ({ workbenchId, runId }: { workbenchId: string; runId: string }) => ({
      url: `https://api.example/workbenches/${workbenchId}/activity`,
      token: `token-of-${runId}`,
    });
    const { tasks, subject, inputs } = recordingRunner({}, { activity });
    const input = await taskInput(subject);
    await tasks.run(input, TOKEN);
    await tasks.run(input, TOKEN);
    const [first, second] = inputs<RunTaskCommandInput>('RunTaskCommand');
    expect(first?.overrides?.containerOverrides?.[0]?.environment?.slice(-3)).toEqual([
      {
        name: 'WB_ACTIVITY_URL',
        value: 'https://api.example/workbenches/01jf0000000000000000000001/activity',
      },
      { name: 'WB_ACTIVITY_TOKEN', value: 'token-of-run1' },
      { name: 'WB_ACTIVITY_CPU_UNITS', value: String(input.cpuUnits) },
    ]);
    expect(second).toEqual(first);
    // What is registered ahead is shared by all runs.
    expect(JSON.stringify(inputs('RegisterTaskDefinitionCommand'))).not.toContain('WB_ACTIVITY');
  });

  it('requests GPUs as resource requirements', async () => {
    const { request } = await runWith({ gpuCount: 2, placement: { kind: 'provider', provider: 'large' } });
    expect(request?.overrides?.containerOverrides?.[0]?.resourceRequirements).toEqual([
      { type: 'GPU', value: '2' },
    ]);
  });

  it('names the recorded host as the only placement, and is refused if it does not exist', async () => {
    const { outcome, request } = await runWith({ placement: { kind: 'host', instanceId: 'i-1' } });
    expect(request).toMatchObject({
      launchType: 'EC2',
      placementConstraints: [
        { type: 'memberOf', expression: 'attribute:workbench == 01jf0000000000000000000001' },
        { type: 'memberOf', expression: 'ec2InstanceId == i-1' },
      ],
    });
    expect(request?.capacityProviderStrategy).toBeUndefined();
    expect(outcome).toMatchObject({ kind: 'refused', code: 'no_capacity', retryable: true });
  });

  it('can use the whole capacity of a host', async () => {
    const { tasks, subject } = recordingRunner();
    const workbenchId = '01jf0000000000000000000001';
    const host = await subject
      .hosts()
      .launch({ userId: 'alice', workbenchId, instanceType: 'm5.large', generation: 1 }, 'h');
    if (host.kind !== 'accepted') throw new Error('refused');
    await subject.advance(2 * MINUTE);
    const [ready] = await subject.hosts().describe([host.host.instanceId]);
    const placement = { kind: 'host' as const, instanceId: host.host.instanceId };
    const size = { cpuUnits: ready?.cpuUnits ?? 0, memoryMib: ready?.memoryMib ?? 0 };
    const outcome = await tasks.run(await taskInput(subject, { workbenchId, placement, ...size }), TOKEN);
    expect(outcome).toMatchObject({ kind: 'accepted' });
    await subject.advance(2 * MINUTE);
    expect([...subject.world.containers]).toMatchObject([{ instanceId: host.host.instanceId }]);
  });

  it('is not sent if the overrides are too long', async () => {
    const { outcome, request } = await runWith({ name: 'x'.repeat(8000) });
    expect(outcome).toMatchObject({ kind: 'refused', retryable: false });
    expect(request).toBeUndefined();
  });
});

describe('a start with an uncertain outcome', () => {
  it('adopts the task of an earlier call with the same token after the settings have changed', async () => {
    const { newRunner, subject, inputs } = recordingRunner();
    const input = await taskInput(subject);
    const first = await newRunner().run(input, TOKEN);
    const second = await newRunner({ image: 'a newer one' }).run(input, TOKEN);
    expect(inputs('RunTaskCommand')).toHaveLength(2);
    expect(second).toMatchObject({ kind: 'accepted', task: { taskId: acceptedTaskId(first) } });
  });

  it('is unavailable while the task of an earlier call cannot be described yet', async () => {
    const { newRunner, subject } = recordingRunner({ hazards: { describeIsStale: 1 } });
    const input = await taskInput(subject);
    await newRunner().run(input, TOKEN);
    const retry = () => newRunner({ image: 'a newer one' }).run(input, TOKEN);
    await expect(retry()).rejects.toMatchObject({ kind: 'unavailable' });
    await subject.advance(10);
    expect(await retry()).toMatchObject({ kind: 'accepted' });
  });

  it('searches for the task of an earlier call before it counts as refused', async () => {
    const { tasks, subject, respondWith } = recordingRunner();
    const input = await taskInput(subject);
    const first = await tasks.run(input, TOKEN);
    respondWith((name, effect) => {
      if (name === 'RunTaskCommand') throw awsError('InvalidParameterException', 'not now');
      return effect();
    });
    expect(await tasks.run(input, TOKEN)).toMatchObject({
      kind: 'accepted',
      task: { taskId: acceptedTaskId(first) },
    });
    expect(await tasks.run({ ...input, runId: 'run2' }, 'a/run2/1')).toMatchObject({ kind: 'refused' });
  });

  it('finds the task of an earlier call on a later page after an empty one', async () => {
    const { tasks, subject, respondWith, sent } = recordingRunner();
    const input = await taskInput(subject);
    const first = await tasks.run(input, TOKEN);
    respondWith((name, effect) => {
      if (name === 'RunTaskCommand') throw awsError('InvalidParameterException', 'not now');
      if (name !== 'ListTasksCommand') return effect();
      const isSecond = sent.at(-1)?.input.nextToken === 'more';
      return isSecond ? { taskArns: [acceptedTaskId(first)] } : { taskArns: [], nextToken: 'more' };
    });
    expect(await tasks.run(input, TOKEN)).toMatchObject({ task: { taskId: acceptedTaskId(first) } });
  });

  it.each([
    ['AccessDeniedException', true],
    ['ClusterNotFoundException', false],
    ['BlockedException', false],
  ])('is refused after %s; that may pass: %s', async (error, retryable) => {
    const { tasks, subject, respondWith } = recordingRunner();
    respondWith((name, effect) => {
      if (name === 'RunTaskCommand') throw awsError(error, 'no');
      return effect();
    });
    const outcome = await tasks.run(await taskInput(subject), TOKEN);
    expect(outcome).toMatchObject({ kind: 'refused', code: 'start_refused', retryable });
    expect(outcome.kind === 'refused' && outcome.message).toContain(error);
  });

  it('is unavailable if the SDK made more than one attempt, whatever the error of the last one', async () => {
    const { tasks, subject, respondWith } = recordingRunner();
    const input = await taskInput(subject);
    for (const name of ['ThrottlingException', 'InvalidParameterException', 'ClientException']) {
      respondWith((command, effect) => {
        if (command !== 'RunTaskCommand') return effect();
        throw awsError(name, 'the second attempt', { $metadata: { attempts: 2 } });
      });
      await expect(tasks.run(input, TOKEN)).rejects.toMatchObject({ kind: 'unavailable' });
    }
  });

  it('is throttled if too many tasks wait for capacity or registrations are throttled', async () => {
    const { tasks, subject, respondWith } = recordingRunner();
    for (const [refused, error] of [
      ['RegisterTaskDefinitionCommand', 'ThrottlingException'],
      ['RunTaskCommand', 'ClientException'],
    ] as const) {
      respondWith((name, effect) => {
        if (name === refused) throw awsError(error, 'not now');
        return effect();
      });
      const input = await taskInput(subject, { workbenchId: '01jf0000000000000000000002' });
      await expect(tasks.run(input, TOKEN)).rejects.toMatchObject({ kind: 'throttled' });
    }
  });
});
