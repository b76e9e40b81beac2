import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { MAX_DELAY_SECONDS, type WorkQueue } from '#core/ports/work-queue.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { isMalformedRequest, portError } from '../errors.ts';

export type SqsClient = Pick<SQSClient, 'send'>;

/**
 * The work queue as a standard SQS queue. A message is JSON: `{"userId":"…","workbenchId":"…"}`. The attributes of the
 * queue define the visibility timeout, the retries and the dead-letter queue.
 */
export class SqsWorkQueue implements WorkQueue {
  readonly #client: SqsClient;
  readonly #queueUrl: string;

  constructor(client: SqsClient, queueUrl: string) {
    this.#client = client;
    this.#queueUrl = queueUrl;
  }

  async send({ userId, workbenchId }: WorkbenchKey, delaySeconds: number): Promise<void> {
    const DelaySeconds = Math.min(Math.max(Math.ceil(delaySeconds), 0), MAX_DELAY_SECONDS);
    const command = new SendMessageCommand({
      QueueUrl: this.#queueUrl,
      MessageBody: JSON.stringify({ userId, workbenchId }),
      DelaySeconds,
    });
    try {
      await this.#client.send(command);
    } catch (error) {
      // SQS rejects such a key permanently. A PortError would make the caller retry it.
      throw isMalformedRequest(error) ? error : portError('sqs', 'SendMessage', error);
    }
  }
}
