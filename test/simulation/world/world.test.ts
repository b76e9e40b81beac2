import {
  DescribeInstancesCommand,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateAccessPointCommand,
  type CreateAccessPointCommandInput,
  DeleteAccessPointCommand,
  DescribeAccessPointsCommand,
} from '@aws-sdk/client-efs';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { DEFAULT_HAZARDS, type Hazards, withoutAwsHazards } from './hazards.ts';
import type { WorldOptions } from './world.ts';
import { taskInput, WorldFixture } from './world-fixture.ts';

const MINUTE = 60;

function createWorld(options: Partial<WorldOptions> = {}) {
  const subject = new WorldFixture(options);
  const client = subject.world.clients();
  const userData = ['ECS_CLUSTER=workbench', 'ECS_INSTANCE_ATTRIBUTES={"workbench":"wb1"}', ''].join('\n');
  const launch = async (ClientToken = 'token', SubnetId = 'subnet-1') => {
    const { Instances = [] } = await client.send(
      new RunInstancesCommand({
        ClientToken,
        SubnetId,
        MinCount: 1,
        MaxCount: 1,
        InstanceType: 'm5.large',
        UserData: Buffer.from(userData).toString('base64'),
      }),
    );
    return Instances[0]?.InstanceId ?? '';
  };
  return { subject, world: subject.world, client, launch };
}

describe('the simulated EC2', () => {
  it('launches once per client token, and rejects the token with other parameters', async () => {
    const { launch } = createWorld();
    const instanceId = await launch();
    expect(await launch()).toBe(instanceId);
    await expect(launch('token', 'subnet-2')).rejects.toMatchObject({ name: 'IdempotentParameterMismatch' });
    expect(await launch('another')).not.toBe(instanceId);
  });

  it('has an agent that reconnects under the same container instance after a stop and start', async () => {
    const { subject, world, client, launch } = createWorld();
    const InstanceIds = [await launch()];
    await subject.advance(2 * MINUTE);
    const [registered] = world.ecs.agents.containerInstances.values();
    expect(registered).toMatchObject({ agentConnected: true });
    await client.send(new StopInstancesCommand({ InstanceIds }));
    await subject.advance(5 * MINUTE);
    expect(registered).toMatchObject({ agentConnected: false, status: 'ACTIVE' });
    await client.send(new StartInstancesCommand({ InstanceIds }));
    await subject.advance(2 * MINUTE);
    expect(registered).toMatchObject({ agentConnected: true });
    expect(world.ecs.agents.containerInstances.size).toBe(1);
  });

  it.each([
    ['keeps the container instance of an instance that is terminated while stopped', true, 1],
    ['deregisters the container instance of an instance that is terminated while running', false, 0],
  ])('%s', async (_, stopFirst, registrations) => {
    const { subject, world, client, launch } = createWorld();
    const InstanceIds = [await launch()];
    await subject.advance(2 * MINUTE);
    if (stopFirst) await client.send(new StopInstancesCommand({ InstanceIds }));
    await subject.advance(3 * MINUTE);
    await client.send(new TerminateInstancesCommand({ InstanceIds }));
    await subject.advance(3 * MINUTE);
    expect(world.staleRegistrations).toHaveLength(registrations);
    expect(world.liveHosts).toEqual([]);
  });

  it('may have no capacity, and may not describe a new instance at once', async () => {
    const none = createWorld({ hazards: { noCapacity: 1 } });
    await expect(none.launch()).rejects.toMatchObject({ name: 'InsufficientInstanceCapacity' });
    const { client, launch, subject } = createWorld({ hazards: { describeIsStale: 1 } });
    const InstanceIds = [await launch()];
    const describeInstance = () => client.send(new DescribeInstancesCommand({ InstanceIds }));
    await expect(describeInstance()).rejects.toMatchObject({ name: 'InvalidInstanceID.NotFound' });
    await subject.advance(10);
    expect(await describeInstance()).toMatchObject({
      Reservations: [{ Instances: [{ InstanceId: InstanceIds[0] }] }],
    });
  });

  it('throttles launches: 5 at once, then 2 per second', async () => {
    const { subject, launch } = createWorld();
    for (let n = 0; n < 5; n += 1) await launch(`token-${n}`);
    await expect(launch('one-more')).rejects.toMatchObject({ name: 'RequestLimitExceeded' });
    await subject.advance(1);
    await launch('one-more');
  });
});

describe('the simulated EFS', () => {
  const creation: CreateAccessPointCommandInput = {
    FileSystemId: 'fs-1',
    ClientToken: 'wb1',
    PosixUser: { Uid: 1000, Gid: 1000 },
    RootDirectory: {
      Path: '/workbenches/wb1',
      CreationInfo: { OwnerUid: 1000, OwnerGid: 1000, Permissions: '0700' },
    },
  };

  it('creates one access point per client token, and may reject the second call', async () => {
    for (const accessPointTokenConflicts of [0, 1]) {
      const { world } = new WorldFixture({ hazards: { accessPointTokenConflicts } });
      const client = world.clients();
      const { AccessPointId } = await client.send(new CreateAccessPointCommand(creation));
      const again = client.send(new CreateAccessPointCommand(creation));
      if (accessPointTokenConflicts === 0) expect(await again).toMatchObject({ AccessPointId });
      else await expect(again).rejects.toMatchObject({ name: 'AccessPointAlreadyExists', AccessPointId });
    }
  });

  it('may throttle the creation, and may not describe a new access point at once', async () => {
    const throttled = new WorldFixture({ hazards: { accessPointThrottled: 1 } });
    const creating = throttled.world.clients().send(new CreateAccessPointCommand(creation));
    await expect(creating).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(throttled.world.efs.accessPoints.size).toBe(0);
    const hidden = new WorldFixture({ hazards: { accessPointHidden: 1 } });
    const client = hidden.world.clients();
    const { AccessPointId = '' } = await client.send(new CreateAccessPointCommand(creation));
    const describeAccessPoint = () => client.send(new DescribeAccessPointsCommand({ AccessPointId }));
    await expect(describeAccessPoint()).rejects.toMatchObject({ name: 'AccessPointNotFound' });
    const list = () => client.send(new DescribeAccessPointsCommand({ FileSystemId: 'fs-1' }));
    expect(await list()).toEqual({ AccessPoints: [] });
    await hidden.advance(1);
    expect(await describeAccessPoint()).toMatchObject({ AccessPoints: [{ LifeCycleState: 'available' }] });
    expect(await list()).toMatchObject({ AccessPoints: [{ AccessPointId }] });
  });

  it('may refuse mounts of an access point that is available', async () => {
    const subject = new WorldFixture({ hazards: { mountRefusedAtFirst: 1 } }, Array(100).fill(29));
    const client = subject.world.clients();
    const { AccessPointId = '', LifeCycleState } = await client.send(new CreateAccessPointCommand(creation));
    expect(LifeCycleState).toBe('available');
    await subject.advance(1);
    expect(subject.world.mount('fs-1', AccessPointId)).toBeUndefined();
    await subject.advance(29);
    expect(subject.world.mount('fs-1', AccessPointId)).toMatchObject({ path: '/workbenches/wb1' });
  });

  it('creates the directory at the first mount, and keeps it when the access point is deleted', async () => {
    const { world } = new WorldFixture();
    const client = world.clients();
    const { AccessPointId = '' } = await client.send(new CreateAccessPointCommand(creation));
    expect(world.directories.size).toBe(0);
    world.mount('fs-1', AccessPointId);
    await client.send(new DeleteAccessPointCommand({ AccessPointId }));
    expect([...world.directories.keys()]).toEqual(['fs-1:/workbenches/wb1']);
    expect(world.mount('fs-1', AccessPointId)).toBeUndefined();
  });

  it('records a deletion under a live container, and the writes that the container loses', async () => {
    const subject = new WorldFixture();
    const { world } = subject;
    const input = await taskInput(subject);
    await subject.tasks().run(input, 'a/run/1');
    await subject.advance(5 * MINUTE);
    const [container] = world.containers;
    expect([...(container?.directory.files.values() ?? [])]).toEqual([input.workbenchId]);
    while (!(await subject.volumes().deleteSlice(input.workbenchId)).done);
    expect(world.truth.removals).toMatchObject([{ directoryRemoved: true, mountedBy: [container] }]);
    await subject.advance(11 * MINUTE);
    expect(world.truth.lostWrites).toEqual([container]);
  });
});

describe('the simulated SQS', () => {
  const send = (subject: WorldFixture) =>
    subject.world.clients().send(new SendMessageCommand({ QueueUrl: 'q', MessageBody: 'hello' }));

  it('redelivers a message until it is deleted, and moves it to the dead-letter queue after too many receives', async () => {
    const subject = new WorldFixture({ queue: { visibilityTimeoutSeconds: 10, maxReceiveCount: 3 } });
    const { sqs } = subject.world;
    await send(subject);
    for (const receiveCount of [1, 2, 3]) {
      expect(sqs.receive()).toMatchObject([{ body: 'hello', receiveCount }]);
      expect(sqs.receive()).toEqual([]);
      await subject.advance(10);
    }
    expect(sqs.receive()).toEqual([]);
    expect(sqs.deadLetters).toMatchObject([{ body: 'hello' }]);
    expect(sqs.size).toBe(0);
  });

  it('may deliver a message twice', async () => {
    const subject = new WorldFixture({ hazards: { messageDuplicated: 1 } });
    const { sqs } = subject.world;
    await send(subject);
    expect(sqs.receive()).toHaveLength(1);
    expect(sqs.receive()).toHaveLength(1);
  });
});

describe('the simulated world', () => {
  /** Runs some hours in which tasks and hosts are started and stopped. */
  async function simulateHours(tape: readonly number[], hazards: Partial<Hazards> = {}) {
    const subject = new WorldFixture({ hazards }, tape);
    const { world } = subject;
    const tasks = subject.tasks();
    const hosts = subject.hosts();
    for (let n = 0; n < 12; n += 1) {
      const workbenchId = `wb${n}`;
      const input = await taskInput(subject, { workbenchId }).catch(() => undefined);
      if (input === undefined) continue;
      const outcome = await tasks.run(input, `${workbenchId}/run/1`).catch(() => undefined);
      const request = { userId: 'alice', workbenchId, instanceType: 'm5.large', generation: 1 };
      if (n % 4 === 0) await hosts.launch(request, `${workbenchId}/host/1`).catch(() => {});
      await subject.advance(12 * MINUTE);
      if (n % 2 === 0 && outcome?.kind === 'accepted') await tasks.stop(outcome.task.taskId, 'enough');
    }
    world.disableHazards();
    await subject.advance(45 * MINUTE);
    return { subject, world, tasks };
  }

  /** A tape of pseudorandom numbers. */
  function tapeOf(seed: number): number[] {
    let state = seed;
    return Array.from({ length: 2000 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state ^ (state >>> 15)) >>> 0;
    });
  }

  it('publishes the same events with the same tape', async () => {
    for (const seed of [1, 2, 3]) {
      const first = await simulateHours(tapeOf(seed));
      const second = await simulateHours(tapeOf(seed));
      expect(second.subject.events).toEqual(first.subject.events);
      expect(first.subject.events.length).toBeGreaterThan(40);
    }
  });

  it('increments the version of a task with each of its events', async () => {
    const { subject } = await simulateHours(tapeOf(7));
    const versions = new Map<unknown, number>();
    for (const { 'detail-type': type, detail } of subject.events) {
      if (type !== 'ECS Task State Change') continue;
      const version = Number(detail.version);
      expect(version).toBeGreaterThan(versions.get(detail.taskArn) ?? 0);
      versions.set(detail.taskArn, version);
    }
  });

  it.each([
    ['by default', DEFAULT_HAZARDS],
    ['without those of AWS', withoutAwsHazards()],
  ])(
    'runs containers only on powered instances, keeps free capacity consistent, and stops every task that is to stop, %s',
    async (_, hazards) => {
      for (let seed = 10; seed < 30; seed += 1) {
        const { world } = await simulateHours(tapeOf(seed), hazards);
        for (const container of world.containers) {
          const instance = world.ec2Instances.all.get(container.instanceId);
          expect(instance).toMatchObject({ powered: true, state: 'running' });
          expect(instance?.containers.has(container)).toBe(true);
          expect(container.directory.mountedBy.has(container)).toBe(true);
        }
        for (const { free, tasks, ec2Instance } of world.ecs.agents.containerInstances.values()) {
          const usedMib = [...tasks].reduce((sum, { size }) => sum + size.memoryMib, 0);
          expect(free.memoryMib + usedMib).toBe(ec2Instance.spec.size.memoryMib);
          expect(free.memoryMib).toBeGreaterThanOrEqual(0);
        }
        for (const { desiredStatus, lastStatus, containerInstance } of world.ecs.tasks.values()) {
          // ECS reports a task as running if its instance lost power while the agent was disconnected.
          const hasLostPower = containerInstance !== undefined && !containerInstance.ec2Instance.powered;
          if (desiredStatus === 'STOPPED' && !hasLostPower) expect(lastStatus).toBe('STOPPED');
        }
      }
    },
  );
});
