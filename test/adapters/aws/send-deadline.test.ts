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

/** Adapters whose process stands still for `frozenMs` after each call, and what they send. */
function freezingAdapters(subject: WorldFixture, frozenMs: number) {
  const sent: string[] = [];
  const inner = subject.world.clients();
  const send = async (command: AwsCommand) => {
    sent.push(command.constructor.name);
    const answer = await subject.world.handle(command);
    await subject.kernel.sleep(frozenMs);
    return answer;
  };
  const client = { send } as unknown as typeof inner;
  const instances = new ContainerInstances(client, HOST_SETTINGS.cluster);
  const machines = new Ec2Instances(client, INSTALLATION);
  return {
    sent,
    tasks: new EcsTaskRunner(client, TASK_SETTINGS, machines, subject.kernel),
    hosts: new Ec2HostFleet(client, instances, HOST_SETTINGS, subject.kernel),
  };
}

/** A machine that runs a task, as seen by who is frozen. */
async function runningHost(frozenMs: number) {
  const subject = new WorldFixture();
  const launched = await subject
    .hosts()
    .launch({ userId: 'alice', workbenchId: 'wb1', instanceType: 'm5.large' }, 'wb1/host/1');
  if (launched.kind !== 'accepted') throw new Error(launched.message);
  const { instanceId } = launched.host;
  await subject.advance(5 * MINUTE);
  const input = await taskInput(subject, { workbenchId: 'wb1', placement: { kind: 'host', instanceId } });
  const run = await subject.tasks().run(input, 'token');
  if (run.kind !== 'accepted') throw new Error(run.message);
  await subject.advance(5 * MINUTE);
  const settled = async (call: Promise<unknown>) => {
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
    settled,
    ...freezingAdapters(subject, frozenMs),
  };
}

const LATE = { kind: 'throttled' };

describe('a process that stood still between two calls', () => {
  it('starts no task of an attempt that may have been given up meanwhile', async () => {
    const { tasks, input, sent, settled } = await runningHost(SEND_DEADLINE_MS);
    expect(await settled(tasks.run({ ...input, attempt: 2 }, 'another'))).toMatchObject(LATE);
    expect(sent).not.toContain('RunTaskCommand');
  });

  it('stops no machine on which something new may run', async () => {
    const { hosts, instanceId, sent, settled } = await runningHost(SEND_DEADLINE_MS);
    expect(await settled(hosts.stop(instanceId))).toMatchObject(LATE);
    expect(sent).not.toContain('StopInstancesCommand');
  });

  it('starts no machine that may have been stopped for good', async () => {
    const { subject, hosts, instanceId, sent, settled } = await runningHost(SEND_DEADLINE_MS);
    await subject.hosts().stop(instanceId);
    await subject.advance(5 * MINUTE);
    expect(await settled(hosts.start(instanceId))).toMatchObject(LATE);
    expect(sent).not.toContain('StartInstancesCommand');
  });

  it('ends no machine that may be of use again', async () => {
    const { hosts, instanceId, sent, settled } = await runningHost(SEND_DEADLINE_MS);
    expect(await settled(hosts.terminate(instanceId))).toMatchObject(LATE);
    expect(sent).not.toContain('TerminateInstancesCommand');
  });

  it('ends no machine under a task that may have ended by itself, with others on it', async () => {
    const { subject, tasks, taskId, registered, sent, settled } = await runningHost(SEND_DEADLINE_MS);
    subject.world.ecs.agents.disconnect(registered);
    expect(await settled(tasks.terminateInstance(taskId, false))).toMatchObject(LATE);
    expect(sent).not.toContain('UpdateContainerInstancesStateCommand');
    expect(sent).not.toContain('TerminateInstancesCommand');
  });

  it('for no longer than that goes on', async () => {
    const { tasks, hosts, input, instanceId, sent, settled } = await runningHost(SEND_DEADLINE_MS / 10);
    await settled(tasks.run(input, 'token'));
    await settled(hosts.stop(instanceId));
    await settled(hosts.terminate(instanceId));
    expect(sent).toEqual(
      expect.arrayContaining(['RunTaskCommand', 'StopInstancesCommand', 'TerminateInstancesCommand']),
    );
  });
});

describe('an effect', () => {
  it('is over, with its calls and their repetition, before a new attempt is made by whichever clock', () => {
    const { connectionTimeoutMs, requestTimeoutMs, maxAttempts } = CONNECTION_DEFAULTS;
    const callMs = maxAttempts * (connectionTimeoutMs + requestTimeoutMs);
    expect(EFFECT_BEGINS_WITHIN_MS + SEND_DEADLINE_MS + callMs).toBeLessThan(EFFECT_ENDS_WITHIN_MS);
    expect(DEFAULT_POLICY.startRetryMs).toBeGreaterThanOrEqual(EFFECT_ENDS_WITHIN_MS);
  });
});
