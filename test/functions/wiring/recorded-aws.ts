import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECSClient } from '@aws-sdk/client-ecs';
import { EFSClient } from '@aws-sdk/client-efs';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { vi } from 'vitest';
import type { AwsClientName } from '#contract/deployed-functions.ts';

const CLIENTS: Readonly<Record<AwsClientName, { readonly prototype: { send: unknown } }>> = {
  'cloudwatch-logs': CloudWatchLogsClient,
  dynamodb: DynamoDBClient,
  ec2: EC2Client,
  ecs: ECSClient,
  efs: EFSClient,
  eventbridge: EventBridgeClient,
  lambda: LambdaClient,
  s3: S3Client,
  'secrets-manager': SecretsManagerClient,
  sqs: SQSClient,
};

/** The configuration of a client that decides how long a call takes at most. */
export interface ClientLimits {
  readonly maxAttempts: number;
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
}

interface Client {
  readonly config: {
    readonly maxAttempts: () => Promise<number>;
    readonly requestHandler: {
      /** The configuration of the handler is resolved with its first request. */
      readonly configProvider: Promise<{
        readonly connectionTimeout?: number;
        readonly requestTimeout?: number;
        readonly throwOnRequestTimeout?: boolean;
      }>;
    };
  };
}

export interface RecordedCall {
  readonly client: AwsClientName;
  /** For example `RunTask`. */
  readonly operation: string;
  // biome-ignore lint/suspicious/noExplicitAny: the inputs have many shapes
  readonly input: any;
}

/** Responds to a call; undefined is an empty response. */
export type Respond = (call: RecordedCall) => object | undefined;

/** Records the calls of all SDK clients in the process, until the mocks are restored. Nothing is sent. */
export function recordAws(respond: Respond) {
  const calls: RecordedCall[] = [];
  const clients = new Map<AwsClientName, Set<Client>>();
  for (const [name, { prototype }] of Object.entries(CLIENTS) as [
    AwsClientName,
    (typeof CLIENTS)[AwsClientName],
  ][]) {
    vi.spyOn(
      prototype as { send: (command: { input: object }) => Promise<object> },
      'send',
    ).mockImplementation(async function (this: unknown, command) {
      clients.set(name, (clients.get(name) ?? new Set()).add(this as Client));
      const operation = command.constructor.name.replace(/Command$/, '');
      const call = { client: name, operation, input: command.input };
      calls.push(call);
      return respond(call) ?? {};
    });
  }
  return {
    calls,
    /** Returns the distinct calls: `ecs RunTask`. */
    distinctCalls: () => [...new Set(calls.map(({ client, operation }) => `${client} ${operation}`))].sort(),
    inputsOf: (operation: string) =>
      calls.filter((call) => call.operation === operation).map(({ input }) => input),
    /** Returns the limits of each client. Fails if there are several clients of a service, which share no connections. */
    async limits(): Promise<Partial<Record<AwsClientName, ClientLimits>>> {
      const limits: Partial<Record<AwsClientName, ClientLimits>> = {};
      for (const [name, [client, ...others]] of clients) {
        if (client === undefined || others.length > 0) throw new Error(`${name}: not one client`);
        limits[name] = await limitsOf(client);
      }
      return limits;
    },
  };
}

async function limitsOf({ config }: Client): Promise<ClientLimits> {
  const handler = await config.requestHandler.configProvider;
  const { connectionTimeout = 0, requestTimeout = 0, throwOnRequestTimeout } = handler;
  // Otherwise the SDK only logs a warning when the time is over.
  if (throwOnRequestTimeout !== true) throw new Error('a request timeout has no effect');
  return { maxAttempts: await config.maxAttempts(), connectionTimeout, requestTimeout };
}
