import {
  DescribeInstancesCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  DeregisterContainerInstanceCommand,
  DeregisterTaskDefinitionCommand,
  DescribeContainerInstancesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ListContainerInstancesCommand,
  ListTaskDefinitionFamiliesCommand,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import {
  CreateAccessPointCommand,
  DeleteAccessPointCommand,
  DescribeAccessPointsCommand,
} from '@aws-sdk/client-efs';
import { expect, it } from 'vitest';
import { createSweepEcsClient, createSweepEfsClient } from '#adapters/aws/clients.ts';
import { createSweepEc2Client } from '#adapters/aws/ec2/clients.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

const CLIENTS = { ecs: createSweepEcsClient, ec2: createSweepEc2Client, efs: createSweepEfsClient };
// biome-ignore lint/suspicious/noExplicitAny: the input does not matter here
const EMPTY: any = {};

/** How many of these commands, sent in turn, a sweep's client sends within ten seconds. */
async function countIn10s(service: keyof typeof CLIENTS, commands: readonly object[]): Promise<number> {
  const clock = new ManualClock(0);
  let sent = 0;
  const send = async () => {
    sent += 1;
  };
  const client = CLIENTS[service]({ send } as never, clock) as { send(command: object): Promise<unknown> };
  const calls = Array.from({ length: 100 }, (_, n) => client.send(commands[n % commands.length] ?? {}));
  await clock.advanceAsync(9_999);
  const sentIn10s = sent;
  await clock.advanceAsync(1_000_000);
  await Promise.all(calls);
  return sentIn10s;
}

it.each<[string, keyof typeof CLIENTS, readonly object[], number]>([
  [
    '5 of the 20 ECS reads that the account may make',
    'ecs',
    [
      new DescribeTasksCommand(EMPTY),
      new ListTasksCommand(EMPTY),
      new DescribeContainerInstancesCommand(EMPTY),
      new ListContainerInstancesCommand(EMPTY),
    ],
    5,
  ],
  [
    '5 of the 40 ECS changes that the account may make',
    'ecs',
    [new StopTaskCommand(EMPTY), new DeregisterContainerInstanceCommand(EMPTY)],
    5,
  ],
  [
    '0.5 of the 1 registration or deregistration that the account may make',
    'ecs',
    [new RegisterTaskDefinitionCommand(EMPTY), new DeregisterTaskDefinitionCommand(EMPTY)],
    0.5,
  ],
  [
    '5 reads of task definitions',
    'ecs',
    [
      new ListTaskDefinitionsCommand(EMPTY),
      new ListTaskDefinitionFamiliesCommand(EMPTY),
      new DescribeTaskDefinitionCommand(EMPTY),
    ],
    5,
  ],
  ['5 of the 20 EC2 reads that the account may make', 'ec2', [new DescribeInstancesCommand(EMPTY)], 5],
  ['1 of the 5 terminations that the account may make', 'ec2', [new TerminateInstancesCommand(EMPTY)], 1],
  ['5 lists of access points', 'efs', [new DescribeAccessPointsCommand(EMPTY)], 5],
  [
    '2 changes of access points',
    'efs',
    [new CreateAccessPointCommand(EMPTY), new DeleteAccessPointCommand(EMPTY)],
    2,
  ],
])('a sweep makes per second at most %s', async (_, service, commands, perSecond) => {
  expect(await countIn10s(service, commands)).toBe(perSecond * 10);
});

it('calls that no sweep makes are not paced', async () => {
  expect(await countIn10s('ecs', [new RunTaskCommand(EMPTY)])).toBe(100);
  expect(await countIn10s('ec2', [new RunInstancesCommand(EMPTY)])).toBe(100);
});
