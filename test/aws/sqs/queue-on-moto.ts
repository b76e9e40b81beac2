import {
  CreateQueueCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { createSqsClient } from '#adapters/aws/clients.ts';
import { connection, uniqueName } from '../connection.ts';

/** The most messages that one call receives. */
const BATCH_SIZE = 10;

/** Creates a queue on moto, from which messages are received as by Lambda's event source. */
export async function createQueueOnMoto(endpoint: string, visibilitySeconds: number) {
  const client = createSqsClient(connection(endpoint));
  const { QueueUrl: url = '' } = await client.send(
    new CreateQueueCommand({
      QueueName: uniqueName('work-'),
      Attributes: { VisibilityTimeout: String(visibilitySeconds) },
    }),
  );
  return {
    client,
    url,
    /**
     * Passes all visible messages to a consumer, in batches, and deletes those that it returns as processed.
     * @returns how many messages were received
     */
    async deliver(consume: (batch: readonly Message[]) => Promise<readonly Message[]>): Promise<number> {
      let received = 0;
      for (;;) {
        const batch = await receive(client, url);
        if (batch.length === 0) return received;
        received += batch.length;
        for (const { ReceiptHandle } of await consume(batch)) {
          await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
        }
      }
    },
  };
}

async function receive(client: SQSClient, url: string): Promise<readonly Message[]> {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: BATCH_SIZE }),
  );
  return Messages;
}

/** Advances the clock of moto's SQS, for all its queues. */
export async function advanceClock(endpoint: string, seconds: number): Promise<void> {
  const { ok, status } = await fetch(`${endpoint}/clock/${seconds}`, { method: 'POST' });
  if (!ok) throw new Error(`moto's clock could not be advanced: ${status}`);
}
