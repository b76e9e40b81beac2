import {
  DeregisterContainerInstanceCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
} from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { WORLD_OPTIONS } from '../world-fixture.ts';
import { createCluster, request } from './cluster-fixture.ts';

const MINUTE = 60;

describe('RunTask of the simulated ECS', () => {
  it('returns the same task for the same token, and names the task when the parameters differ', async () => {
    const { run, client } = await createCluster();
    const taskArn = await run();
    expect(await run()).toBe(taskArn);
    const other = client.send(new RunTaskCommand(request({ group: 'workbench/wb2' })));
    await expect(other).rejects.toMatchObject({ name: 'ConflictException', resourceIds: [taskArn] });
  });

  it.each([
    ['its first state', 1, 'PROVISIONING'],
    ['its current state', 0, 'RUNNING'],
  ])('returns the task of a repeated token in %s', async (_, replayReturnsFirstResponse, lastStatus) => {
    const { client, startRunningTask } = await createCluster({ hazards: { replayReturnsFirstResponse } });
    await startRunningTask();
    const again = await client.send(new RunTaskCommand(request()));
    expect(again.tasks).toMatchObject([{ lastStatus }]);
  });

  it('forgets a token and its task one hour after the task has stopped', async () => {
    const { subject, run, startRunningTask, stop, describeTask } = await createCluster();
    const taskArn = await startRunningTask();
    await stop(taskArn);
    await subject.advance(59 * MINUTE);
    expect(await run()).toBe(taskArn);
    expect(await describeTask(taskArn)).toMatchObject({ lastStatus: 'STOPPED', stopCode: 'UserInitiated' });
    await subject.advance(2 * MINUTE);
    expect(await describeTask(taskArn)).toBeUndefined();
    expect(await run()).not.toBe(taskArn);
  });

  it('scales out from zero by two instances within minutes', async () => {
    const { subject, world, run, describeTask } = await createCluster();
    const taskArn = await run();
    await subject.advance(30);
    expect(await describeTask(taskArn)).toMatchObject({ lastStatus: 'PROVISIONING' });
    expect(world.ec2Instances.all.size).toBe(2);
    await subject.advance(2 * MINUTE);
    expect(await describeTask(taskArn)).toMatchObject({ lastStatus: 'RUNNING' });
    expect([...world.containers]).toMatchObject([{ taskArn, workbenchId: 'wb1', runId: 'run1', attempt: 1 }]);
  });

  it('stops a task that waits for capacity for half an hour', async () => {
    const { subject, run, describeTask } = await createCluster({ hazards: { noCapacity: 1 } });
    const taskArn = await run();
    await subject.advance(31 * MINUTE);
    expect(await describeTask(taskArn)).toMatchObject({
      lastStatus: 'STOPPED',
      stopCode: 'TaskFailedToStart',
    });
  });

  it('accepts at most 500 tasks that wait for capacity', async () => {
    const { subject, client } = await createCluster({ hazards: { noCapacity: 1 } });
    for (let n = 0; n < 500; n += 1) {
      if (n % 40 === 0) await subject.advance(1);
      await client.send(new RunTaskCommand(request({ clientToken: `token-${n}` })));
    }
    await subject.advance(1);
    const invalidToken = client.send(new RunTaskCommand(request({ clientToken: 'one more' })));
    await expect(invalidToken).rejects.toMatchObject({ name: 'InvalidParameterException' });
    const overLimit = client.send(new RunTaskCommand(request({ clientToken: 'one-more' })));
    await expect(overLimit).rejects.toMatchObject({ name: 'ClientException' });
  });

  it('returns a failure when no container instance matches the constraint', async () => {
    const { client } = await createCluster();
    const { capacityProviderStrategy: _provider, ...rest } = request();
    const placementConstraints = [{ type: 'memberOf' as const, expression: 'attribute:workbench == wb1' }];
    const response = await client.send(
      new RunTaskCommand({ ...rest, launchType: 'EC2', placementConstraints }),
    );
    expect(response).toEqual({ tasks: [], failures: [{ reason: 'ATTRIBUTE' }] });
  });

  it('throttles RunTask and StopTask together: 100 at once, then 40 per second', async () => {
    const { subject, run, stop } = await createCluster();
    const taskArn = await run();
    for (let n = 0; n < 99; n += 1) await stop(taskArn);
    await expect(run()).rejects.toMatchObject({ name: 'ThrottlingException' });
    await subject.advance(1);
    for (let n = 0; n < 40; n += 1) await stop(taskArn);
    await expect(stop(taskArn)).rejects.toMatchObject({ name: 'ThrottlingException' });
  });

  it('throttles registrations of task definitions: 20 at once, then one per second', async () => {
    const { subject, client } = await createCluster();
    const register = () =>
      client.send(new RegisterTaskDefinitionCommand({ family: 'more', containerDefinitions: [] }));
    for (let n = 0; n < 19; n += 1) await register();
    await expect(register()).rejects.toMatchObject({ name: 'ThrottlingException' });
    await subject.advance(1);
    await register();
    await expect(register()).rejects.toMatchObject({ name: 'ThrottlingException' });
  });
});

describe('a task of the simulated ECS', () => {
  it('is listed under STOPPED as soon as it has been asked to stop', async () => {
    const { client, startRunningTask, stop } = await createCluster();
    const taskArn = await startRunningTask();
    const listed = async (desiredStatus?: 'STOPPED') =>
      (await client.send(new ListTasksCommand({ ...(desiredStatus ? { desiredStatus } : {}) }))).taskArns;
    expect(await listed()).toEqual([taskArn]);
    await stop(taskArn);
    expect(await listed()).toEqual([]);
    expect(await listed('STOPPED')).toEqual([taskArn]);
  });

  it('keeps its status while its agent is disconnected, and stops after it has reconnected', async () => {
    const { subject, world, startRunningTask, stop, describeTask, findContainerInstance } =
      await createCluster();
    const taskArn = await startRunningTask();
    const instance = await findContainerInstance(taskArn);
    world.ecs.agents.disconnect(instance);
    await stop(taskArn);
    await subject.advance(20 * MINUTE);
    expect(await describeTask(taskArn)).toMatchObject({
      lastStatus: 'RUNNING',
      desiredStatus: 'STOPPED',
      connectivity: 'DISCONNECTED',
    });
    expect(world.containers.size).toBe(1);
    world.ecs.agents.connect(instance);
    await subject.advance(1 * MINUTE);
    expect(await describeTask(taskArn)).toMatchObject({ lastStatus: 'STOPPED' });
    expect(world.containers.size).toBe(0);
  });

  it('may have a container that runs for up to 4 s after STOPPED', async () => {
    const { subject, world, startRunningTask, stop } = await createCluster({
      hazards: { containerOutlivesStop: 1 },
    });
    await stop(await startRunningTask());
    const isStopped = () =>
      subject.events.some(
        ({ detail }) => detail.lastStatus === 'STOPPED' && detail.stopCode === 'UserInitiated',
      );
    for (let n = 0; n < 60 && !isStopped(); n += 1) await subject.advance(1);
    expect(isStopped()).toBe(true);
    expect(world.containers.size).toBe(1);
    await subject.advance(4);
    expect(world.containers.size).toBe(0);
  });

  it('stays RUNNING indefinitely when the hardware of its instance fails, although its container has ended', async () => {
    const { subject, world, startRunningTask, describeTask, findContainerInstance } = await createCluster();
    const taskArn = await startRunningTask();
    const { ec2Instance } = await findContainerInstance(taskArn);
    world.ec2Instances.failHardware(ec2Instance);
    await subject.advance(40 * MINUTE);
    expect(world.containers.size).toBe(0);
    expect(ec2Instance.state).toBe('terminated');
    expect(await describeTask(taskArn)).toMatchObject({
      lastStatus: 'RUNNING',
      connectivity: 'DISCONNECTED',
    });
    expect(world.staleRegistrations).toMatchObject([{ ec2Instance }]);
  });

  it('is STOPPED when its instance is terminated while the agent is connected', async () => {
    const { subject, world, startRunningTask, describeTask, findContainerInstance } = await createCluster();
    const taskArn = await startRunningTask();
    const { ec2Instance } = await findContainerInstance(taskArn);
    world.ec2Instances.terminate(ec2Instance);
    await subject.advance(3 * MINUTE);
    expect(await describeTask(taskArn)).toMatchObject({
      lastStatus: 'STOPPED',
      stoppedReason: `Host EC2 (instance ${ec2Instance.instanceId}) terminated.`,
    });
    expect(world.staleRegistrations).toEqual([]);
  });

  it('is STOPPED by a forced deregistration while its container runs on', async () => {
    const { world, startRunningTask, describeTask, client, findContainerInstance } = await createCluster();
    const taskArn = await startRunningTask();
    const containerInstance = (await findContainerInstance(taskArn)).arn;
    await client.send(new DeregisterContainerInstanceCommand({ containerInstance, force: true }));
    expect(await describeTask(taskArn)).toMatchObject({ lastStatus: 'STOPPED' });
    expect(world.containers.size).toBe(1);
  });

  it.each([
    [{ imagePullFails: 1 }, { stopCode: 'TaskFailedToStart' }, /^CannotPullContainerError/],
    [
      { mountFails: 1 },
      { stopCode: 'TaskFailedToStart' },
      /^CannotStartContainerError.*access denied by server/,
    ],
    [{ outOfMemory: 1 }, { stopCode: 'EssentialContainerExited' }, /^OutOfMemoryError/],
  ])('stops with the code and reason of ECS with %j', async (hazards, end, reason) => {
    const { subject, run, describeTask } = await createCluster({ hazards });
    const taskArn = await run();
    await subject.advance(30 * MINUTE);
    const task = await describeTask(taskArn);
    expect(task).toMatchObject({ lastStatus: 'STOPPED', ...end });
    expect(task?.containers?.[0]?.reason).toMatch(reason);
  });

  it('stays PENDING while its container is not healthy', async () => {
    const { subject, world, run, describeTask } = await createCluster({ hazards: { neverHealthy: 1 } });
    const taskArn = await run();
    await subject.advance(30 * MINUTE);
    expect(await describeTask(taskArn)).toMatchObject({ lastStatus: 'PENDING' });
    expect(world.containers.size).toBe(1);
  });

  it('cannot be described at first when Describe is stale', async () => {
    const { subject, run, describeTask } = await createCluster({ hazards: { describeIsStale: 1 } });
    const taskArn = await run();
    expect(await describeTask(taskArn)).toBeUndefined();
    await subject.advance(10);
    expect(await describeTask(taskArn)).toBeDefined();
  });
});

describe('the instances of a capacity provider', () => {
  it('are terminated after 15 minutes without a task, and never with one', async () => {
    const { subject, world, startRunningTask } = await createCluster();
    await startRunningTask();
    await subject.advance(40 * MINUTE);
    expect(world.ec2Instances.listBilled()).toHaveLength(1);
  });

  it('have agents that disconnect, until the hazards are disabled', async () => {
    const { subject, world, run } = await createCluster({
      hazards: { agentFlaps: 1, agentDisconnectedForLong: 1 },
    });
    await run();
    await subject.advance(5 * MINUTE);
    const { containerInstances } = world.ecs.agents;
    const countDisconnected = () =>
      [...containerInstances.values()].filter(({ agentConnected }) => !agentConnected).length;
    expect(countDisconnected()).toBeGreaterThan(0);
    world.disableHazards();
    expect(countDisconnected()).toBe(0);
    await subject.advance(10 * MINUTE);
    expect(countDisconnected()).toBe(0);
  });

  it('start with the initial number', async () => {
    const [small] = WORLD_OPTIONS.providers;
    if (small === undefined) throw new Error('no provider');
    const { subject, world } = await createCluster({ providers: [{ ...small, initial: 3 }] });
    await subject.advance(2 * MINUTE);
    expect(world.ecs.agents.containerInstances.size).toBe(3);
  });
});
