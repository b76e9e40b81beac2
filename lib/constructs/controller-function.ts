import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { type EventPattern, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { type IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  CfnEventInvokeConfig,
  Code,
  EventSourceMapping,
  FilterCriteria,
  FilterRule,
  Function as LambdaFunction,
  Runtime,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { DeployedFunction, StartedBy } from '#contract/deployed-functions.ts';
import { HISTORY_PREFIX, TABLE } from '#contract/table.ts';
import { functionNameOf } from '../deployment-names.ts';
import { allow, type Permission } from '../permissions/allow.ts';
import { createLogGroup } from './log-group.ts';
import type { WorkQueues } from './work-queues.ts';

export interface ControllerFunctionProps {
  /** As in contract/deployed-functions.ts. */
  readonly name: string;
  /** The function is deployed as `<installation>-<deployedName>`. @default the name */
  readonly deployedName?: string;
  readonly deployed: DeployedFunction;
  readonly installation: string;
  /** The folder with one subfolder for each function, which contains its bundle. */
  readonly bundles: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly permissions: readonly Permission[];
  readonly logRetention: RetentionDays;
  /** @default a new role for this function */
  readonly role?: IRole;
  /** @default a new log group for this function */
  readonly logGroup?: ILogGroup;
}

/** A Lambda function of the controller with its role and log group. */
export class ControllerFunction extends Construct {
  readonly lambda: LambdaFunction;

  constructor(scope: Construct, id: string, props: ControllerFunctionProps) {
    super(scope, id);
    const { name, deployedName = name, deployed, installation, bundles, environment, logRetention } = props;
    const functionName = functionNameOf(installation, deployedName);
    const logGroup =
      props.logGroup ??
      createLogGroup(this, 'LogGroup', { name: `/${installation}/${deployedName}`, logRetention });
    const role =
      props.role ??
      new Role(this, 'Role', {
        description: functionName,
        assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      });
    const permissions = allow(this, 'Permissions', role, [
      {
        sid: 'WriteOwnLog',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
        why: 'Writes its log, which also contains its metrics.',
      },
      ...props.permissions,
    ]);
    this.lambda = new LambdaFunction(this, 'Function', {
      functionName,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(join(bundles, name)),
      handler: 'index.handler',
      memorySize: deployed.memoryMib,
      timeout: Duration.seconds(deployed.timeoutSeconds),
      role,
      logGroup,
      environment: {
        ...environment,
        // Maps stack traces to the sources. Node reads the maps only when it prints an error.
        NODE_OPTIONS: '--enable-source-maps',
        POWERTOOLS_METRICS_NAMESPACE: metricsNamespace(installation),
      },
    });
    this.lambda.node.addDependency(...permissions);
  }
}

/** The namespace of an installation's metrics, so that several installations can share an account. */
export function metricsNamespace(installation: string): string {
  return `WorkbenchController/${installation}`;
}

/** Older events are dropped: the reconciler has already found the change. */
const EVENT_AGE_MAX = Duration.hours(2);
/** Retries of a function that an event invoked. */
const RETRIES_MAX = 2;

export interface TriggerProps {
  readonly lambda: LambdaFunction;
  readonly queues: WorkQueues;
  readonly clusterArn: string;
}

/** Invokes the function with batches of messages of a queue. */
export function addQueueTrigger(
  scope: Construct,
  { queue, batchSize, maxConcurrency }: Extract<StartedBy, { by: 'queue' }>,
  { lambda, queues }: TriggerProps,
): void {
  new EventSourceMapping(scope, 'Messages', {
    target: lambda,
    eventSourceArn: queues.queues[queue].queueArn,
    batchSize,
    maxConcurrency,
    reportBatchItemFailures: true,
  });
}

/** Lambda gives a change up after this time, shortly before the stream deletes it. */
const CHANGE_AGE_MAX = Duration.hours(23);

/**
 * Invokes the function with batches of new history entries, in the order of each workbench. Lambda repeats a batch from the first change
 * that failed, until it succeeds or is too old.
 */
export function addHistoryTrigger(
  scope: Construct,
  { batchSize }: Extract<StartedBy, { by: 'history' }>,
  {
    lambda,
    streamArn,
    failedInvocations,
  }: { readonly lambda: LambdaFunction; readonly streamArn: string; readonly failedInvocations: IQueue },
): void {
  new EventSourceMapping(scope, 'History', {
    target: lambda,
    eventSourceArn: streamArn,
    // The first mapping also publishes what happened in the hours before it.
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize,
    filters: [
      FilterCriteria.filter({
        eventName: FilterRule.isEqual('INSERT'),
        dynamodb: { Keys: { [TABLE.partitionKey.name]: { S: FilterRule.beginsWith(HISTORY_PREFIX) } } },
      }),
    ],
    reportBatchItemFailures: true,
    bisectBatchOnError: true,
    maxRecordAge: CHANGE_AGE_MAX,
    // The function has the permission already.
    onFailure: { bind: () => ({ destination: failedInvocations.queueArn }) },
  });
}

/** Invokes the function for events of AWS, with one rule for each event type. */
export function addEventTrigger(
  scope: Construct,
  { events }: Extract<StartedBy, { by: 'event' }>,
  { lambda, queues, clusterArn }: TriggerProps,
): void {
  for (const [index, { source, detailType, detail }] of events.entries()) {
    const pattern: EventPattern = {
      source: [source],
      detailType: [detailType],
      // EC2 events contain neither a cluster nor tags. The function ignores instances that are not in its records.
      ...(source === 'aws.ecs' ? { detail: { clusterArn: [clusterArn], ...detail } } : {}),
    };
    new Rule(scope, `Rule${index}`, {
      description: `${detailType} to ${lambda.node.scope?.node.id}`,
      eventPattern: pattern,
      targets: [lambdaTarget(lambda, queues.eventDeadLetterQueue)],
    });
  }
  setFailureDestination(scope, lambda, queues.failedInvocations, RETRIES_MAX);
}

/** @param queues where failed events and invocations go. @default nowhere: the next run repeats what failed */
export function addScheduleTrigger(
  scope: Construct,
  { everyMinutes }: Extract<StartedBy, { by: 'schedule' }>,
  { lambda, queues }: Pick<TriggerProps, 'lambda'> & Partial<Pick<TriggerProps, 'queues'>>,
): void {
  new Rule(scope, 'Schedule', {
    description: `Every ${everyMinutes} min to ${lambda.node.scope?.node.id}`,
    schedule: Schedule.rate(Duration.minutes(everyMinutes)),
    targets: [lambdaTarget(lambda, queues?.eventDeadLetterQueue)],
  });
  // No retries: the next scheduled sweep starts over, and a retry would only run in parallel with it.
  setFailureDestination(scope, lambda, queues?.failedInvocations, 0);
}

function lambdaTarget(lambda: LambdaFunction, deadLetterQueue: IQueue | undefined): LambdaTarget {
  return new LambdaTarget(lambda, {
    ...(deadLetterQueue === undefined ? {} : { deadLetterQueue }),
    maxEventAge: EVENT_AGE_MAX,
    retryAttempts: 20,
  });
}

function setFailureDestination(
  scope: Construct,
  lambda: LambdaFunction,
  failedInvocations: IQueue | undefined,
  retries: number,
): void {
  new CfnEventInvokeConfig(scope, 'Invocations', {
    functionName: lambda.functionName,
    qualifier: '$LATEST',
    maximumRetryAttempts: retries,
    maximumEventAgeInSeconds: EVENT_AGE_MAX.toSeconds(),
    ...(failedInvocations === undefined
      ? {}
      : { destinationConfig: { onFailure: { destination: failedInvocations.queueArn } } }),
  });
}
