import {
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListTaskDefinitionsCommand,
} from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createEcsClient } from '#adapters/aws/clients.ts';
import { Ec2Instances } from '#adapters/aws/ec2/instances.ts';
import type { TaskSettings } from '#adapters/aws/ecs/settings.ts';
import { taskDefinitionInput } from '#adapters/aws/ecs/task-definition-input.ts';
import { TaskDefinitions } from '#adapters/aws/ecs/task-definitions.ts';
import { startedByOf } from '#adapters/aws/ecs/task-identity.ts';
import { EcsTaskRunner } from '#adapters/aws/ecs/task-runner.ts';
import { systemClock } from '#adapters/system-clock.ts';
import type { TaskInput } from '#core/ports/task-runner.ts';
import { itUnlessSkipped } from '#test/contracts/skipped-tests.ts';
import { clusterOnMoto, type MotoCluster } from '../cluster-on-moto.ts';
import { connectionTo, uniqueName } from '../connection.ts';
import { exceptionsFor } from '../emulator-deviations.ts';
import { taskInput, taskSettings } from './task-input.ts';

describe('a task on moto', () => {
  let moto: MotoCluster;
  let settings: TaskSettings;
  beforeEach(async () => {
    moto = await clusterOnMoto(inject('emulators').moto);
    settings = taskSettings(moto);
    await moto.launchInstance();
  });
  afterEach(() => moto.end());

  async function run(input: TaskInput) {
    const runner = new EcsTaskRunner(
      moto.ecs,
      settings,
      new Ec2Instances(moto.ec2, moto.installation),
      systemClock,
    );
    const outcome = await runner.run(input, 'a/run/1');
    if (outcome.kind !== 'accepted') throw new Error(outcome.message);
    const { tasks = [] } = await moto.ecs.send(
      new DescribeTasksCommand({ cluster: moto.cluster, tasks: [outcome.task.taskId], include: ['TAGS'] }),
    );
    return { observed: outcome.task, task: tasks[0] };
  }

  it('has its identity, its size and a network interface', async () => {
    const { observed, task } = await run(taskInput());
    expect(task).toMatchObject({
      group: 'workbench/01jf0000000000000000000001',
      startedBy: startedByOf('alice'),
      capacityProviderName: 'small',
      overrides: {
        cpu: '1024',
        memory: '2048',
        containerOverrides: [
          {
            name: 'workbench',
            environment: expect.arrayContaining([
              { name: 'WORKBENCH_NAME', value: 'mine' },
              { name: 'WB_RUN_ID', value: 'run1' },
              { name: 'WB_RUN_ATTEMPT', value: '1' },
            ]),
          },
        ],
      },
      tags: expect.arrayContaining([{ key: 'workbench:run', value: 'run1' }]),
    });
    const details = task?.attachments?.[0]?.details ?? [];
    const address = details.find(({ name }) => name === 'privateIPv4Address')?.value;
    expect(settings.subnets).toContain(details.find(({ name }) => name === 'subnetId')?.value);
    expect(observed).toMatchObject({
      userId: 'alice',
      runId: 'run1',
      status: 'running',
      endpoint: `http://${address}:8080`,
      provider: 'small',
      instance: 'connected',
    });
  });

  it('requests GPUs as a resource requirement of its container', async () => {
    const { task } = await run(taskInput({ gpuCount: 2 }));
    expect(task?.overrides?.containerOverrides?.[0]?.resourceRequirements).toEqual([
      { type: 'GPU', value: '2' },
    ]);
  });

  it('uses the launch type EC2 and no capacity provider on a host', async () => {
    const { observed, task } = await run(taskInput({ placement: { kind: 'host', instanceId: 'i-1' } }));
    expect(task).toMatchObject({ launchType: 'EC2' });
    expect(observed).not.toHaveProperty('provider');
  });
});

for (const [emulator, exceptions] of [
  ['moto', exceptionsFor({ 'keeps its newest revision when old ones are pruned': 'motoDefinitionOrder' })],
  ['ministack', {}],
] as const) {
  describe(`a task definition on ${emulator}`, () => {
    const it = itUnlessSkipped(exceptions);
    const workbenchId = '01jf0000000000000000000001';
    const { mount, memoryMib } = taskInput();
    let ecs: ECSClient;
    let settings: TaskSettings;
    beforeEach(() => {
      ecs = createEcsClient(connectionTo(emulator));
      const names = { cluster: uniqueName('cluster-'), installation: uniqueName('installation-') };
      settings = taskSettings({ ...names, subnets: ['subnet-1'], securityGroups: ['sg-1'] });
    });
    afterEach(() => ecs.destroy());

    async function listActive(): Promise<readonly string[]> {
      const familyPrefix = `${settings.familyPrefix}-${workbenchId}`;
      const { taskDefinitionArns = [] } = await ecs.send(
        new ListTaskDefinitionsCommand({ familyPrefix, status: 'ACTIVE' }),
      );
      return taskDefinitionArns;
    }

    it('is described as it was registered', async () => {
      const arn = await new TaskDefinitions(ecs, settings).ensure({ workbenchId, mount, memoryMib });
      const response = await ecs.send(
        new DescribeTaskDefinitionCommand({ taskDefinition: arn, include: ['TAGS'] }),
      );
      const { tags, ...registered } = taskDefinitionInput(settings, { workbenchId, mount, memoryMib }).input;
      expect(response.taskDefinition).toMatchObject({ ...registered, status: 'ACTIVE' });
      expect(response.tags).toEqual(expect.arrayContaining([...(tags ?? [])]));
    });

    it('is registered once, and again when the image or the mount changes', async () => {
      const first = await new TaskDefinitions(ecs, settings).ensure({ workbenchId, mount, memoryMib });
      expect(await new TaskDefinitions(ecs, settings).ensure({ workbenchId, mount, memoryMib })).toBe(first);
      const changed = { ...settings, image: 'registry.example/workbench:2' };
      const second = await new TaskDefinitions(ecs, changed).ensure({ workbenchId, mount, memoryMib });
      const third = await new TaskDefinitions(ecs, changed).ensure({
        workbenchId,
        mount: { ...mount, accessPointId: 'fsap-87654321' },
        memoryMib,
      });
      expect([...(await listActive())].sort()).toEqual([first, second, third].sort());
    });

    it('keeps its newest revision when old ones are pruned', async () => {
      const newest = await registerImages('one', 'two', 'three');
      const definitions = new TaskDefinitions(ecs, settings);
      expect(await definitions.prune(workbenchId, 'newest', 1)).toEqual({ deleted: 1, more: true });
      expect(await definitions.prune(workbenchId, 'newest', 5)).toEqual({ deleted: 1, more: false });
      expect(await listActive()).toEqual([newest]);
    });

    it('can be registered again after all revisions were pruned', async () => {
      const newest = await registerImages('one', 'two');
      const definitions = new TaskDefinitions(ecs, settings);
      expect(await definitions.prune(workbenchId, 'none', 1)).toEqual({ deleted: 1, more: true });
      expect(await definitions.prune(workbenchId, 'none', 5)).toEqual({ deleted: 1, more: false });
      expect(await listActive()).toEqual([]);
      expect(await registerImages('two')).not.toBe(newest);
    });

    /** Registers a revision for each image and returns the ARN of the last one. */
    async function registerImages(...images: readonly string[]): Promise<string | undefined> {
      let newest: string | undefined;
      for (const image of images) {
        newest = await new TaskDefinitions(ecs, { ...settings, image }).ensure({
          workbenchId,
          mount,
          memoryMib,
        });
      }
      return newest;
    }
  });
}
