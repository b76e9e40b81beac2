import { describe, expect, it } from 'vitest';
import { CONNECTION_DEFAULTS } from '#adapters/aws/connection.ts';
import { Ec2HostFleet } from '#adapters/aws/ec2/host-fleet.ts';
import { Ec2Instances } from '#adapters/aws/ec2/instances.ts';
import { ContainerInstances } from '#adapters/aws/ecs/container-instances.ts';
import { EcsTaskRunner } from '#adapters/aws/ecs/task-runner.ts';
import { SEND_DEADLINE_MS } from '#adapters/aws/send-deadline.ts';
import {
  DEFAULT_POLICY,
  EFFECT_BEGINS_WITHIN_MS,
  EFFECT_ENDS_WITHIN_MS,
} from '#core/workbench/lifecycle/policy.ts';
import type { AwsCommand } from '#test/simulation/world/aws-error.ts';
import {
  HOST_SETTINGS,
  INSTALLATION,
  TASK_SETTINGS,
  taskInput,
  WorldFixture,
} from '#test/simulation/world/world-fixture.ts';

const MINUTE = 60;

/** Adapters in a process that is frozen for `frozenMs` after each call, and the names of the commands that they send. */
function freezingAdapters(subject: WorldFixture, frozenMs: number) {
  const sent: string[] = [];
  const inner = subject.world.clients();
  const send = async (command: AwsCommand) => {
    sent.push(command.constructor.name);
    const response = await subject.world.handle(command);
    await subject.kernel.sleep(frozenMs);
    return response;
  };
  const client = { send } as unknown as typeof inner;
  const containerInstances = new ContainerInstances(client, HOST_SETTINGS.cluster);
  const ec2Instances = new Ec2Instances(client, INSTALLATION);
  return {
    sent,
    tasks: new EcsTaskRunner(client, TASK_SETTINGS, ec2Instances, subject.kernel),
    hosts: new Ec2HostFleet(client, containerInstances, HOST_SETTINGS, subject.kernel),
  };
}

/** A host that runs a task, with the adapters of a process that freezes. */
async function runningHost(frozenMs: number) {
  const subject = new WorldFixture();
  const launched = await subject
    .hosts()
    .launch({ userId: 'alice', workbenchId: 'wb1', instanceType: 'm5.large', generation: 1 }, 'wb1/host/1');
  if (launched.kind !== 'accepted') throw new Error(launched.message);
  const { instanceId } = launched.host;
  await subject.advance(5 * MINUTE);
  const input = await taskInput(subject, { workbenchId: 'wb1', placement: { kind: 'host', instanceId } });
  const run = await subject.tasks().run(input, 'token');
  if (run.kind !== 'accepted') throw new Error(run.message);
  await subject.advance(5 * MINUTE);
  const outcomeOf = async (call: Promise<unknown>) => {
    const outcome = call.catch((error: unknown) => error);
    await subject.advance(10 * MINUTE);
    return outcome;
  };
  const [registered] = subject.world.ecs.agents.containerInstances.values();
  if (registered === undefined) throw new Error('not registered');
  return {
    subject,
    input,
    instanceId,
    taskId: run.task.taskId,
    registered,
    outcomeOf,
    ...freezingAdapters(subject, frozenMs),
  };
}

const NOT_SENT = { kind: 'throttled' };

describe('a process that was frozen between two calls', () => {
  it('does not start a task, because its attempt may no longer be the current one', async () => {
    const { tasks, input, sent, outcomeOf } = await runningHost(SEND_DEADLINE_MS);
    expect(await outcomeOf(tasks.run({ ...input, attempt: 2 }, 'another'))).toMatchObject(NOT_SENT);
    expect(sent).not.toContain('RunTaskCommand');
  });

  it('does not stop a host, because a new task may run on it', async () => {
    const { hosts, instanceId, sent, outcomeOf } = await runningHost(SEND_DEADLINE_MS);
    expect(await outcomeOf(hosts.stop(instanceId))).toMatchObject(NOT_SENT);
    expect(sent).not.toContain('StopInstancesCommand');
  });

  it('does not start a host, because its workbench may have been stopped meanwhile', async () => {
    const { subject, hosts, instanceId, sent, outcomeOf } = await runningHost(SEND_DEADLINE_MS);
    await subject.hosts().stop(instanceId);
    await subject.advance(5 * MINUTE);
    expect(await outcomeOf(hosts.start(instanceId))).toMatchObject(NOT_SENT);
    expect(sent).not.toContain('StartInstancesCommand');
  });

  it('does not terminate a host, because it may be in use again', async () => {
    const { hosts, instanceId, sent, outcomeOf } = await runningHost(SEND_DEADLINE_MS);
    expect(await outcomeOf(hosts.terminate(instanceId))).toMatchObject(NOT_SENT);
    expect(sent).not.toContain('TerminateInstancesCommand');
  });

  it('does not terminate the instance of a task, because the task may have stopped and other tasks may run on it', async () => {
    const { subject, tasks, taskId, registered, sent, outcomeOf } = await runningHost(SEND_DEADLINE_MS);
    subject.world.ecs.agents.disconnect(registered);
    expect(await outcomeOf(tasks.terminateInstance(taskId, false))).toMatchObject(NOT_SENT);
    expect(sent).not.toContain('UpdateContainerInstancesStateCommand');
    expect(sent).not.toContain('TerminateInstancesCommand');
  });

  it('sends the call if it was frozen for less than the deadline', async () => {
    const { tasks, hosts, input, instanceId, sent, outcomeOf } = await runningHost(SEND_DEADLINE_MS / 10);
    await outcomeOf(tasks.run(input, 'token'));
    await outcomeOf(hosts.stop(instanceId));
    await outcomeOf(hosts.terminate(instanceId));
    expect(sent).toEqual(
      expect.arrayContaining(['RunTaskCommand', 'StopInstancesCommand', 'TerminateInstancesCommand']),
    );
  });
});

describe('the time limit of an effect', () => {
  it('covers the deadline and all attempts of the effective call, and passes before a new attempt is made', () => {
    const { connectionTimeoutMs, requestTimeoutMs, maxAttempts } = CONNECTION_DEFAULTS;
    const callMs = maxAttempts * (connectionTimeoutMs + requestTimeoutMs);
    expect(EFFECT_BEGINS_WITHIN_MS + SEND_DEADLINE_MS + callMs).toBeLessThan(EFFECT_ENDS_WITHIN_MS);
    expect(DEFAULT_POLICY.startRetryMs).toBeGreaterThanOrEqual(EFFECT_ENDS_WITHIN_MS);
  });
});
