import { describe, expect, it } from 'vitest';
import type { WorldOptions } from '#test/simulation/world/world.ts';
import { taskInput, WORLD_OPTIONS } from '#test/simulation/world/world-fixture.ts';
import { acceptedTaskId, MINUTE, recordingRunner, TOKEN } from './recording-runner.ts';

describe('a task whose machine is silent', () => {
  async function silent(options: Partial<WorldOptions> = {}) {
    const { tasks, subject, world } = recordingRunner(options);
    const outcome = await tasks.run(await taskInput(subject), TOKEN);
    await subject.advance(4 * MINUTE);
    const [registered] = [...world.ecs.agents.containerInstances.values()].filter(({ tasks: on }) => on.size > 0);
    if (registered === undefined) throw new Error('not placed');
    const host = async () => {
      const [task] = await tasks.describe([acceptedTaskId(outcome)]);
      return task !== undefined && 'status' in task ? [task.status, task.instance] : undefined;
    };
    expect(await host()).toEqual(['running', 'connected']);
    world.ecs.agents.disconnect(registered);
    return { tasks, subject, world, registered, taskId: acceptedTaskId(outcome), host };
  }

  it('is disconnected for as long as nothing proves more', async () => {
    const { host, subject, world, registered } = await silent();
    expect(await host()).toEqual(['running', 'disconnected']);
    await subject.advance(60 * MINUTE);
    expect(await host()).toEqual(['running', 'disconnected']);
    world.ecs.agents.connect(registered);
    expect(await host()).toEqual(['running', 'connected']);
  });

  it('is gone once EC2 has terminated it, which is then taken off the cluster', async () => {
    const { host, subject, world, registered, tasks } = await silent();
    world.ec2Instances.terminate(registered.ec2Instance);
    expect(await host()).toEqual(['running', 'disconnected']);
    await subject.advance(2 * MINUTE);
    expect(world.staleRegistrations).toEqual([registered]);
    expect(await host()).toEqual(['running', 'gone']);
    expect(world.staleRegistrations).toEqual([]);
    expect(await host()).toEqual(['stopped', 'gone']);
    expect((await tasks.list()).tasks).toEqual([]);
  });

  it('is ended with its machine by the last means, and the machine is left when it is not ours', async () => {
    const ours = await silent();
    await ours.tasks.terminateInstance(ours.taskId, false);
    expect(ours.registered).toMatchObject({ status: 'DRAINING', machine: { state: 'shutting-down' } });
    await ours.subject.advance(2 * MINUTE);
    expect(ours.world.containers.size).toBe(0);
    const foreign = await silent({ ...WORLD_OPTIONS, tags: {} });
    await foreign.tasks.terminateInstance(foreign.taskId, false);
    expect(foreign.registered.ec2Instance.state).toBe('running');
  });

  it('is not gone when its machine lives without our tag, which stays on the cluster', async () => {
    const { host, subject, world, registered } = await silent({ tags: {} });
    expect(await host()).toEqual(['running', 'disconnected']);
    expect(registered.status).toBe('ACTIVE');
    expect(world.containers.size).toBe(1);
    world.ec2Instances.terminate(registered.ec2Instance);
    await subject.advance(2 * MINUTE);
    expect(await host()).toEqual(['running', 'gone']);
    expect(registered.status).toBe('INACTIVE');
  });

  it('is not gone when its live machine was taken off the cluster, and is ended with it by the last means', async () => {
    const { host, tasks, taskId, world, registered, subject } = await silent();
    world.ecs.agents.deregister(registered);
    expect(await host()).toEqual(['stopped', 'disconnected']);
    expect(world.containers.size).toBe(1);
    await tasks.terminateInstance(taskId, false);
    await subject.advance(2 * MINUTE);
    expect(world.containers.size).toBe(0);
    expect(await host()).toEqual(['stopped', 'gone']);
  });
});

describe('the list of tasks', () => {
  it('holds what is stopping, over all pages', async () => {
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
