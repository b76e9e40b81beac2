import {
  DeregisterContainerInstanceCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  type RunTaskCommandInput,
  StopTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import type { WorldOptions } from '../world.ts';
import { WORLD_OPTIONS, WorldFixture } from '../world-fixture.ts';

const MINUTE = 60;

function request(change: Partial<RunTaskCommandInput> = {}): RunTaskCommandInput {
  return {
    taskDefinition: 'plain',
    clientToken: 'token-1',
    group: 'workbench/wb1',
    capacityProviderStrategy: [{ capacityProvider: 'small' }],
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
    overrides: {
      containerOverrides: [
        {
          name: 'workbench',
          environment: [
            { name: 'WB_RUN_ID', value: 'run1' },
            { name: 'WB_RUN_ATTEMPT', value: '1' },
          ],
        },
      ],
    },
    ...change,
  };
}

/** A cluster whose one task definition mounts a volume. */
async function createCluster(options: Partial<WorldOptions> = {}) {
  const subject = new WorldFixture(options);
  const volume = await subject.volumes().ensure('wb1');
  if (volume.kind !== 'ready') throw new Error('no volume');
  const { fileSystemId, accessPointId } = volume.mount;
  const client = subject.world.clients();
  await client.send(
    new RegisterTaskDefinitionCommand({
      family: 'plain',
      cpu: '1024',
      memory: '2048',
      containerDefinitions: [{ name: 'workbench', image: 'image' }],
      volumes: [
        { name: 'files', efsVolumeConfiguration: { fileSystemId, authorizationConfig: { accessPointId } } },
      ],
    }),
  );
  const run = async (change: Partial<RunTaskCommandInput> = {}) => {
    const { tasks = [] } = await client.send(new RunTaskCommand(request(change)));
    return tasks[0]?.taskArn ?? '';
  };
  const described = async (taskArn: string): Promise<Task | undefined> =>
    (await client.send(new DescribeTasksCommand({ tasks: [taskArn] }))).tasks?.[0];
  const running = async () => {
    const taskArn = await run();
    await subject.advance(10 * MINUTE);
    expect(await described(taskArn)).toMatchObject({ lastStatus: 'RUNNING', connectivity: 'CONNECTED' });
    return taskArn;
  };
  const stop = (task: string) => client.send(new StopTaskCommand({ task, reason: 'enough' }));
  const instanceOf = async (taskArn: string) => {
    const arn = (await described(taskArn))?.containerInstanceArn ?? '';
    const instance = subject.world.ecs.agents.instances.get(arn);
    if (instance === undefined) throw new Error('not placed');
    return instance;
  };
  return { subject, world: subject.world, client, run, described, running, stop, instanceOf };
}

describe('RunTask of the simulated world', () => {
  it('answers the same task for the same token, and says which it is when the parameters differ', async () => {
    const { run, client } = await createCluster();
    const taskArn = await run();
    expect(await run()).toBe(taskArn);
    const other = client.send(new RunTaskCommand(request({ group: 'workbench/wb2' })));
    await expect(other).rejects.toMatchObject({ name: 'ConflictException', resourceIds: [taskArn] });
  });

  it.each([
    ['as it was', 1, 'PROVISIONING'],
    ['as it is', 0, 'RUNNING'],
  ])(
    'may answer a token that comes again with the task %s',
    async (_, replayReturnsFirstResponse, lastStatus) => {
      const { client, running } = await createCluster({ hazards: { replayReturnsFirstResponse } });
      await running();
      const again = await client.send(new RunTaskCommand(request()));
      expect(again.tasks).toMatchObject([{ lastStatus }]);
    },
  );

  it('forgets a token an hour after its task has stopped, and the task with it', async () => {
    const { subject, run, running, stop, described } = await createCluster();
    const taskArn = await running();
    await stop(taskArn);
    await subject.advance(59 * MINUTE);
    expect(await run()).toBe(taskArn);
    expect(await described(taskArn)).toMatchObject({ lastStatus: 'STOPPED', stopCode: 'UserInitiated' });
    await subject.advance(2 * MINUTE);
    expect(await described(taskArn)).toBeUndefined();
    expect(await run()).not.toBe(taskArn);
  });

  it('scales out from zero by two machines, which takes minutes', async () => {
    const { subject, world, run, described } = await createCluster();
    const taskArn = await run();
    await subject.advance(30);
    expect(await described(taskArn)).toMatchObject({ lastStatus: 'PROVISIONING' });
    expect(world.ec2Instances.all.size).toBe(2);
    await subject.advance(2 * MINUTE);
    expect(await described(taskArn)).toMatchObject({ lastStatus: 'RUNNING' });
    expect([...world.containers]).toMatchObject([{ taskArn, workbenchId: 'wb1', runId: 'run1', attempt: 1 }]);
  });

  it('gives up a task that no machine can be had for', async () => {
    const { subject, run, described } = await createCluster({ hazards: { noCapacity: 1 } });
    const taskArn = await run();
    await subject.advance(31 * MINUTE);
    expect(await described(taskArn)).toMatchObject({ lastStatus: 'STOPPED', stopCode: 'TaskFailedToStart' });
  });

  it('takes 500 tasks that wait for capacity, and no more', async () => {
    const { subject, client } = await createCluster({ hazards: { noCapacity: 1 } });
    for (let n = 0; n < 500; n += 1) {
      if (n % 40 === 0) await subject.advance(1);
      await client.send(new RunTaskCommand(request({ clientToken: `token-${n}` })));
    }
    await subject.advance(1);
    const more = client.send(new RunTaskCommand(request({ clientToken: 'one more' })));
    await expect(more).rejects.toMatchObject({ name: 'InvalidParameterException' });
    const toomany = client.send(new RunTaskCommand(request({ clientToken: 'one-more' })));
    await expect(toomany).rejects.toMatchObject({ name: 'ClientException' });
  });

  it('answers no task and a reason when no machine fits the constraint', async () => {
    const { client } = await createCluster();
    const { capacityProviderStrategy: _provider, ...rest } = request();
    const placementConstraints = [{ type: 'memberOf' as const, expression: 'attribute:workbench == wb1' }];
    const answer = await client.send(
      new RunTaskCommand({ ...rest, launchType: 'EC2', placementConstraints }),
    );
    expect(answer).toEqual({ tasks: [], failures: [{ reason: 'ATTRIBUTE' }] });
  });

  it('throttles RunTask and StopTask together: 100 at once, then 40 a second', async () => {
    const { subject, run, stop } = await createCluster();
    const taskArn = await run();
    for (let n = 0; n < 99; n += 1) await stop(taskArn);
    await expect(run()).rejects.toMatchObject({ name: 'ThrottlingException' });
    await subject.advance(1);
    for (let n = 0; n < 40; n += 1) await stop(taskArn);
    await expect(stop(taskArn)).rejects.toMatchObject({ name: 'ThrottlingException' });
  });

  it('takes 20 registrations at once, and then one a second', async () => {
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

describe('a task of the simulated world', () => {
  it('lists by desired status: one that is stopping is no longer among the running', async () => {
    const { client, running, stop } = await createCluster();
    const taskArn = await running();
    const listed = async (desiredStatus?: 'STOPPED') =>
      (await client.send(new ListTasksCommand({ ...(desiredStatus ? { desiredStatus } : {}) }))).taskArns;
    expect(await listed()).toEqual([taskArn]);
    await stop(taskArn);
    expect(await listed()).toEqual([]);
    expect(await listed('STOPPED')).toEqual([taskArn]);
  });

  it('keeps its status while its agent is silent, and stops only when it is back', async () => {
    const { subject, world, running, stop, described, instanceOf } = await createCluster();
    const taskArn = await running();
    const instance = await instanceOf(taskArn);
    world.ecs.agents.disconnect(instance);
    await stop(taskArn);
    await subject.advance(20 * MINUTE);
    expect(await described(taskArn)).toMatchObject({
      lastStatus: 'RUNNING',
      desiredStatus: 'STOPPED',
      connectivity: 'DISCONNECTED',
    });
    expect(world.containers.size).toBe(1);
    world.ecs.agents.connect(instance);
    await subject.advance(1 * MINUTE);
    expect(await described(taskArn)).toMatchObject({ lastStatus: 'STOPPED' });
    expect(world.containers.size).toBe(0);
  });

  it('may have a container that outlives its STOPPED by no more than 4 s', async () => {
    const { subject, world, running, stop } = await createCluster({ hazards: { containerOutlivesStop: 1 } });
    await stop(await running());
    const shown = () =>
      subject.events.some(
        ({ detail }) => detail.lastStatus === 'STOPPED' && detail.stopCode === 'UserInitiated',
      );
    for (let n = 0; n < 60 && !shown(); n += 1) await subject.advance(1);
    expect(shown()).toBe(true);
    expect(world.containers.size).toBe(1);
    await subject.advance(4);
    expect(world.containers.size).toBe(0);
  });

  it('stays RUNNING for ever when its machine breaks, although nothing runs', async () => {
    const { subject, world, running, described, instanceOf } = await createCluster();
    const taskArn = await running();
    const { ec2Instance: machine } = await instanceOf(taskArn);
    world.ec2Instances.failHardware(machine);
    await subject.advance(40 * MINUTE);
    expect(world.containers.size).toBe(0);
    expect(machine.state).toBe('terminated');
    expect(await described(taskArn)).toMatchObject({ lastStatus: 'RUNNING', connectivity: 'DISCONNECTED' });
    expect(world.staleRegistrations).toMatchObject([{ machine }]);
  });

  it('is told to have lost its machine when that is terminated while its agent speaks', async () => {
    const { subject, world, running, described, instanceOf } = await createCluster();
    const taskArn = await running();
    const { ec2Instance: machine } = await instanceOf(taskArn);
    world.ec2Instances.terminate(machine);
    await subject.advance(3 * MINUTE);
    expect(await described(taskArn)).toMatchObject({
      lastStatus: 'STOPPED',
      stoppedReason: `Host EC2 (instance ${machine.instanceId}) terminated.`,
    });
    expect(world.staleRegistrations).toEqual([]);
  });

  it('shows STOPPED by a forced deregistration while its container lives on', async () => {
    const { world, running, described, client, instanceOf } = await createCluster();
    const taskArn = await running();
    const containerInstance = (await instanceOf(taskArn)).arn;
    await client.send(new DeregisterContainerInstanceCommand({ containerInstance, force: true }));
    expect(await described(taskArn)).toMatchObject({ lastStatus: 'STOPPED' });
    expect(world.containers.size).toBe(1);
  });

  it.each([
    [{ imagePullFails: 1 }, { stopCode: 'TaskFailedToStart' }, /^CannotPullContainerError/],
    [{ mountFails: 1 }, { stopCode: 'TaskFailedToStart' }, /^CannotCreateVolumeError/],
    [{ outOfMemory: 1 }, { stopCode: 'EssentialContainerExited' }, /^OutOfMemoryError/],
  ])('ends as ECS tells it with %j', async (hazards, end, reason) => {
    const { subject, run, described } = await createCluster({ hazards });
    const taskArn = await run();
    await subject.advance(30 * MINUTE);
    const task = await described(taskArn);
    expect(task).toMatchObject({ lastStatus: 'STOPPED', ...end });
    expect(task?.containers?.[0]?.reason).toMatch(reason);
  });

  it('stays PENDING with a container that never gets healthy', async () => {
    const { subject, world, run, described } = await createCluster({ hazards: { neverHealthy: 1 } });
    const taskArn = await run();
    await subject.advance(30 * MINUTE);
    expect(await described(taskArn)).toMatchObject({ lastStatus: 'PENDING' });
    expect(world.containers.size).toBe(1);
  });

  it('cannot be described just after it was made, where answers lag', async () => {
    const { subject, run, described } = await createCluster({ hazards: { describeIsStale: 1 } });
    const taskArn = await run();
    expect(await described(taskArn)).toBeUndefined();
    await subject.advance(10);
    expect(await described(taskArn)).toBeDefined();
  });
});

describe('the machines of a capacity provider in the simulated world', () => {
  it('go after a quarter of an hour without a task, and never with one', async () => {
    const { subject, world, running } = await createCluster();
    await running();
    await subject.advance(40 * MINUTE);
    expect(world.ec2Instances.listBilled()).toHaveLength(1);
  });

  it('are silent now and then, some for long, until the world is calm', async () => {
    const { subject, world, run } = await createCluster({
      hazards: { agentFlaps: 1, agentSilentForLong: 1 },
    });
    await run();
    await subject.advance(5 * MINUTE);
    const { instances } = world.ecs.agents;
    const silent = () => [...instances.values()].filter(({ agentConnected }) => !agentConnected).length;
    expect(silent()).toBeGreaterThan(0);
    world.disableHazards();
    expect(silent()).toBe(0);
    await subject.advance(10 * MINUTE);
    expect(silent()).toBe(0);
  });

  it('start with as many as there are to be', async () => {
    const [small] = WORLD_OPTIONS.providers;
    if (small === undefined) throw new Error('no provider');
    const { subject, world } = await createCluster({ providers: [{ ...small, initial: 3 }] });
    await subject.advance(2 * MINUTE);
    expect(world.ecs.agents.instances.size).toBe(3);
  });
});
