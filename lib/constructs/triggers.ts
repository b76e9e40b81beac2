import { Duration } from 'aws-cdk-lib';
import { type EventPattern, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import {
  CfnEventInvokeConfig,
  EventSourceMapping,
  type Function as LambdaFunction,
} from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { StartedBy } from '#contract/deployed-functions.ts';
import type { WorkQueues } from './work-queues.ts';

/** An event is worth something for this long; then the reconciler has found what it told. */
const EVENT_AGE_MAX = Duration.hours(2);
/** Tries after the first, of a function that an event has started. */
const RETRIES_MAX = 2;

export interface TriggerProps {
  readonly lambda: LambdaFunction;
  readonly queues: WorkQueues;
  readonly clusterArn: string;
}

/** Lets batches of a queue start a function. */
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

/** Lets events of AWS start a function: one rule for each kind. */
export function addEventTrigger(
  scope: Construct,
  { events }: Extract<StartedBy, { by: 'event' }>,
  { lambda, queues, clusterArn }: TriggerProps,
): void {
  for (const [at, { source, detailType }] of events.entries()) {
    const pattern: EventPattern = {
      source: [source],
      detailType: [detailType],
      // EC2's events name no cluster, and no tags: of other machines the function makes nothing.
      ...(source === 'aws.ecs' ? { detail: { clusterArn: [clusterArn] } } : {}),
    };
    new Rule(scope, `Rule${at}`, {
      description: `${detailType} to ${lambda.node.scope?.node.id}`,
      eventPattern: pattern,
      targets: [lambdaTarget(lambda, queues.eventDeadLetterQueue)],
    });
  }
  setFailureDestination(scope, lambda, queues.failedInvocations, RETRIES_MAX);
}

export function addScheduleTrigger(
  scope: Construct,
  { everyMinutes }: Extract<StartedBy, { by: 'schedule' }>,
  { lambda, queues }: TriggerProps,
): void {
  new Rule(scope, 'Schedule', {
    description: `Every ${everyMinutes} min to ${lambda.node.scope?.node.id}`,
    schedule: Schedule.rate(Duration.minutes(everyMinutes)),
    targets: [lambdaTarget(lambda, queues.eventDeadLetterQueue)],
  });
  // The next pass begins anew; a second try would only run beside it.
  setFailureDestination(scope, lambda, queues.failedInvocations, 0);
}

function lambdaTarget(lambda: LambdaFunction, undelivered: IQueue): LambdaTarget {
  return new LambdaTarget(lambda, {
    deadLetterQueue: undelivered,
    maxEventAge: EVENT_AGE_MAX,
    retryAttempts: 20,
  });
}

function setFailureDestination(
  scope: Construct,
  lambda: LambdaFunction,
  failures: IQueue,
  retries: number,
): void {
  new CfnEventInvokeConfig(scope, 'Invocations', {
    functionName: lambda.functionName,
    qualifier: '$LATEST',
    maximumRetryAttempts: retries,
    maximumEventAgeInSeconds: EVENT_AGE_MAX.toSeconds(),
    destinationConfig: { onFailure: { destination: failures.queueArn } },
  });
}
