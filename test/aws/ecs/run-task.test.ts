import {
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListTaskDefinitionsCommand,
} from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { ecsClient } from '#adapters/aws/clients.ts';
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

  async function ran(input: TaskInput) {
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

  it('carries whose it is and how large, in its own network', async () => {
    const { observed, task } = await ran(taskInput());
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

  it('asks for GPUs as a requirement of its container', async () => {
    const { task } = await ran(taskInput({ gpuCount: 2 }));
    expect(task?.overrides?.containerOverrides?.[0]?.resourceRequirements).toEqual([
      { type: 'GPU', value: '2' },
    ]);
  });

  it('is launched on EC2, by no capacity provider, when it has a machine of its own', async () => {
    const { observed, task } = await ran(taskInput({ placement: { kind: 'host', instanceId: 'i-1' } }));
    expect(task).toMatchObject({ launchType: 'EC2' });
    expect(observed).not.toHaveProperty('provider');
  });
});

for (const [emulator, exceptions] of [
  ['moto', exceptionsFor({ 'is pruned of its old revisions alone': 'motoDefinitionOrder' })],
  ['ministack', {}],
] as const) {
  describe(`a task definition on ${emulator}`, () => {
    const it = itUnlessSkipped(exceptions);
    const workbenchId = '01jf0000000000000000000001';
    const { mount } = taskInput();
    let ecs: ECSClient;
    let settings: TaskSettings;
    beforeEach(() => {
      ecs = ecsClient(connectionTo(emulator));
      const names = { cluster: uniqueName('cluster-'), installation: uniqueName('installation-') };
      settings = taskSettings({ ...names, subnets: ['subnet-1'], securityGroups: ['sg-1'] });
    });
    afterEach(() => ecs.destroy());

    async function active(): Promise<readonly string[]> {
      const familyPrefix = `${settings.familyPrefix}-${workbenchId}`;
      const { taskDefinitionArns = [] } = await ecs.send(
        new ListTaskDefinitionsCommand({ familyPrefix, status: 'ACTIVE' }),
      );
      return taskDefinitionArns;
    }

    it('is kept as it was registered', async () => {
      const arn = await new TaskDefinitions(ecs, settings).ensure(workbenchId, mount);
      const answer = await ecs.send(
        new DescribeTaskDefinitionCommand({ taskDefinition: arn, include: ['TAGS'] }),
      );
      const { tags, ...registered } = taskDefinitionInput(settings, workbenchId, mount).input;
      expect(answer.taskDefinition).toMatchObject({ ...registered, status: 'ACTIVE' });
      expect(answer.tags).toEqual(expect.arrayContaining([...(tags ?? [])]));
    });

    it('is registered once, and again when image or mount change', async () => {
      const first = await new TaskDefinitions(ecs, settings).ensure(workbenchId, mount);
      expect(await new TaskDefinitions(ecs, settings).ensure(workbenchId, mount)).toBe(first);
      const changed = { ...settings, image: 'registry.example/workbench:2' };
      const second = await new TaskDefinitions(ecs, changed).ensure(workbenchId, mount);
      const third = await new TaskDefinitions(ecs, changed).ensure(workbenchId, {
        ...mount,
        accessPointId: 'fsap-87654321',
      });
      expect([...(await active())].sort()).toEqual([first, second, third].sort());
    });

    it('is pruned of its old revisions alone', async () => {
      const newest = await registered('one', 'two', 'three');
      const definitions = new TaskDefinitions(ecs, settings);
      expect(await definitions.prune(workbenchId, 'newest', 1)).toEqual({ deleted: 1, more: true });
      expect(await definitions.prune(workbenchId, 'newest', 5)).toEqual({ deleted: 1, more: false });
      expect(await active()).toEqual([newest]);
    });

    it('is pruned of all, and registered anew after that', async () => {
      const newest = await registered('one', 'two');
      const definitions = new TaskDefinitions(ecs, settings);
      expect(await definitions.prune(workbenchId, 'none', 1)).toEqual({ deleted: 1, more: true });
      expect(await definitions.prune(workbenchId, 'none', 5)).toEqual({ deleted: 1, more: false });
      expect(await active()).toEqual([]);
      expect(await registered('two')).not.toBe(newest);
    });

    /** One revision for each image, and the last one's ARN. */
    async function registered(...images: readonly string[]): Promise<string | undefined> {
      let newest: string | undefined;
      for (const image of images) {
        newest = await new TaskDefinitions(ecs, { ...settings, image }).ensure(workbenchId, mount);
      }
      return newest;
    }
  });
}
