import type { RunTaskCommandInput } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { awsError } from '#test/simulation/world/aws-error.ts';
import { taskInput } from '#test/simulation/world/world-fixture.ts';
import { acceptedTaskId, MINUTE, recordingRunner, TOKEN } from './recording-runner.ts';

describe('RunTask as the adapter calls it', () => {
  async function called(change: Parameters<typeof taskInput>[1] = {}) {
    const { tasks, subject, inputs } = recordingRunner();
    const outcome = await tasks.run(await taskInput(subject, change), TOKEN);
    const [request] = inputs<RunTaskCommandInput>('RunTaskCommand');
    return { outcome, request };
  }

  it('carries the token, whose task it is, and the size', async () => {
    const { request } = await called({ userId: 'Zoë', cpuUnits: 512, memoryMib: 1500 });
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

  it('asks for GPUs as resource requirements', async () => {
    const { request } = await called({ gpuCount: 2, placement: { kind: 'provider', provider: 'large' } });
    expect(request?.overrides?.containerOverrides?.[0]?.resourceRequirements).toEqual([
      { type: 'GPU', value: '2' },
    ]);
  });

  it('goes to the machine of its own that is on record and to no other, and is refused while there is none', async () => {
    const { outcome, request } = await called({ placement: { kind: 'host', instanceId: 'i-1' } });
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

  it('runs on a machine of its own with all that it has', async () => {
    const { tasks, subject } = recordingRunner();
    const workbenchId = '01jf0000000000000000000001';
    const host = await subject
      .hosts()
      .launch({ userId: 'alice', workbenchId, instanceType: 'm5.large' }, 'h');
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

  it('is never made with overrides that are too long', async () => {
    const { outcome, request } = await called({ name: 'x'.repeat(8000) });
    expect(outcome).toMatchObject({ kind: 'refused', retryable: false });
    expect(request).toBeUndefined();
  });
});

describe('a start of which not all is known', () => {
  it('adopts the task of an earlier call after the settings have changed', async () => {
    const { runner, subject, inputs } = recordingRunner();
    const input = await taskInput(subject);
    const first = await runner().run(input, TOKEN);
    const second = await runner({ image: 'a newer one' }).run(input, TOKEN);
    expect(inputs('RunTaskCommand')).toHaveLength(2);
    expect(second).toMatchObject({ kind: 'accepted', task: { taskId: acceptedTaskId(first) } });
  });

  it('waits when the task of an earlier call cannot be described yet', async () => {
    const { runner, subject } = recordingRunner({ hazards: { describeIsStale: 1 } });
    const input = await taskInput(subject);
    await runner().run(input, TOKEN);
    const again = () => runner({ image: 'a newer one' }).run(input, TOKEN);
    await expect(again()).rejects.toMatchObject({ kind: 'unavailable' });
    await subject.advance(10);
    expect(await again()).toMatchObject({ kind: 'accepted' });
  });

  it('is looked for before a refusal is believed', async () => {
    const { tasks, subject, next, through } = recordingRunner();
    const input = await taskInput(subject);
    const first = await tasks.run(input, TOKEN);
    next((name, effect) => {
      if (name === 'RunTaskCommand') throw awsError('InvalidParameterException', 'not now');
      return effect();
    });
    expect(await tasks.run(input, TOKEN)).toMatchObject({
      kind: 'accepted',
      task: { taskId: acceptedTaskId(first) },
    });
    expect(await tasks.run({ ...input, runId: 'run2' }, 'a/run2/1')).toMatchObject({ kind: 'refused' });
    through();
  });

  it('is found on a later page of the list, though the first is empty', async () => {
    const { tasks, subject, next, sent } = recordingRunner();
    const input = await taskInput(subject);
    const first = await tasks.run(input, TOKEN);
    next((name, effect) => {
      if (name === 'RunTaskCommand') throw awsError('InvalidParameterException', 'not now');
      if (name !== 'ListTasksCommand') return effect();
      const isSecond = sent.at(-1)?.input.nextToken === 'more';
      return isSecond ? { taskArns: [acceptedTaskId(first)] } : { taskArns: [], nextToken: 'more' };
    });
    expect(await tasks.run(input, TOKEN)).toMatchObject({ task: { taskId: acceptedTaskId(first) } });
  });

  it('is unknown when the SDK had to ask more than once, whatever the last answer was', async () => {
    const { tasks, subject, next } = recordingRunner();
    const input = await taskInput(subject);
    for (const name of ['ThrottlingException', 'InvalidParameterException', 'ClientException']) {
      next((called, effect) => {
        if (called !== 'RunTaskCommand') return effect();
        throw awsError(name, 'the second answer', { $metadata: { attempts: 2 } });
      });
      await expect(tasks.run(input, TOKEN)).rejects.toMatchObject({ kind: 'unavailable' });
    }
  });

  it('waits its turn when too many tasks wait for capacity, and when registrations are throttled', async () => {
    const { tasks, subject, next } = recordingRunner();
    for (const [refusing, error] of [
      ['RegisterTaskDefinitionCommand', 'ThrottlingException'],
      ['RunTaskCommand', 'ClientException'],
    ] as const) {
      next((name, effect) => {
        if (name === refusing) throw awsError(error, 'not now');
        return effect();
      });
      const input = await taskInput(subject, { workbenchId: '01jf0000000000000000000002' });
      await expect(tasks.run(input, TOKEN)).rejects.toMatchObject({ kind: 'throttled' });
    }
  });
});
