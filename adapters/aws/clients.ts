import { ECSClient } from '@aws-sdk/client-ecs';
import { EFSClient } from '@aws-sdk/client-efs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type ConnectionOptions, clientConfig, SINGLE_ATTEMPT } from './connection.ts';

/** A client of ECS that asks once. Whoever makes it destroys it. */
export function ecsClient(options: ConnectionOptions = {}): ECSClient {
  return new ECSClient(clientConfig({ ...SINGLE_ATTEMPT, ...options }));
}

/** A client of EFS. Whoever makes it destroys it. */
export function efsClient(options: ConnectionOptions = {}): EFSClient {
  return new EFSClient(clientConfig(options));
}

/**
 * A client of Lambda, for functions that answer within 20 s: it waits a little longer than that, and asks once.
 * Whoever called asks again. Whoever makes it destroys it.
 */
export function lambdaClient(options: ConnectionOptions = {}): LambdaClient {
  return new LambdaClient(clientConfig({ requestTimeoutMs: 25_000, maxAttempts: 1, ...options }));
}

/**
 * A client of Secrets Manager, for whoever is waited for: with both attempts it answers within 7 s.
 * Whoever makes it destroys it.
 */
export function secretsClient(options: ConnectionOptions = {}): SecretsManagerClient {
  return new SecretsManagerClient(
    clientConfig({ connectionTimeoutMs: 1_000, requestTimeoutMs: 3_000, ...options }),
  );
}

/** A client of SQS. Whoever makes it destroys it. */
export function sqsClient(options: ConnectionOptions = {}): SQSClient {
  return new SQSClient(clientConfig(options));
}
