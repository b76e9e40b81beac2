import type { OperationId } from './routes.ts';
import type { DeployedSettingName } from './settings/deployment-settings.ts';

/** A row of contract/deployed-functions.ts. */
export interface DeployedFunction {
  /** The file below functions/ that exports `handler` and `build`. */
  readonly entry: `${string}.ts`;
  readonly startedBy: StartedBy;
  /** Its settings, which contract/settings/ declares. It gets no other environment variables. */
  readonly reads: readonly DeployedSettingName[];
  /** The AWS clients that its bundle may contain: `@aws-sdk/client-<name>`. */
  readonly clients: readonly AwsClientName[];
  /** Lambda terminates an invocation after this time. */
  readonly timeoutSeconds: number;
  /** The share of a CPU is proportional to this. */
  readonly memoryMib: number;
  /** The stack that has the function, if the settings ask for it. @default that of the API, which is always deployed */
  readonly stack?: 'audit' | 'events';
}

export type AwsClientName =
  | 'cloudwatch-logs'
  | 'dynamodb'
  | 'ec2'
  | 'ecs'
  | 'efs'
  | 'eventbridge'
  | 'lambda'
  | 's3'
  | 'secrets-manager'
  | 'sqs';

/**
 * `work`: the work queue. `host`: the queue of workbenches whose next effect needs EC2. `delete`: the queue of workbenches
 * whose files are being deleted.
 */
export type QueueName = 'work' | 'host' | 'delete';

export type StartedBy =
  /** A request on this route. */
  | { readonly by: 'route'; readonly operationId: OperationId }
  /** The HTTP API calls it to authorize a request. Not deployed with `RESTAPI_AUTH=none`. */
  | { readonly by: 'authorizer' }
  /** Any of these EventBridge events. */
  | {
      readonly by: 'event';
      readonly events: readonly EventPattern[];
    }
  /** A batch of messages. It returns the messages that failed. */
  | {
      readonly by: 'queue';
      readonly queue: QueueName;
      /**
       * Maximum number of messages in a batch, at most 10. The workbenches of a batch are driven at the same time and share
       * the call that polls their tasks. A larger batch needs a batching window, which delays every message.
       */
      readonly batchSize: number;
      /** Maximum number of concurrent batches, 2-1,000. */
      readonly maxConcurrency: number;
    }
  | { readonly by: 'schedule'; readonly everyMinutes: number }
  /** A batch of new history entries, from the stream of the table. It returns the first change that failed. */
  | {
      readonly by: 'history';
      /** Maximum number of changes in a batch, at most 1,000. */
      readonly batchSize: number;
    }
  /**
   * Other functions call it and wait for the response. One is deployed in the VPC for each file system, and mounts the
   * directory of the volumes.
   */
  | { readonly by: 'janitor' };

export interface EventPattern {
  readonly source: string;
  readonly detailType: string;
  /** Accepted values of fields of the event's detail. @default any event of this type */
  readonly detail?: Readonly<Record<string, readonly (string | boolean)[]>>;
}
