import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import {
  DeregisterContainerInstanceCommand,
  DeregisterTaskDefinitionCommand,
  DescribeContainerInstancesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListContainerInstancesCommand,
  ListTaskDefinitionFamiliesCommand,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import {
  CreateAccessPointCommand,
  DeleteAccessPointCommand,
  DescribeAccessPointsCommand,
  EFSClient,
} from '@aws-sdk/client-efs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type ConnectionOptions, SINGLE_ATTEMPT, toClientConfig } from './connection.ts';
import type { EcsClient } from './ecs/task-definitions.ts';
import type { EfsClient } from './efs/volume-store.ts';
import { type CallRate, createPacedClient, type PacerTime, processTime } from './paced-client.ts';

/**
 * The clients of the SDK, except DynamoDB's and EC2's: those have files of their own, so that a process that does not use
 * them does not load them.
 */

/** A client of ECS that makes one attempt per call. The caller must call `destroy()`. */
export function createEcsClient(options: ConnectionOptions = {}): ECSClient {
  return new ECSClient(toClientConfig({ ...SINGLE_ATTEMPT, ...options }));
}

/** A client of EFS. The caller must call `destroy()`. */
export function createEfsClient(options: ConnectionOptions = {}): EFSClient {
  return new EFSClient(toClientConfig(options));
}

/**
 * A client of Lambda for functions that return within 20 s. Its timeout is a little longer, and it makes one attempt per
 * call: the caller retries. The caller must call `destroy()`.
 */
export function createLambdaClient(options: ConnectionOptions = {}): LambdaClient {
  return new LambdaClient(toClientConfig({ requestTimeoutMs: 25_000, maxAttempts: 1, ...options }));
}

/**
 * A client of Secrets Manager for functions that a user waits for: both attempts together take at most 7 s.
 * The caller must call `destroy()`.
 */
export function createSecretsClient(options: ConnectionOptions = {}): SecretsManagerClient {
  return new SecretsManagerClient(
    toClientConfig({ connectionTimeoutMs: 1_000, requestTimeoutMs: 3_000, ...options }),
  );
}

/** A client of CloudWatch Logs for functions that a user waits for. The caller must call `destroy()`. */
export function createLogsClient(options: ConnectionOptions = {}): CloudWatchLogsClient {
  return new CloudWatchLogsClient(
    toClientConfig({ connectionTimeoutMs: 1_000, requestTimeoutMs: 3_000, ...options }),
  );
}

/** A client of SQS. The caller must call `destroy()`. */
export function createSqsClient(options: ConnectionOptions = {}): SQSClient {
  return new SQSClient(toClientConfig(options));
}

/**
 * The call rates of one sweep. The requests of users share these throttles (limits from the Amazon ECS Developer Guide,
 * request throttling). Each rate is at most a quarter of the refill rate: two sweeps at once leave half of it, and use
 * next to nothing of the burst.
 */
const ECS_SWEEP_CALL_RATES: readonly CallRate[] = [
  {
    // The account may make 100 at once, then 20 a second.
    commands: [
      DescribeTasksCommand,
      ListTasksCommand,
      DescribeContainerInstancesCommand,
      ListContainerInstancesCommand,
    ],
    perSecond: 5,
  },
  // The account may make 100 at once, then 40 a second; RunTask counts too.
  { commands: [StopTaskCommand, DeregisterContainerInstanceCommand], perSecond: 5 },
  // The account may make 20 at once, then 1 a second. Only one sweep makes these calls, and leaves half to starts.
  { commands: [RegisterTaskDefinitionCommand, DeregisterTaskDefinitionCommand], perSecond: 0.5 },
  // Not documented; assumed to be limited like the first group.
  {
    commands: [ListTaskDefinitionFamiliesCommand, ListTaskDefinitionsCommand, DescribeTaskDefinitionCommand],
    perSecond: 5,
  },
];

/**
 * ECS for a sweep. `client` must make one attempt per call: the sweep stops when it is throttled, and a throttling error
 * after a retry is not recognized as one (see `portError`).
 */
export function createSweepEcsClient(client: EcsClient, time: PacerTime = processTime): EcsClient {
  return createPacedClient(client, ECS_SWEEP_CALL_RATES, time);
}

/**
 * EFS does not document its limits. A page holds 100 access points, so at this rate listing 10,000 of them takes 20 s.
 */
const EFS_SWEEP_CALL_RATES: readonly CallRate[] = [
  { commands: [DescribeAccessPointsCommand], perSecond: 5 },
  { commands: [CreateAccessPointCommand, DeleteAccessPointCommand], perSecond: 2 },
];

/** EFS for a sweep. `client` must make one attempt per call; `createSweepEcsClient` gives the reason. */
export function createSweepEfsClient(client: EfsClient, time: PacerTime = processTime): EfsClient {
  return createPacedClient(client, EFS_SWEEP_CALL_RATES, time);
}
