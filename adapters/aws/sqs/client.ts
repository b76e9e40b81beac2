import { SQSClient } from '@aws-sdk/client-sqs';
import { type ConnectionOptions, clientConfig } from '../connection.ts';

/** A client of SQS. Whoever makes it destroys it. */
export function sqsClient(options: ConnectionOptions = {}): SQSClient {
  return new SQSClient(clientConfig(options));
}
