import { LambdaClient } from '@aws-sdk/client-lambda';
import { type ConnectionOptions, clientConfig } from '../connection.ts';

/**
 * A client of Lambda, for functions that answer within 20 s: it waits a little longer than that, and asks once.
 * Whoever called asks again. Whoever makes it destroys it.
 */
export function lambdaClient(options: ConnectionOptions = {}): LambdaClient {
  return new LambdaClient(clientConfig({ requestTimeoutMs: 25_000, maxAttempts: 1, ...options }));
}
