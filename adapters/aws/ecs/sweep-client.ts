import {
  DeregisterContainerInstanceCommand,
  DeregisterTaskDefinitionCommand,
  DescribeContainerInstancesCommand,
  DescribeTasksCommand,
  ListContainerInstancesCommand,
  ListTaskDefinitionFamiliesCommand,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import { type CallRate, type PacerTime, pacedClient, processTime } from '../paced-client.ts';
import type { EcsClient } from './task-definitions.ts';

/**
 * What one audit takes of the buckets that it shares with the requests of users (Amazon ECS Developer Guide,
 * request throttling): at most a quarter of what they refill with, so that two audits at once leave half of it,
 * and of the bursts they take next to nothing.
 */
const SWEEP_CALL_RATES: readonly CallRate[] = [
  {
    // 100 at once, then 20 a second.
    commands: [
      DescribeTasksCommand,
      ListTasksCommand,
      DescribeContainerInstancesCommand,
      ListContainerInstancesCommand,
    ],
    perSecond: 5,
  },
  // 100 at once, then 40 a second, RunTask among them.
  { commands: [StopTaskCommand, DeregisterContainerInstanceCommand], perSecond: 5 },
  // 20 at once, then 1 a second, RegisterTaskDefinition among them; only one audit makes these.
  { commands: [DeregisterTaskDefinitionCommand], perSecond: 0.5 },
  // Not documented: taken for as scarce as the first.
  { commands: [ListTaskDefinitionFamiliesCommand, ListTaskDefinitionsCommand], perSecond: 5 },
];

/**
 * ECS for an audit. The client must make one attempt only: a throttle is a sign to give way, and one repeated is
 * no longer known for a throttle.
 */
export function sweepEcsClient(client: EcsClient, time: PacerTime = processTime): EcsClient {
  return pacedClient(client, SWEEP_CALL_RATES, time);
}
