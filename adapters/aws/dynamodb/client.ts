import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

export interface TableClientOptions {
  /** The URL of a DynamoDB: `http://127.0.0.1:port`. @default that of AWS */
  readonly endpoint?: string;
  /** @default AWS_REGION from the environment */
  readonly region?: string;
  /** For an emulator, which requires a signature but does not verify it. @default from the environment */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Time to open a connection, in milliseconds; waiting for a free socket counts. @default 1,000 */
  readonly connectionTimeoutMs?: number;
  /** Time for the response to one attempt, in milliseconds. @default 3,000 */
  readonly requestTimeoutMs?: number;
  /** The most open connections; further calls wait for one. @default 50 */
  readonly maxSockets?: number;
}

/**
 * Attempts per call, the first included. With the timeouts and the backoff, a call without a response fails within about
 * 10 s, well within API Gateway's limit of 30 s.
 */
const MAX_ATTEMPTS = 3;

/** A client of the table. The caller must call `destroy()`. */
export function createTableClient(options: TableClientOptions = {}): DynamoDBClient {
  const { endpoint, region, credentials, maxSockets = 50 } = options;
  return new DynamoDBClient({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: options.connectionTimeoutMs ?? 1_000,
      requestTimeout: options.requestTimeoutMs ?? 3_000,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets },
      httpsAgent: { keepAlive: true, maxSockets },
    },
  });
}
