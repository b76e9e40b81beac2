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
} from '@aws-sdk/client-efs';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
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

describe('EC2 of the simulated world', () => {
  it('launches once for a token, and refuses it with other parameters', async () => {
    const { launch } = createWorld();
    const instanceId = await launch();
    expect(await launch()).toBe(instanceId);
    await expect(launch('token', 'subnet-2')).rejects.toMatchObject({ name: 'IdempotentParameterMismatch' });
    expect(await launch('another')).not.toBe(instanceId);
  });

  it('has an agent that comes back under its old registration after a stop and start', async () => {
    const { subject, world, client, launch } = createWorld();
    const InstanceIds = [await launch()];
    await subject.advance(2 * MINUTE);
    const [registered] = world.ecs.agents.instances.values();
    expect(registered).toMatchObject({ agentConnected: true });
    await client.send(new StopInstancesCommand({ InstanceIds }));
    await subject.advance(5 * MINUTE);
    expect(registered).toMatchObject({ agentConnected: false, status: 'ACTIVE' });
    await client.send(new StartInstancesCommand({ InstanceIds }));
    await subject.advance(2 * MINUTE);
    expect(registered).toMatchObject({ agentConnected: true });
    expect(world.ecs.agents.instances.size).toBe(1);
  });

  it.each([
    ['stays registered when it is terminated while stopped', true, 1],
    ['is deregistered when it is terminated while running', false, 0],
  ])('has a machine that %s', async (_, stopFirst, left) => {
    const { subject, world, client, launch } = createWorld();
    const InstanceIds = [await launch()];
    await subject.advance(2 * MINUTE);
    if (stopFirst) await client.send(new StopInstancesCommand({ InstanceIds }));
    await subject.advance(3 * MINUTE);
    await client.send(new TerminateInstancesCommand({ InstanceIds }));
    await subject.advance(3 * MINUTE);
    expect(world.staleRegistrations).toHaveLength(left);
    expect(world.liveHosts).toEqual([]);
  });

  it('has no machine to be had, sometimes, and does not show a new one at once', async () => {
    const none = createWorld({ hazards: { noCapacity: 1 } });
    await expect(none.launch()).rejects.toMatchObject({ name: 'InsufficientInstanceCapacity' });
    const { client, launch, subject } = createWorld({ hazards: { describeIsStale: 1 } });
    const InstanceIds = [await launch()];
    const look = () => client.send(new DescribeInstancesCommand({ InstanceIds }));
    await expect(look()).rejects.toMatchObject({ name: 'InvalidInstanceID.NotFound' });
    await subject.advance(10);
    expect(await look()).toMatchObject({ Reservations: [{ Instances: [{ InstanceId: InstanceIds[0] }] }] });
  });

  it('throttles launches: 5 at once, then 2 a second', async () => {
    const { subject, launch } = createWorld();
    for (let n = 0; n < 5; n += 1) await launch(`token-${n}`);
    await expect(launch('one-more')).rejects.toMatchObject({ name: 'RequestLimitExceeded' });
    await subject.advance(1);
    await launch('one-more');
  });
});

describe('EFS of the simulated world', () => {
  const creation: CreateAccessPointCommandInput = {
    FileSystemId: 'fs-1',
    ClientToken: 'wb1',
    PosixUser: { Uid: 1000, Gid: 1000 },
    RootDirectory: {
      Path: '/workbenches/wb1',
      CreationInfo: { OwnerUid: 1000, OwnerGid: 1000, Permissions: '0700' },
    },
  };

  it('makes an access point once for a token, and says so by an error where it does', async () => {
    for (const accessPointTokenConflicts of [0, 1]) {
      const { world } = new WorldFixture({ hazards: { accessPointTokenConflicts } });
      const client = world.clients();
      const { AccessPointId } = await client.send(new CreateAccessPointCommand(creation));
      const again = client.send(new CreateAccessPointCommand(creation));
      if (accessPointTokenConflicts === 0) expect(await again).toMatchObject({ AccessPointId });
      else await expect(again).rejects.toMatchObject({ name: 'AccessPointAlreadyExists', AccessPointId });
    }
  });

  it('has no directory before the first mount, and keeps it without its access point', async () => {
    const { world } = new WorldFixture();
    const client = world.clients();
    const { AccessPointId = '' } = await client.send(new CreateAccessPointCommand(creation));
    expect(world.directories.size).toBe(0);
    world.mount('fs-1', AccessPointId);
    await client.send(new DeleteAccessPointCommand({ AccessPointId }));
    expect([...world.directories.keys()]).toEqual(['fs-1:/workbenches/wb1']);
    expect(world.mount('fs-1', AccessPointId)).toBeUndefined();
  });

  it('shows a removal under a living container, and what that could not write', async () => {
    const subject = new WorldFixture();
    const { world } = subject;
    const input = await taskInput(subject);
    await subject.tasks().run(input, 'a/run/1');
    await subject.advance(5 * MINUTE);
    const [container] = world.containers;
    expect([...(container?.directory.files.values() ?? [])]).toEqual([input.workbenchId]);
    while (!(await subject.volumes().deleteSlice(input.workbenchId)).done);
    expect(world.truth.removals).toMatchObject([{ root: true, mountedBy: [container] }]);
    await subject.advance(11 * MINUTE);
    expect(world.truth.lostWrites).toEqual([container]);
  });
});

describe('SQS of the simulated world', () => {
  const send = (subject: WorldFixture) =>
    subject.world.clients().send(new SendMessageCommand({ QueueUrl: 'q', MessageBody: 'hello' }));

  it('shows a message again until it is deleted, and puts it aside after so many receives', async () => {
    const subject = new WorldFixture({ queue: { visibilityTimeoutSeconds: 10, maxReceiveCount: 3 } });
    const { sqs } = subject.world;
    await send(subject);
    for (const receives of [1, 2, 3]) {
      expect(sqs.receive()).toMatchObject([{ body: 'hello', receives }]);
      expect(sqs.receive()).toEqual([]);
      await subject.advance(10);
    }
    expect(sqs.receive()).toEqual([]);
    expect(sqs.deadLetters).toMatchObject([{ body: 'hello' }]);
    expect(sqs.size).toBe(0);
  });

  it('repeats messages, sometimes', async () => {
    const subject = new WorldFixture({ hazards: { messageDuplicated: 1 } });
    const { sqs } = subject.world;
    await send(subject);
    expect(sqs.receive()).toHaveLength(1);
    expect(sqs.receive()).toHaveLength(1);
  });
});

describe('the simulated world', () => {
  /** Some hours in which tasks and machines come and go. */
  async function hours(tape: readonly number[]) {
    const subject = new WorldFixture({}, tape);
    const { world } = subject;
    const tasks = subject.tasks();
    const hosts = subject.hosts();
    for (let n = 0; n < 12; n += 1) {
      const workbenchId = `wb${n}`;
      const input = await taskInput(subject, { workbenchId }).catch(() => undefined);
      if (input === undefined) continue;
      const outcome = await tasks.run(input, `${workbenchId}/run/1`);
      const request = { userId: 'alice', workbenchId, instanceType: 'm5.large' };
      if (n % 4 === 0) await hosts.launch(request, `${workbenchId}/host/1`).catch(() => {});
      await subject.advance(12 * MINUTE);
      if (n % 2 === 0 && outcome.kind === 'accepted') await tasks.stop(outcome.task.taskId, 'enough');
    }
    world.disableHazards();
    await subject.advance(45 * MINUTE);
    return { subject, world, tasks };
  }

  /** A tape of numbers that look random, the same for the same seed. */
  function tapeOf(seed: number): number[] {
    let state = seed;
    return Array.from({ length: 2000 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state ^ (state >>> 15)) >>> 0;
    });
  }

  it('goes the same way with the same tape, to the last event', async () => {
    for (const seed of [1, 2, 3]) {
      const first = await hours(tapeOf(seed));
      const second = await hours(tapeOf(seed));
      expect(second.subject.events).toEqual(first.subject.events);
      expect(first.subject.events.length).toBeGreaterThan(50);
    }
  });

  it('raises the version of a task with each event about it', async () => {
    const { subject } = await hours(tapeOf(7));
    const versions = new Map<unknown, number>();
    for (const { 'detail-type': type, detail } of subject.events) {
      if (type !== 'ECS Task State Change') continue;
      const version = Number(detail.version);
      expect(version).toBeGreaterThan(versions.get(detail.taskArn) ?? 0);
      versions.set(detail.taskArn, version);
    }
  });

  it('keeps containers where their machines are, whatever happens, and stops what is to stop once it is calm', async () => {
    for (let seed = 10; seed < 30; seed += 1) {
      const { world } = await hours(tapeOf(seed));
      for (const container of world.containers) {
        const machine = world.ec2Instances.all.get(container.instanceId);
        expect(machine).toMatchObject({ powered: true, state: 'running' });
        expect(machine?.containers.has(container)).toBe(true);
        expect(container.directory.mountedBy.has(container)).toBe(true);
      }
      for (const { free, tasks, ec2Instance: machine } of world.ecs.agents.instances.values()) {
        const taken = [...tasks].reduce((sum, { size }) => sum + size.memoryMib, 0);
        expect(free.memoryMib + taken).toBe(machine.spec.size.memoryMib);
        expect(free.memoryMib).toBeGreaterThanOrEqual(0);
      }
      for (const { desiredStatus: desired, lastStatus, instance } of world.ecs.tasks.values()) {
        const proven = instance !== undefined && !instance.ec2Instance.powered;
        if (desired === 'STOPPED' && !proven) expect(lastStatus).toBe('STOPPED');
      }
    }
  });
});
