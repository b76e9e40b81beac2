import type { DescribeTasksResponse, Task } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import type { WorldOptions } from '#test/simulation/world/world.ts';
import { taskInput, WORLD_OPTIONS } from '#test/simulation/world/world-fixture.ts';
import { acceptedTaskId, MINUTE, recordingRunner, TOKEN } from './recording-runner.ts';

describe('a task on an instance with a disconnected agent', () => {
  async function disconnected(options: Partial<WorldOptions> = {}) {
    const { tasks, subject, world } = recordingRunner(options);
    const outcome = await tasks.run(await taskInput(subject), TOKEN);
    await subject.advance(4 * MINUTE);
    const [registered] = [...world.ecs.agents.containerInstances.values()].filter(
      ({ tasks: placed }) => placed.size > 0,
    );
    if (registered === undefined) throw new Error('not placed');
    const observe = async () => {
      const [task] = await tasks.describe([acceptedTaskId(outcome)]);
      return task !== undefined && 'status' in task ? [task.status, task.instance] : undefined;
    };
    expect(await observe()).toEqual(['running', 'connected']);
    world.ecs.agents.disconnect(registered);
    return { tasks, subject, world, registered, taskId: acceptedTaskId(outcome), observe };
  }

  it('is disconnected until the agent reconnects', async () => {
    const { observe, subject, world, registered } = await disconnected();
    expect(await observe()).toEqual(['running', 'disconnected']);
    await subject.advance(60 * MINUTE);
    expect(await observe()).toEqual(['running', 'disconnected']);
    world.ecs.agents.connect(registered);
    expect(await observe()).toEqual(['running', 'connected']);
  });

  it('is gone once EC2 has terminated the instance, which is then deregistered', async () => {
    const { observe, subject, world, registered, tasks } = await disconnected();
    world.ec2Instances.terminate(registered.ec2Instance);
    expect(await observe()).toEqual(['running', 'ending']);
    await subject.advance(2 * MINUTE);
    expect(world.staleRegistrations).toEqual([registered]);
    expect(await observe()).toEqual(['running', 'gone']);
    expect(world.staleRegistrations).toEqual([]);
    expect(await observe()).toEqual(['stopped', 'gone']);
    expect((await tasks.list()).tasks).toEqual([]);
  });

  it('ends with its instance in terminateInstance, which does not terminate an instance of another owner', async () => {
    const own = await disconnected();
    await own.tasks.terminateInstance(own.taskId, false);
    expect(own.registered).toMatchObject({ status: 'DRAINING', ec2Instance: { state: 'shutting-down' } });
    await own.subject.advance(2 * MINUTE);
    expect(own.world.containers.size).toBe(0);
    const foreign = await disconnected({ ...WORLD_OPTIONS, tags: {} });
    await foreign.tasks.terminateInstance(foreign.taskId, false);
    expect(foreign.registered.ec2Instance.state).toBe('running');
  });

  it('is not gone while an instance without the tag is live, which stays registered', async () => {
    const { observe, subject, world, registered } = await disconnected({ tags: {} });
    expect(await observe()).toEqual(['running', 'disconnected']);
    expect(registered.status).toBe('ACTIVE');
    expect(world.containers.size).toBe(1);
    world.ec2Instances.terminate(registered.ec2Instance);
    await subject.advance(2 * MINUTE);
    expect(await observe()).toEqual(['running', 'gone']);
    expect(registered.status).toBe('INACTIVE');
  });

  it('is not gone if its live instance was deregistered, and ends with it in terminateInstance', async () => {
    const { observe, tasks, taskId, world, registered, subject } = await disconnected();
    world.ecs.agents.deregister(registered);
    expect(await observe()).toEqual(['stopped', 'disconnected']);
    expect(world.containers.size).toBe(1);
    await tasks.terminateInstance(taskId, false);
    await subject.advance(2 * MINUTE);
    expect(world.containers.size).toBe(0);
    expect(await observe()).toEqual(['stopped', 'gone']);
  });
});

describe('a task that ECS reports as STOPPED', () => {
  async function running() {
    const { tasks, subject, world, inputs, respondWith } = recordingRunner();
    const taskId = acceptedTaskId(await tasks.run(await taskInput(subject), TOKEN));
    await subject.advance(4 * MINUTE);
    const [registered] = [...world.ecs.agents.containerInstances.values()].filter(
      ({ tasks: placed }) => placed.size > 0,
    );
    if (registered === undefined) throw new Error('not placed');
    const observe = async () => {
      const [task] = await tasks.describe([taskId]);
      return task !== undefined && 'status' in task ? [task.status, task.instance] : undefined;
    };
    const observeSettlesMs = async () => {
      const [task] = await tasks.describe([taskId]);
      return task !== undefined && 'status' in task ? task.settlesMs : undefined;
    };
    /** ECS concludes the end of the task without a report of its agent. */
    const conclude = (
      stopCode?: string,
      stoppedReason?: string,
      fields: Partial<Task> = {},
      runtimeId?: string,
    ) =>
      respondWith((name, effect) => {
        const response = effect();
        if (name !== 'DescribeTasksCommand') return response;
        const [task] = (response as DescribeTasksResponse).tasks ?? [];
        const containers = task?.containers?.map(({ exitCode: _exitCode, reason: _reason, ...rest }) => ({
          ...rest,
          runtimeId,
        }));
        return {
          tasks: [{ ...task, lastStatus: 'STOPPED', stopCode, stoppedReason, containers, ...fields }],
        };
      });
    const askedEc2 = () => inputs('DescribeInstancesCommand').length;
    return { tasks, subject, world, registered, taskId, observe, observeSettlesMs, conclude, askedEc2 };
  }

  it.each([
    ['TerminationNotice', 'Host EC2 (instance i-1) terminated.'],
    ['UserInitiated', 'workbench is being stopped'],
  ])('is not gone before EC2 has ended its instance (%s)', async (stopCode, stoppedReason) => {
    const { observe, conclude, subject, world, registered } = await running();
    world.ec2Instances.terminate(registered.ec2Instance);
    conclude(stopCode, stoppedReason);
    expect(await observe()).toEqual(['stopped', 'ending']);
    expect(world.containers.size).toBe(1);
    await subject.advance(2 * MINUTE);
    expect(world.containers.size).toBe(0);
    expect(await observe()).toEqual(['stopped', 'gone']);
  });

  it('has not ended for certain before five minutes if its container ran while it was PENDING', async () => {
    const { observe, observeSettlesMs, conclude } = await running();
    conclude('UserInitiated', 'enough', { startedAt: undefined }, 'docker-1');
    expect(await observe()).toEqual(['stopped', 'connected']);
    expect(await observeSettlesMs()).toBe(5 * MINUTE * 1000);
  });

  it('has ended for certain if its agent has reported the end', async () => {
    const { tasks, taskId, subject, observe, observeSettlesMs } = await running();
    await tasks.stop(taskId, 'enough');
    await subject.advance(2 * MINUTE);
    expect(await observe()).toEqual(['stopped', 'connected']);
    expect(await observeSettlesMs()).toBeUndefined();
  });

  const HOST_GONE = 'Host EC2 (instance i-1) terminated.';
  const NO_INTERFACE = 'Timeout waiting for network interface provisioning to complete.';
  it.each<[string, string | undefined, string | undefined, Date | undefined, number]>([
    ['ECS says that the instance has ended', 'TerminationNotice', HOST_GONE, undefined, 5 * MINUTE],
    ['it was RUNNING', 'UserInitiated', 'enough', new Date(0), 5 * MINUTE],
    ['ECS explains nothing', undefined, undefined, undefined, 5 * MINUTE],
    ['it got no network interface', 'TaskFailedToStart', NO_INTERFACE, undefined, 30],
    ['it was stopped before it was RUNNING', 'UserInitiated', 'enough', undefined, 30],
  ])(
    'has not ended for certain at first, because EC2 may not report the end of its instance yet: %s',
    async (_, stopCode, stoppedReason, startedAt, seconds) => {
      const { observe, observeSettlesMs, conclude, subject } = await running();
      conclude(stopCode, stoppedReason, { startedAt, stoppedAt: new Date(subject.kernel.now()) });
      expect(await observe()).toEqual(['stopped', 'connected']);
      expect(await observeSettlesMs()).toBe(seconds * 1000);
    },
  );

  it('is not ended by terminateInstance while its agent is connected, unless that is forced', async () => {
    const { conclude, tasks, taskId, registered, subject } = await running();
    conclude('TerminationNotice', HOST_GONE, { stoppedAt: new Date(subject.kernel.now()) });
    await tasks.terminateInstance(taskId, false);
    expect(registered).toMatchObject({ status: 'ACTIVE', ec2Instance: { state: 'running' } });
    await tasks.terminateInstance(taskId, true);
    expect(registered.ec2Instance.state).toBe('shutting-down');
  });

  it('is not listed, and its instance is not read for the list', async () => {
    const { tasks, taskId, conclude, askedEc2 } = await running();
    await tasks.stop(taskId, 'enough');
    conclude('UserInitiated', 'enough');
    expect((await tasks.list('STOPPED')).tasks).toEqual([]);
    expect(askedEc2()).toBe(0);
  });

  it('is disconnected if ECS no longer knows its container instance', async () => {
    const { observe, conclude, world, registered } = await running();
    conclude('TerminationNotice', 'Host EC2 (instance i-1) terminated.');
    world.ecs.agents.containerInstances.delete(registered.arn);
    expect(await observe()).toEqual(['stopped', 'disconnected']);
  });

  it('is disconnected if its container instance was deregistered, although the agent is still connected', async () => {
    const { observe, conclude, registered } = await running();
    conclude('ServiceSchedulerInitiated', 'Container instance deregistration forced by user.');
    registered.status = 'INACTIVE';
    expect(registered.agentConnected).toBe(true);
    expect(await observe()).toEqual(['stopped', 'disconnected']);
  });

  it('needs no call to EC2 if its agent has reported the end', async () => {
    const { observe, tasks, taskId, subject, askedEc2 } = await running();
    await tasks.stop(taskId, 'enough');
    await subject.advance(MINUTE);
    expect(await observe()).toEqual(['stopped', 'connected']);
    expect(askedEc2()).toBe(0);
  });

  it('is ended by terminateInstance while its instance does not end, and not after its agent has reported the end', async () => {
    const { conclude, tasks, taskId, world, registered, subject } = await running();
    world.ecs.agents.disconnect(registered);
    conclude('UserInitiated', 'enough');
    await tasks.terminateInstance(taskId, false);
    expect(registered.ec2Instance.state).toBe('shutting-down');
    const ended = await running();
    await ended.tasks.stop(ended.taskId, 'enough');
    await ended.subject.advance(MINUTE);
    await ended.tasks.terminateInstance(ended.taskId, true);
    expect(ended.registered.ec2Instance.state).toBe('running');
    await subject.advance(2 * MINUTE);
    expect(world.containers.size).toBe(0);
  });
});

describe('the list of tasks', () => {
  it('has stopping tasks, over all pages', async () => {
    const { tasks, subject } = recordingRunner();
    const ids: string[] = [];
    for (let n = 0; n < 130; n += 1) {
      await subject.advance(1);
      const workbenchId = `01jf00000000000000000${String(n).padStart(5, '0')}`;
      const input = await taskInput(subject, { workbenchId, cpuUnits: 128, memoryMib: 256 });
      ids.push(acceptedTaskId(await tasks.run(input, workbenchId)));
    }
    await subject.advance(10 * MINUTE);
    await tasks.stop(ids[0] ?? '', 'enough');
    const listed: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await tasks.list(cursor);
      listed.push(...page.tasks.map(({ taskId }) => taskId));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(listed.sort()).toEqual(ids.sort());
  });
});
