import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

export interface TableClientOptions {
  /** Where the table is, when not at AWS: `http://127.0.0.1:port` of the embedded one. */
  readonly endpoint?: string;
  /** @default the environment's (AWS_REGION) */
  readonly region?: string;
  /** For the embedded table, which asks for a signature but does not check it. @default the environment's */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** A new connection must stand within this time, in milliseconds; waiting for a free socket counts. @default 1,000 */
  readonly connectionTimeoutMs?: number;
  /** An attempt must be answered within this time, in milliseconds. @default 3,000 */
  readonly requestTimeoutMs?: number;
  /** Connections at once; what is beyond waits for one. @default 50 */
  readonly maxSockets?: number;
}

/**
 * Attempts of one call, the first included. With its time-outs and back-off a call that gets no answer ends
 * within about 10 s, well inside API Gateway's 30.
 */
const MAX_ATTEMPTS = 3;

/** A client of the table. Whoever makes it destroys it. */
export function tableClient(options: TableClientOptions = {}): DynamoDBClient {
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
