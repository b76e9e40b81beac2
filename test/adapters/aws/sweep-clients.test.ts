import {
  DescribeInstancesCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  DeregisterContainerInstanceCommand,
  DeregisterTaskDefinitionCommand,
  DescribeContainerInstancesCommand,
  DescribeTasksCommand,
  ListContainerInstancesCommand,
  ListTaskDefinitionFamiliesCommand,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
  RunTaskCommand,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import {
  CreateAccessPointCommand,
  DeleteAccessPointCommand,
  DescribeAccessPointsCommand,
} from '@aws-sdk/client-efs';
import { expect, it } from 'vitest';
import { sweepEc2Client } from '#adapters/aws/ec2/sweep-client.ts';
import { sweepEcsClient } from '#adapters/aws/ecs/sweep-client.ts';
import { sweepEfsClient } from '#adapters/aws/efs/sweep-client.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

const CLIENTS = { ecs: sweepEcsClient, ec2: sweepEc2Client, efs: sweepEfsClient };
// biome-ignore lint/suspicious/noExplicitAny: what is sent is of no matter here
const EMPTY: any = {};

/** How many of these, sent in turn, an audit makes within ten seconds. */
async function madeIn10s(service: keyof typeof CLIENTS, commands: readonly object[]): Promise<number> {
  const clock = new ManualClock(0);
  let made = 0;
  const send = async () => {
    made += 1;
  };
  const client = CLIENTS[service]({ send } as never, clock) as { send(command: object): Promise<unknown> };
  const all = Array.from({ length: 100 }, (_, n) => client.send(commands[n % commands.length] ?? {}));
  await clock.advanceAsync(9_999);
  const within = made;
  await clock.advanceAsync(1_000_000);
  await Promise.all(all);
  return within;
}

it.each<[string, keyof typeof CLIENTS, readonly object[], number]>([
  [
    '5 looks of the 20 that ECS takes',
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
    '5 changes of the 40 that ECS takes',
    'ecs',
    [new StopTaskCommand(EMPTY), new DeregisterContainerInstanceCommand(EMPTY)],
    5,
  ],
  [
    'a half of the one deregistration that ECS takes',
    'ecs',
    [new DeregisterTaskDefinitionCommand(EMPTY)],
    0.5,
  ],
  [
    '5 lists of task definitions',
    'ecs',
    [new ListTaskDefinitionsCommand(EMPTY), new ListTaskDefinitionFamiliesCommand(EMPTY)],
    5,
  ],
  ['5 looks of the 20 that EC2 takes', 'ec2', [new DescribeInstancesCommand(EMPTY)], 5],
  ['1 end of the 5 that EC2 takes', 'ec2', [new TerminateInstancesCommand(EMPTY)], 1],
  ['5 lists of access points', 'efs', [new DescribeAccessPointsCommand(EMPTY)], 5],
  [
    '2 changes of access points',
    'efs',
    [new CreateAccessPointCommand(EMPTY), new DeleteAccessPointCommand(EMPTY)],
    2,
  ],
])('an audit makes, each second, %s', async (_, service, commands, perSecond) => {
  expect(await madeIn10s(service, commands)).toBe(perSecond * 10);
});

it('what an audit does not do has no pace', async () => {
  expect(await madeIn10s('ecs', [new RunTaskCommand(EMPTY)])).toBe(100);
  expect(await madeIn10s('ec2', [new RunInstancesCommand(EMPTY)])).toBe(100);
});
