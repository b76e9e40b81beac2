import {
  DescribeTaskDefinitionCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  type RunTaskCommandInput,
} from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { TRUNK_ATTRIBUTE } from '#adapters/aws/ecs/shared-instance-observation.ts';
import { PROVIDER_ATTRIBUTE } from '#contract/tags.ts';
import { type Hazards, NO_HAZARDS } from '../hazards.ts';
import { TASK_REASONS } from '../reasons.ts';
import { REAL_TIMING, TIMING_OF_SETTING, type Timing, WIDE_TIMING } from '../timing.ts';
import { WORLD_OPTIONS, type WorldFixture } from '../world-fixture.ts';
import { createCluster, request } from './cluster-fixture.ts';
import type { StopDetails } from './types.ts';

const MINUTE = 60;

/** A tape on which each number is the same, so that each delay is its minimum + `value`, within its bounds. */
function constantTape(value: number): number[] {
  return Array.from({ length: 1000 }, () => value);
}

/** A cluster in which eight tasks fit one instance. */
async function createDenseCluster(hazards: Partial<Hazards>, tape: readonly number[] = []) {
  const cluster = await createCluster({ hazards }, tape);
  const runMany = async (count: number) => {
    const arns: string[] = [];
    for (let n = 0; n < count; n += 1) arns.push(await cluster.run(smallRequest(n)));
    return arns;
  };
  return { ...cluster, runMany };
}

function smallRequest(n: number): Partial<RunTaskCommandInput> {
  return {
    clientToken: `small-${n}`,
    overrides: { ...request().overrides, cpu: '512', memory: '1024' },
  };
}

function stopShape({ containerReason, ...stop }: StopDetails) {
  return { ...stop, containers: [{ reason: containerReason }, {}] };
}

describe('the volume plugin of a simulated instance', () => {
  it('mounts one volume after another, and fails a start that waits longer than a minute', async () => {
    const { subject, world, runMany, describeTask } = await createDenseCluster({
      oneMountAtATime: 1,
      mountSlow: 1,
    });
    const arns = await runMany(6);
    await subject.advance(10 * MINUTE);
    const startTimes = [...world.containers].map(({ startedAt }) => startedAt);
    expect(startTimes.map((at) => (at - (startTimes[0] ?? 0)) / 1000)).toEqual([0, 15, 30, 45, 60]);
    expect(await describeTask(arns[5] ?? '')).toMatchObject({
      lastStatus: 'STOPPED',
      stopCode: 'TaskFailedToStart',
      stoppedReason: 'Task failed to start',
      containers: [{ reason: TASK_REASONS.mountTimesOut.containerReason }, {}],
    });
  });

  it('mounts all volumes at once in a world without the lock', async () => {
    const { subject, world, runMany } = await createDenseCluster({ mountSlow: 1 });
    await runMany(6);
    await subject.advance(10 * MINUTE);
    expect(new Set([...world.containers].map(({ startedAt }) => startedAt)).size).toBe(1);
    expect(world.containers.size).toBe(6);
  });

  it('fails a mount that takes longer than a minute', async () => {
    const { subject, world, runMany, describeTask } = await createDenseCluster(
      { mountSlow: 1 },
      constantTape(57),
    );
    const [taskArn = ''] = await runMany(1);
    await subject.advance(20 * MINUTE);
    expect(await describeTask(taskArn)).toMatchObject({
      lastStatus: 'STOPPED',
      containers: [{ reason: TASK_REASONS.mountTooSlow.containerReason }, {}],
    });
    expect(world.truth.mounts).toEqual([]);
  });

  it('is free again after its instance has lost power', async () => {
    const { subject, world, runMany } = await createDenseCluster({ oneMountAtATime: 1, mountSlow: 1 });
    await runMany(5);
    const findDocker = () =>
      [...world.ecs.agents.containerInstances.values()].find(({ tasks }) => tasks.size > 0);
    for (let n = 0; n < 300 && (findDocker()?.docker.lockWaitMs ?? 0) < 60_000; n += 1)
      await subject.advance(1);
    const instance = findDocker();
    if (instance === undefined) throw new Error('no task has been placed');
    expect(instance.docker.lockWaitMs).toBeGreaterThanOrEqual(60_000);
    world.ec2Instances.stop(instance.ec2Instance);
    await subject.advance(10);
    expect(instance.docker.lockWaitMs).toBe(0);
    expect(world.truth.mounts).toEqual([]);
  });
});

describe('the image and the disk of a simulated instance', () => {
  const stopOf = async (hazards: Partial<Hazards>, tape: readonly number[] = []) => {
    const cluster = await createCluster({ hazards }, tape);
    const taskArn = await cluster.run();
    await cluster.subject.advance(10 * MINUTE);
    return { ...cluster, task: await cluster.describeTask(taskArn) };
  };

  it('delay the start by a pull of some minutes', async () => {
    const { subject, world, run } = await createCluster({ hazards: { pullSlow: 1 } });
    const requestedAt = subject.kernel.now();
    await run();
    await subject.advance(10 * MINUTE);
    const [slow] = world.containers;
    const fast = await createCluster();
    await fast.run();
    await fast.subject.advance(10 * MINUTE);
    const [usual] = fast.world.containers;
    expect((slow?.startedAt ?? 0) - requestedAt - 60_000).toBe((usual?.startedAt ?? 0) - requestedAt);
  });

  it('fail a start with the text of the rate limit', async () => {
    const { task } = await stopOf({ pullThrottled: 1 });
    expect(task).toMatchObject({ lastStatus: 'STOPPED', ...stopShape(TASK_REASONS.pullThrottled) });
  });

  it.each([
    ['for one pull', 0, true],
    ['for minutes, until the hazards are disabled', 1, false],
  ])('cannot be pulled because the registry is unreachable %s', async (_, value, reachable) => {
    const { subject, world, run, task, findContainerInstance, describeTask } = await stopOf(
      { pullFails: 1 },
      constantTape(value),
    );
    expect(task).toMatchObject({ lastStatus: 'STOPPED', ...stopShape(TASK_REASONS.registryUnreachable) });
    const [instance] = world.ecs.agents.containerInstances.values();
    const again = await run({ clientToken: 'again' });
    for (let n = 0; n < 60 && (await describeTask(again))?.lastStatus !== 'STOPPED'; n += 1)
      await subject.advance(1);
    expect((await findContainerInstance(again)).docker.registryReachable).toBe(reachable);
    world.disableHazards();
    expect(instance?.docker.registryReachable).toBe(true);
    const third = await run({ clientToken: 'third' });
    await subject.advance(2 * MINUTE);
    expect(await describeTask(third)).toMatchObject({ lastStatus: 'RUNNING' });
  });

  it('let no container start on a full disk, until the hazards are disabled', async () => {
    const { subject, world, run, startRunningTask, describeTask } = await createCluster({
      hazards: { diskFull: 1 },
    });
    await startRunningTask();
    const taskArn = await run({ clientToken: 'token-2' });
    await subject.advance(2 * MINUTE);
    expect(await describeTask(taskArn)).toMatchObject({
      lastStatus: 'STOPPED',
      ...stopShape(TASK_REASONS.diskFull),
    });
    expect(world.containers.size).toBe(1);
    world.disableHazards();
    const again = await run({ clientToken: 'again' });
    await subject.advance(2 * MINUTE);
    expect(await describeTask(again)).toMatchObject({ lastStatus: 'RUNNING' });
  });
});

describe('the network interface of a simulated task', () => {
  it.each([
    ['interfaceTimesOut', 70],
    ['interfaceIndexUsed', 10],
  ] as const)('fails a start with the text of %s', async (hazard, seconds) => {
    const { subject, world, run, describeTask, findContainerInstance } = await createCluster({
      hazards: { [hazard]: 1 },
    });
    const taskArn = await run();
    for (let n = 0; n < 300 && (await describeTask(taskArn))?.containerInstanceArn === undefined; n += 1)
      await subject.advance(1);
    const { free, ec2Instance } = await findContainerInstance(taskArn);
    expect(free.memoryMib).toBeLessThan(ec2Instance.spec.size.memoryMib);
    await subject.advance(seconds);
    expect(await describeTask(taskArn)).toMatchObject({ lastStatus: 'STOPPED', ...TASK_REASONS[hazard] });
    expect(free.memoryMib).toBe(ec2Instance.spec.size.memoryMib);
    expect(world.truth.mounts).toEqual([]);
  });

  it('does not end a task before it has been detached', async () => {
    const { subject, startRunningTask, stop, describeTask, findContainerInstance } = await createCluster({
      hazards: { interfaceDetachSlow: 1 },
      providers: providersWithInterfaces(2),
    });
    const taskArn = await startRunningTask();
    const { free } = await findContainerInstance(taskArn);
    await stop(taskArn);
    await subject.advance(50);
    expect(await describeTask(taskArn)).toMatchObject({ lastStatus: 'DEPROVISIONING' });
    expect(free.interfaces).toBe(1);
    await subject.advance(20);
    expect(await describeTask(taskArn)).toMatchObject({ lastStatus: 'STOPPED' });
    expect(free.interfaces).toBe(2);
  });

  it('is a resource of an instance whose size limits it', async () => {
    const { subject, world, run, client } = await createCluster({ providers: providersWithInterfaces(1) });
    for (const n of [1, 2, 3]) await run(smallRequest(n));
    await subject.advance(10 * MINUTE);
    expect(world.containers.size).toBe(3);
    expect(new Set([...world.containers].map(({ instanceId }) => instanceId)).size).toBe(3);
    const { capacityProviderStrategy: _provider, ...rest } = request({ clientToken: 'constrained' });
    const placementConstraints = [
      { type: 'memberOf' as const, expression: `attribute:${PROVIDER_ATTRIBUTE} == small` },
    ];
    const response = await client.send(
      new RunTaskCommand({ ...rest, launchType: 'EC2', placementConstraints }),
    );
    expect(response).toEqual({ tasks: [], failures: [{ reason: 'RESOURCE:ENI' }] });
  });
});

describe('a trunk interface in the simulated world', () => {
  const lastEvent = ({ events }: WorldFixture) =>
    events.findLast((event) => event['detail-type'] === 'ECS Container Instance State Change')
      ?.detail as Readonly<Record<string, unknown>>;

  it('carries more tasks than an instance without one, and is an attribute of the instance', async () => {
    const { subject, world, runMany } = await createDenseCluster({});
    await runMany(8);
    await subject.advance(10 * MINUTE);
    expect(new Set([...world.containers].map(({ instanceId }) => instanceId)).size).toBe(1);
    expect(lastEvent(subject).attributes).toContainEqual({ name: TRUNK_ATTRIBUTE, value: 'eni-trunk' });
  });

  it('is missing on an instance that is older than the setting', async () => {
    const { subject, world, runMany } = await createDenseCluster({ launchedWithoutTrunk: 1 });
    await runMany(8);
    await subject.advance(10 * MINUTE);
    const tasks = [...world.containers].map(({ instanceId }) => instanceId);
    expect(tasks).toHaveLength(8);
    for (const instanceId of tasks)
      expect(tasks.filter((other) => other === instanceId).length).toBeLessThan(4);
    expect(JSON.stringify(lastEvent(subject).attributes)).not.toContain(TRUNK_ATTRIBUTE);
  });

  it('comes with events that have the number of tasks, or not', async () => {
    const counted = await createDenseCluster({});
    await counted.runMany(2);
    await counted.subject.advance(10 * MINUTE);
    expect(lastEvent(counted.subject)).toMatchObject({ runningTasksCount: expect.any(Number) });
    const uncounted = await createDenseCluster({ eventOmitsTaskCounts: 1 });
    await uncounted.runMany(2);
    await uncounted.subject.advance(10 * MINUTE);
    expect(lastEvent(uncounted.subject)).not.toHaveProperty('runningTasksCount');
    expect(lastEvent(uncounted.subject)).not.toHaveProperty('pendingTasksCount');
  });
});

describe('a stop that the simulated agent gives up', () => {
  it('ends the mount with the interface of the task, and its container minutes later', async () => {
    const { subject, world, startRunningTask, stop, describeTask } = await createCluster({
      hazards: { stopGivenUp: 1 },
    });
    const taskArn = await startRunningTask();
    const [container] = world.containers;
    if (container === undefined) throw new Error('no container');
    const { directory } = container;
    await stop(taskArn);
    await subject.advance(1);
    expect(await describeTask(taskArn)).toMatchObject({ lastStatus: 'DEPROVISIONING' });
    expect([...directory.mountedBy]).toEqual([container]);
    await subject.advance(1);
    expect(await describeTask(taskArn)).toMatchObject({
      lastStatus: 'STOPPED',
      stopCode: 'UserInitiated',
      containers: [{ reason: TASK_REASONS.stopGivenUp.containerReason }, {}],
    });
    expect([...world.containers]).toEqual([container]);
    expect(directory.mountedBy.size).toBe(0);
    const files = [...directory.files.keys()];
    await subject.advance(2 * MINUTE);
    expect(world.containers.size).toBe(0);
    expect([...directory.files.keys()]).toEqual(files);
  });

  it('leaves no container after the hazards have been disabled', async () => {
    const { subject, world, startRunningTask, stop } = await createCluster({ hazards: { stopGivenUp: 1 } });
    await stop(await startRunningTask());
    await subject.advance(10);
    expect(world.containers.size).toBe(1);
    world.disableHazards();
    expect(world.containers.size).toBe(0);
  });
});

describe('a simulated Docker that hangs', () => {
  /** Returns a task that is running on an instance whose Docker has begun to hang, for five minutes. */
  const startOnHangingInstance = async () => {
    const cluster = await createCluster({ hazards: { dockerHangs: 1 } });
    const taskArn = await cluster.run();
    const isRunning = async () => (await cluster.describeTask(taskArn))?.lastStatus === 'RUNNING';
    for (let n = 0; n < 300 && !(await isRunning()); n += 1) await cluster.subject.advance(1);
    await cluster.subject.advance(MINUTE);
    return { ...cluster, taskArn };
  };

  it('neither stops nor starts a container, although its agent is connected', async () => {
    const { subject, world, run, stop, describeTask, taskArn } = await startOnHangingInstance();
    const second = await run({ clientToken: 'second' });
    await stop(taskArn);
    await subject.advance(4 * MINUTE);
    expect(await describeTask(taskArn)).toMatchObject({ lastStatus: 'STOPPING', connectivity: 'CONNECTED' });
    expect(await describeTask(second)).toMatchObject({ lastStatus: 'PENDING', connectivity: 'CONNECTED' });
    expect([...world.containers]).toMatchObject([{ taskArn }]);
    await subject.advance(MINUTE);
    expect(await describeTask(taskArn)).toMatchObject({ lastStatus: 'STOPPED' });
    await subject.advance(10);
    expect(await describeTask(second)).toMatchObject({ lastStatus: 'RUNNING' });
  });

  it('continues when the hazards are disabled', async () => {
    const { subject, world, stop, describeTask, taskArn } = await startOnHangingInstance();
    await stop(taskArn);
    await subject.advance(2 * MINUTE);
    expect(await describeTask(taskArn)).toMatchObject({ lastStatus: 'STOPPING' });
    world.disableHazards();
    await subject.advance(5);
    expect(await describeTask(taskArn)).toMatchObject({ lastStatus: 'STOPPED' });
  });

  it('does nothing more after its instance has lost power', async () => {
    const { subject, world, run, findContainerInstance, taskArn } = await startOnHangingInstance();
    await run({ clientToken: 'second' });
    await subject.advance(MINUTE);
    const { ec2Instance } = await findContainerInstance(taskArn);
    world.ec2Instances.terminate(ec2Instance);
    await subject.advance(10 * MINUTE);
    expect(world.containers.size).toBe(0);
    expect(world.truth.mounts).toHaveLength(1);
  });
});

describe('the readiness container of a simulated task', () => {
  /** Returns the statuses of the task in the order of its events, and the seconds from its container's start to RUNNING. */
  async function startWith(hazards: Partial<Hazards>) {
    const { subject, world, run, describeTask } = await createCluster({ hazards });
    const taskArn = await run();
    await subject.advance(10 * MINUTE);
    const [container] = world.containers;
    const { startedAt, containers } = (await describeTask(taskArn)) ?? {};
    const statuses = subject.events
      .filter(({ resources }) => resources[0] === taskArn)
      .map(({ detail }) => detail.lastStatus);
    const seconds = ((startedAt?.getTime() ?? 0) - (container?.startedAt ?? 0)) / 1000;
    return { statuses, seconds, containers };
  }

  it('is started at the next check of the agent, after a pull', async () => {
    // The container is healthy after 3 s, the agent checks it after 5 s, and the pull takes 1 s.
    expect(await startWith({ companion: 1 })).toMatchObject({
      statuses: ['PROVISIONING', 'PENDING', 'RUNNING'],
      seconds: 6,
    });
    expect(await startWith({})).toMatchObject({
      statuses: ['PROVISIONING', 'PENDING', 'ACTIVATING', 'RUNNING'],
      seconds: 3,
    });
  });

  it('delays the task for minutes if it cannot be pulled, and the task is RUNNING without it', async () => {
    expect(await startWith({ companion: 1, companionFails: 1 })).toMatchObject({
      statuses: ['PROVISIONING', 'PENDING', 'RUNNING'],
      seconds: 65,
      containers: [
        { name: 'workbench', lastStatus: 'RUNNING' },
        { lastStatus: 'STOPPED', reason: TASK_REASONS.companionFails.containerReason },
      ],
    });
  });
});

describe('a simulated task definition', () => {
  it('cannot be described or run at first', async () => {
    const { subject, client, run } = await createCluster({ hazards: { definitionHidden: 1 } });
    await subject.advance(1);
    const describeNewest = async () => {
      const { taskDefinition } = await client.send(
        new DescribeTaskDefinitionCommand({ taskDefinition: 'plain' }),
      );
      return taskDefinition?.revision;
    };
    expect(await describeNewest()).toBe(1);
    await client.send(new RegisterTaskDefinitionCommand({ family: 'plain', containerDefinitions: [] }));
    expect(await describeNewest()).toBe(1);
    const runSecond = () => run({ taskDefinition: 'plain:2' });
    await expect(runSecond()).rejects.toMatchObject({ name: 'ClientException' });
    await subject.advance(1);
    expect(await describeNewest()).toBe(2);
    expect(await runSecond()).not.toBe('');
  });
});

describe('a world with the timing of AWS', () => {
  const hazards = {
    ...NO_HAZARDS,
    oneMountAtATime: 1,
    companion: 1,
  };

  /** Returns the seconds from RunTask to RUNNING: of a task on a new instance, then of one on the same instance. */
  async function measureStarts(timing: Timing) {
    const { subject, run, stop, describeTask } = await createCluster({
      hazards,
      // The fixture mounts its access point at once.
      timing: { ...timing, accessPoint: WIDE_TIMING.accessPoint },
    });
    const measure = async (clientToken: string) => {
      const taskArn = await run({ clientToken });
      await subject.advance(10 * MINUTE);
      const { createdAt, startedAt } = (await describeTask(taskArn)) ?? {};
      await stop(taskArn);
      await subject.advance(MINUTE);
      return ((startedAt?.getTime() ?? 0) - (createdAt?.getTime() ?? 0)) / 1000;
    };
    return [await measure('cold'), await measure('warm')];
  }

  it('takes the sum of the steps to start a task', async () => {
    // The tape has zeros only, so each step takes its minimum. 5 s to the first probe, 5 s to the next check of the agent.
    const warm = 4 + 1.5 + 2 * 0.7 + 5 + 5 + 1.5;
    const cold = warm + 60 + 20 + 40 + 30 - 1.5;
    expect(await measureStarts(REAL_TIMING)).toEqual([cold, warm]);
  });

  it('is faster with each of the settings', async () => {
    const [, before = 0] = await measureStarts(REAL_TIMING);
    for (const setting of Object.values(TIMING_OF_SETTING)) {
      const [, after = 0] = await measureStarts({ ...REAL_TIMING, ...setting });
      expect(after).toBeLessThan(before);
    }
  });
});

function providersWithInterfaces(interfaces: number) {
  return WORLD_OPTIONS.providers.map(({ trunkedInterfaces: _, ...spec }) => ({
    ...spec,
    size: { ...spec.size, interfaces },
  }));
}
