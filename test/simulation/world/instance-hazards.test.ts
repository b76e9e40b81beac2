import {
  DescribeInstancesCommand,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { type Hazards, NO_HAZARDS } from './hazards.ts';
import { taskInput, WORLD_OPTIONS, WorldFixture } from './world-fixture.ts';

const MINUTE = 60;
const USER_DATA = 'ECS_CLUSTER=workbench\nECS_INSTANCE_ATTRIBUTES={"workbench":"wb1"}\n';

/** A world without hazards but the given ones. */
function createWorld(hazards: Partial<Hazards> = {}, tape: readonly number[] = []) {
  const subject = new WorldFixture({ hazards: { ...NO_HAZARDS, ...hazards } }, tape);
  const { world } = subject;
  const client = world.clients();
  const launch = async (ClientToken = 'token', SubnetId = 'subnet-1') => {
    const { Instances = [] } = await client.send(
      new RunInstancesCommand({
        ClientToken,
        SubnetId,
        MinCount: 1,
        MaxCount: 1,
        InstanceType: 'm5.large',
        UserData: Buffer.from(USER_DATA).toString('base64'),
      }),
    );
    return Instances[0]?.InstanceId ?? '';
  };
  const describeInstance = async (instanceId: string) => {
    const { Reservations } = await client.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }));
    return Reservations?.[0]?.Instances?.[0];
  };
  /** A running task, with the instance on which it runs. */
  const startTask = async () => {
    const outcome = await subject.tasks().run(await taskInput(subject), 'a/run/1');
    if (outcome.kind !== 'accepted') throw new Error(outcome.kind);
    await subject.advance(5 * MINUTE);
    const task = [...world.ecs.tasks.values()].find(({ arn }) => arn.endsWith(outcome.task.taskId));
    if (task?.containerInstance === undefined) throw new Error('the task has not been placed');
    return {
      task,
      containerInstance: task.containerInstance,
      ec2Instance: task.containerInstance.ec2Instance,
    };
  };
  return { subject, world, client, launch, describeInstance, startTask };
}

describe('an instance that EC2 ends', () => {
  it.each([
    ['with the words of ECS', {}, /^Host EC2 \(instance i-\S+\) terminated\.$/, 'TerminationNotice'],
    ['without words', { endsWithoutWords: 1 }, undefined, undefined],
  ])('has stopped tasks while their containers run, %s', async (_, hazards, stoppedReason, stopCode) => {
    const { subject, world, startTask } = createWorld({ endsEarly: 1, ...hazards });
    const { task, ec2Instance } = await startTask();
    world.ec2Instances.terminate(ec2Instance);
    await subject.advance(2);
    expect(task).toMatchObject({ lastStatus: 'STOPPED' });
    expect(task.exitCode).toBeUndefined();
    expect(task.containerReason).toBeUndefined();
    expect(task.stopCode).toBe(stopCode);
    if (stoppedReason === undefined) expect(task.stoppedReason).toBeUndefined();
    else expect(task.stoppedReason).toMatch(stoppedReason);
    expect(ec2Instance.state).toBe('shutting-down');
    expect(world.containers.size).toBe(1);
    await subject.advance(MINUTE);
    expect(world.containers.size).toBe(0);
    expect(task).toMatchObject({ lastStatus: 'STOPPED', containerState: 'ended' });
  });

  it('keeps the words of a stop that was requested before', async () => {
    const { subject, world, startTask } = createWorld({ endsEarly: 1 });
    const { task, ec2Instance } = await startTask();
    world.ecs.lifecycle.requestStop(task, 'enough');
    world.ec2Instances.terminate(ec2Instance);
    await subject.advance(2);
    expect(task).toMatchObject({ lastStatus: 'STOPPED', stopCode: 'UserInitiated', stoppedReason: 'enough' });
  });

  it.each(['stop', 'terminate'] as const)('may be shown as running for seconds after %s', async (end) => {
    const { subject, world, describeInstance, startTask } = createWorld({ endShownLate: 1 });
    const { ec2Instance } = await startTask();
    const shownState = async () => (await describeInstance(ec2Instance.instanceId))?.State?.Name;
    world.ec2Instances[end](ec2Instance);
    const { state } = ec2Instance;
    expect(['stopping', 'shutting-down']).toContain(state);
    expect(await shownState()).toBe('running');
    await subject.advance(1);
    expect(await shownState()).toBe(state);
  });

  it('is shown in its state once the hazards are disabled', async () => {
    const { world, describeInstance, startTask } = createWorld({ endShownLate: 1 });
    const { ec2Instance } = await startTask();
    world.ec2Instances.terminate(ec2Instance);
    world.disableHazards();
    const shown = await describeInstance(ec2Instance.instanceId);
    expect(shown).toMatchObject({ State: { Name: 'shutting-down' } });
  });

  it('has running tasks until it loses power by default', async () => {
    const { subject, world, startTask } = createWorld();
    const { task, ec2Instance } = await startTask();
    world.ec2Instances.terminate(ec2Instance);
    await subject.advance(3);
    expect(task.lastStatus).toBe('RUNNING');
  });
});

describe('the client token of an instance that EC2 ends', () => {
  it.each([0, 1])('returns the instance, or an error if launchTokenEnded is %i', async (launchTokenEnded) => {
    const { subject, client, launch } = createWorld({ launchTokenEnded });
    const instanceId = await launch();
    await client.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    for (const _ of ['shutting-down', 'terminated']) {
      if (launchTokenEnded === 0) expect(await launch()).toBe(instanceId);
      else await expect(launch()).rejects.toMatchObject({ name: 'IdempotentInstanceTerminated' });
      await subject.advance(MINUTE);
    }
  });
});

/** A number of the tape with which a hazard of any probability happens. */
const HAPPENS = 2 ** 32 - 1;

/** A tape on which each draw reads the same number. */
const constantTape = (value: number) => Array<number>(2000).fill(value);

describe('a launch', () => {
  it.each([
    [0, 'Client.VolumeLimitExceeded'],
    [1, 'Client.InvalidKMSKey.InvalidState'],
    [2, 'Server.InternalError'],
    [3, 'Server.InsufficientInstanceCapacity'],
  ])('may end before the instance has booted, with reason %i', async (reason, Code) => {
    const { subject, launch, describeInstance } = createWorld({ launchDies: 1 }, [0, reason]);
    const instanceId = await launch();
    expect(await describeInstance(instanceId)).toMatchObject({ State: { Name: 'pending' } });
    await subject.advance(30);
    expect(await describeInstance(instanceId)).toMatchObject({
      State: { Name: 'terminated' },
      StateReason: { Code, Message: expect.stringContaining(Code) },
    });
    await subject.advance(5 * MINUTE);
    expect(subject.world.ecs.agents.containerInstances.size).toBe(0);
  });

  it.each([
    ['for one launch', 0, 'pending'],
    ['for all launches of the workbench', 1, 'terminated'],
  ])('may fail %s', async (_, lasts, state) => {
    const { subject, launch, describeInstance } = createWorld({ launchDies: 0.5 }, [0, HAPPENS, 1, lasts]);
    await launch('first');
    await subject.advance(5);
    const second = await launch('second');
    await subject.advance(5);
    expect(await describeInstance(second)).toMatchObject({ State: { Name: state } });
    subject.world.disableHazards();
    const third = await launch('third');
    await subject.advance(5 * MINUTE);
    expect(await describeInstance(third)).toMatchObject({ State: { Name: 'running' } });
  });

  it('may find a full subnet, while the other subnet has addresses', async () => {
    const { subject, launch } = createWorld({ subnetFull: 1 });
    const error = { name: 'InsufficientFreeAddressesInSubnet' };
    await expect(launch('first', 'subnet-1')).rejects.toMatchObject(error);
    await launch('first', 'subnet-2');
    await expect(launch('second', 'subnet-1')).rejects.toMatchObject(error);
    subject.world.disableHazards();
    await launch('second', 'subnet-1');
  });

  it.each([
    [0, 'VcpuLimitExceeded'],
    [1, 'VolumeLimitExceeded'],
    [2, 'NetworkInterfaceLimitExceeded'],
    [3, 'PendingVerification'],
  ])('may meet the limit %i of the account, which lasts', async (index, name) => {
    const { subject, launch } = createWorld({ launchLimited: 0.5 }, [HAPPENS, index]);
    await expect(launch()).rejects.toMatchObject({ name });
    await expect(launch()).rejects.toMatchObject({ name });
    await subject.advance(61);
    await launch();
  });

  it('may meet a vCPU limit when a stopped instance starts', async () => {
    const { subject, world, client } = createWorld({ launchLimited: 1 });
    const [spec] = WORLD_OPTIONS.providers;
    if (spec === undefined) throw new Error('no provider');
    const instance = world.ec2Instances.launch({ ...spec, tags: {}, attributes: {}, imageId: 'ami-1' });
    const InstanceIds = [instance.instanceId];
    await subject.advance(2 * MINUTE);
    await client.send(new StopInstancesCommand({ InstanceIds }));
    await subject.advance(2 * MINUTE);
    const start = () => client.send(new StartInstancesCommand({ InstanceIds }));
    await expect(start()).rejects.toMatchObject({ name: 'VcpuLimitExceeded' });
    world.disableHazards();
    await start();
  });
});

describe('an instance of a capacity provider', () => {
  it.each([
    ['leaves its tasks alone', 0, undefined],
    ['has its tasks stopped by ECS', 1, 'SpotInterruption'],
  ])(
    'drains after a Spot warning, %s, and is terminated two minutes later',
    async (_, ecsStops, stopCode) => {
      const { subject, world, startTask } = createWorld({ spotInterrupted: 1 }, constantTape(600 + ecsStops));
      const { task, containerInstance, ec2Instance } = await startTask();
      const isWarned = () =>
        subject.events.some(({ 'detail-type': type }) => type === 'EC2 Spot Instance Interruption Warning');
      for (let n = 0; n < 30 * MINUTE && !isWarned(); n += 1) await subject.advance(1);
      const warning = subject.events.find(({ 'detail-type': type }) => type.startsWith('EC2 Spot'));
      expect(warning?.detail).toEqual({
        'instance-id': ec2Instance.instanceId,
        'instance-action': 'terminate',
      });
      expect(containerInstance).toMatchObject({ status: 'DRAINING', agentConnected: true });
      expect(task.lastStatus).toBe('RUNNING');
      await subject.advance(118);
      expect(ec2Instance.state).toBe('running');
      expect(task.stopCode).toBe(stopCode);
      expect(world.containers.size).toBe(stopCode === undefined ? 1 : 0);
      await subject.advance(2);
      expect(ec2Instance).toMatchObject({
        state: 'shutting-down',
        stateReason: 'Server.SpotInstanceTermination',
      });
    },
  );

  it('may be drained by its group, accepts no task, and is terminated minutes later', async () => {
    const { subject, world, startTask } = createWorld({ drainedByGroup: 1 }, constantTape(600));
    const { task, containerInstance, ec2Instance } = await startTask();
    for (let n = 0; n < 20 * MINUTE && containerInstance.status === 'ACTIVE'; n += 1)
      await subject.advance(1);
    expect(containerInstance).toMatchObject({ status: 'DRAINING', agentConnected: true });
    const other = await subject.tasks().run(await taskInput(subject, { workbenchId: 'other' }), 'b/run/1');
    expect(other).toMatchObject({ kind: 'accepted', task: { status: 'provisioning' } });
    expect(containerInstance.tasks).toEqual(new Set([task]));
    await subject.advance(4 * MINUTE);
    expect(task.lastStatus).toBe('RUNNING');
    world.disableHazards();
    expect(ec2Instance.state).toBe('shutting-down');
  });

  it('may be replaced by its group without notice', async () => {
    const { subject, world } = createWorld({ groupReplaces: 1 }, constantTape(600));
    await subject.tasks().run(await taskInput(subject), 'a/run/1');
    await subject.advance(3 * MINUTE);
    const [first] = world.ec2Instances.all.values();
    const launched = world.ec2Instances.all.size;
    for (let n = 0; n < 20 * MINUTE && first?.state === 'running'; n += 1) await subject.advance(1);
    expect(first).toMatchObject({ state: 'shutting-down' });
    expect(world.ec2Instances.all.size).toBeGreaterThan(launched);
  });

  it('may be part of a refresh, in which all instances drain and others are launched', async () => {
    const { subject, world } = createWorld({ refreshed: 1 });
    await subject.tasks().run(await taskInput(subject), 'a/run/1');
    await subject.advance(299);
    const before = [...world.ecs.agents.containerInstances.values()];
    expect(before.length).toBeGreaterThan(0);
    expect(before.every(({ status }) => status === 'ACTIVE')).toBe(true);
    const { size } = world.ec2Instances.all;
    await subject.advance(2);
    expect(before.every(({ status }) => status === 'DRAINING')).toBe(true);
    expect(world.ec2Instances.all.size).toBe(size + before.length);
  });
});
